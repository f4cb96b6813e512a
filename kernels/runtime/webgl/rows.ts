// Rows of tensors as vectors of four, which a kernel reads at once, and back.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { Vectors } from './vectors.ts';
import type { WebglRuntime } from './runtime.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { collapse } from '../collapse.ts';
import { places } from './glsl.ts';
import { launch, launchVectors } from './launch.ts';

/** Vectors in a row of so many numbers. */
export const vectorsOf = (dim: number): number => Math.ceil(dim / 4);

/** The rows along the last axis of tensors that are alike in the others, side by side, with zeros behind the last number of each. */
export function packRows(tensors: readonly Tensor[]): Vectors {
  const rows = tensors[0]!.shape.slice(0, -1);
  const loops = collapse(
    rows,
    tensors.map(({ strides }) => strides.slice(0, -1)),
    1,
  );
  const dims = tensors.map(({ shape }) => shape.at(-1)!);
  const steps = tensors.map(({ strides }) => strides.at(-1)!);
  const width = dims.reduce((sum, dim) => sum + vectorsOf(dim), 0);
  const names = tensors.map((_, k) => `x${k}`);
  const code = (): string => {
    const loads = names.map((x, k) => {
      const lanes = [0, 1, 2, 3].map((lane) => `first + ${lane} < ${dims[k]} ? ${x}(at + ${lane * steps[k]!}) : 0.0`);
      return `  if (v < ${vectorsOf(dims[k]!)}) {
    int first = 4 * v;
    int at = ${x}At + first * ${steps[k]};
    parts[0] = vec4(${lanes.join(', ')});
    return;
  }
  v -= ${vectorsOf(dims[k]!)};`;
    });
    return `void compute(int place) {
  int i = place / ${width};
  int v = place % ${width};
${places(loops, names)}
${loads.join('\n')}
}`;
  };
  // The first size divides nothing.
  const key = `packRows ${dims.join()} ${steps.join()} ${loops.sizes.slice(1).join()} ${loops.strides.join(' ')}`;
  const inputs = Object.fromEntries(names.map((x, k) => [x, tensors[k]!]));
  const count = Math.max(1, sizeOf(rows) * width);
  return launchVectors({ key, inputs, code }, tensors[0]!.storage.runtime as WebglRuntime, count, 1);
}

/** The tensor `out` from rows of `width` vectors each, of which its own begin at vector `first`. */
export function unpackRows(rows: Vectors, width: number, first: number, out: Tensor): void {
  const dim = out.shape.at(-1)!;
  const code = (): string => `float element(int i) {
  int d = i % ${dim};
  return rows(i / ${dim} * ${width} + ${first} + d / 4)[d % 4];
}`;
  launch({ key: `unpackRows ${rows.textures.length} ${dim} ${width} ${first}`, inputs: { rows }, code }, out);
}
