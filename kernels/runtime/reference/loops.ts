// Plain loops for the reference forms. No fast kernel imports this file.

import type { NdArray } from '../../../tensor/runtime.ts';
import type { Shape } from '../../../tensor/shape.ts';

/** Multi-indices of `shape` in row-major order. The same array is reused. */
export function* indices(shape: Shape): Generator<number[]> {
  const index = shape.map(() => 0);
  if (shape.some((n) => n === 0)) return;
  for (;;) {
    yield index;
    let axis = shape.length - 1;
    while (axis >= 0 && ++index[axis]! === shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}

/** Row-major position of `index` in `shape`; axes of size 1 are stretched, missing leading axes ignored. */
export function positionOf(index: Shape, shape: Shape): number {
  let position = 0;
  const lead = index.length - shape.length;
  for (let axis = 0; axis < shape.length; axis++)
    position = position * shape[axis]! + (shape[axis] === 1 ? 0 : index[axis + lead]!);
  return position;
}

function count(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Whether sums and products wrap around. */
export function isInt32({ data }: NdArray): boolean {
  return data instanceof Int32Array;
}

/** f of every element. */
export function map(x: NdArray, f: (value: number) => number): NdArray {
  return { shape: x.shape, data: Float64Array.from(x.data, f) };
}

/** f over arrays that broadcast to `shape`. */
export function mapBroadcast(shape: Shape, arrays: readonly NdArray[], f: (...values: number[]) => number): NdArray {
  const data = new Float64Array(count(shape));
  let to = 0;
  for (const index of indices(shape)) data[to++] = f(...arrays.map((x) => x.data[positionOf(index, x.shape)]!));
  return { shape, data };
}

/** f of the elements along `axes` (ascending), for every position of the others. */
export function reduce(
  x: NdArray,
  axes: readonly number[],
  keepDims: boolean,
  f: (values: number[]) => number,
): NdArray {
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  const groups: number[][] = Array.from({ length: count(kept) }, () => []);
  let from = 0;
  for (const index of indices(x.shape)) groups[positionOf(index, kept)]!.push(x.data[from++]!);
  return { shape: keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i)), data: Float64Array.from(groups, f) };
}

/** f of the lines along `axis` of arrays of one shape: a line of the same length, in their place. */
export function mapLines(
  arrays: readonly NdArray[],
  axis: number,
  f: (...lines: number[][]) => ArrayLike<number>,
): NdArray {
  const { shape } = arrays[0]!;
  const along = axis < 0 ? axis + shape.length : axis;
  const data = new Float64Array(count(shape));
  const n = shape[along]!;
  const inner = count(shape.slice(along + 1));
  for (let outer = 0; outer < count(shape.slice(0, along)); outer++) {
    for (let i = 0; i < inner; i++) {
      const at = (k: number): number => (outer * n + k) * inner + i;
      const line = f(...arrays.map((x) => Array.from({ length: n }, (_, k) => x.data[at(k)]!)));
      for (let k = 0; k < n; k++) data[at(k)] = line[k]!;
    }
  }
  return { shape, data };
}

/** The array whose element at each index is f(index). */
export function build(shape: Shape, f: (index: readonly number[]) => number): NdArray {
  const data = new Float64Array(count(shape));
  let to = 0;
  for (const index of indices(shape)) data[to++] = f(index);
  return { shape, data };
}
