// The same random tensors on WebGPU and on the cpu, and what is made of them there, side by side.

import { expect } from 'vitest';
import type { Tensor } from '../../index.ts';
import { scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';

export type Where = 'cpu' | 'webgpu';
export type Floats = ArrayLike<number>;

/** The same random tensor on either device. */
export function drawer(where: Where): (...shape: number[]) => Tensor {
  const generator = new Generator(7);
  return (...shape) => tensor(generator.normal(sizeOf(shape)), { shape, device: where });
}

/** What `body` returns, from both devices; each must be finite and close. */
export async function expectAlike(body: (where: Where) => readonly Tensor[]): Promise<void> {
  const both = (['webgpu', 'cpu'] as const).map((where) => scope(() => body(where).map((x) => x.data())));
  const [got, want] = (await Promise.all(both.map((parts) => Promise.all<Floats>(parts)))) as [Floats[], Floats[]];
  got.forEach((values, part) => expect(distance(values, want[part]!), `part ${part}`).toBeLessThan(1e-4));
}

/** The largest difference; ∞ where one is NaN. */
export function distance(a: Floats, b: Floats): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, x, i) => {
    const error = Math.abs(x - b[i]!);
    return Number.isNaN(error) ? Infinity : Math.max(most, error);
  }, 0);
}
