// What PyTorch 1.13 gave: read from the files that test/golden/torch/make.py wrote.

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { DeviceName, Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import type { Safetensors } from '../../tensor/io/safetensors.ts';
import { decodeSafetensors, tensor } from '../../index.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { expectClose as expectCloseArrays } from '../close.ts';

/**
 * Largest error allowed on each device, relative to the largest element expected. The fixtures are computed in float64,
 * from inputs that float32 holds; what is left on cpu is the rounding of sums of up to a few hundred float32 products.
 */
export const devices: readonly { device: DeviceName; tolerance: number }[] = [
  { device: 'reference', tolerance: 1e-12 },
  { device: 'cpu', tolerance: 2e-6 },
];

export function readFixture(name: string): Safetensors {
  return decodeSafetensors(readFileSync(new URL(`../golden/torch/${name}.safetensors`, import.meta.url)));
}

/** What the fixture says beside its tensors. */
export function described({ metadata }: Safetensors, key: string): unknown {
  return JSON.parse(metadata[key]!);
}

export function upload({ data, shape, dtype }: HostTensor, device: DeviceName, requiresGrad = false): Tensor {
  return tensor(data, { shape: [...shape], dtype, device, requiresGrad: requiresGrad && isFloat(dtype) });
}

/** Same shape, and equal up to `tolerance` of the largest element; NaN and infinities must be in the same places. */
export function expectClose(got: Tensor | null | undefined, want: HostTensor, tolerance: number, what: string): void {
  expect(got?.shape, `shape of ${what}`).toEqual(want.shape);
  const scale = Math.max(1e-3, ...Array.from(want.data).filter(Number.isFinite).map(Math.abs));
  expectCloseArrays(what, got!.dataNow()!, want.data, { atol: tolerance * scale, equalNan: true });
}
