import type { Op } from '../../autograd/types.ts';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { scatterAdd } from '../gather/gather.ts';
import { mapLines } from '../runtime/reference/loops.ts';
import { sortCpu, topkCpu } from './sort.cpu.ts';

export interface SortAttrs {
  /** Default the last. */
  axis?: number;
  descending?: boolean;
}

export interface TopkAttrs {
  /** How many; at most the axis' size. */
  k: number;
  /** Default the last. */
  axis?: number;
  /** The largest (default) or the smallest. */
  largest?: boolean;
}

/** Places of a line's elements in order, equals in their own order; NaN is above all. */
function placesInOrder(line: readonly number[], descending: boolean): number[] {
  const rank = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b)
      ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
      : Number(a > b) - Number(a < b);
  return line.map((_, i) => i).sort((i, j) => (descending ? rank(line[j]!, line[i]!) : rank(line[i]!, line[j]!)));
}

function sorted(x: NdArray, axis: number, descending: boolean): [NdArray, NdArray] {
  return [
    mapLines([x], axis, (line) => placesInOrder(line, descending).map((i) => line[i]!)),
    mapLines([x], axis, (line) => placesInOrder(line, descending)),
  ];
}

/** The first k along an axis. */
function cut({ shape, data }: NdArray, axis: number, k: number): NdArray {
  const at = axis < 0 ? axis + shape.length : axis;
  const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const n = shape[at]!;
  return { shape: shape.with(at, k), data: data.filter((_, i) => Math.floor(i / inner) % n < k) };
}

/**
 * x in rising order along `axis`, and where each element was: `[values, indices]`, of x's shape, indices int32. Stable: equals stay in
 * their order (PyTorch's `stable=True`); NaN is above all numbers. Gradients go back to where the values came from. Lines of
 * thousands are sorted by their digits in four passes, some thirty times as long as a sum.
 *
 * @throws ShapeError for an axis that x does not have
 * @example
 * const [values, indices] = sort(tensor([3, 1, 2]));
 * values; // [1, 2, 3]
 * indices; // [1, 2, 0]
 */
export const sort: Op<['x'], SortAttrs, ['values', 'indices']> = defineOp<
  ['x'],
  SortAttrs,
  ['values', 'indices'],
  'indices'
>({
  name: 'sort',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { axis: -1, descending: false },
  dtypes: 'any',
  dtype: (dtype) => [dtype, 'int32'],
  shape({ x }, { axis }) {
    normalizeAxis('sort', axis, x);
    return [x, x];
  },
  reference: ({ x }, { axis, descending }) => sorted(x, axis, descending),
  kernels: { cpu: sortCpu },
  saves: ['indices'],
  backward: ({ grads: [g], outputs: { indices }, attrs: { axis }, shapes: { x } }) => ({
    x: g && scatterAdd(g, indices, { axis, size: x.at(axis)! }),
  }),
  samples: [
    { x: [7] },
    { x: [1], attrs: { descending: true } },
    { x: [5, 3], attrs: { axis: 0 } },
    { x: [2, 67], attrs: { descending: true } },
    { x: { shape: [3, 130], dtype: 'int32', low: -4, high: 4 } },
    { x: { shape: [70, 3], dtype: 'bool' }, attrs: { axis: 0, descending: true } },
    { x: { shape: [2, 90], dtype: 'uint8', high: 200 } },
    { x: { shape: [2, 2500], dtype: 'int32', high: 1e6 } },
    { x: [3, 0] },
  ],
  errors: [
    { x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
    { x: [], throws: 'has no axes' },
  ],
});

/**
 * The `k` largest (or smallest) elements along `axis` in order, and where they were: `[values, indices]`. x [..., n, ...] → [..., k, ...],
 * indices int32. Of equals the first; NaN counts as the largest. Gradients go back to where the values came from.
 *
 * @throws ShapeError when the axis has fewer than k elements, ArgumentError when k is no integer of at least 0
 * @example
 * const [values, indices] = topk(tensor([3, 1, 4, 1, 5]), { k: 2 });
 * values; // [5, 4]
 * indices; // [4, 2]
 */
export const topk: Op<['x'], TopkAttrs, ['values', 'indices']> = defineOp<
  ['x'],
  TopkAttrs,
  ['values', 'indices'],
  'indices'
>({
  name: 'topk',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { axis: -1, largest: true },
  dtypes: 'any',
  dtype: (dtype) => [dtype, 'int32'],
  shape({ x }, attrs) {
    const shape = topkShape(x, attrs);
    return [shape, shape];
  },
  reference({ x }, { k, axis, largest }) {
    const [values, places] = sorted(x, axis, largest);
    return [cut(values, axis, k), cut(places, axis, k)];
  },
  kernels: { cpu: topkCpu },
  saves: ['indices'],
  backward: ({ grads: [g], outputs: { indices }, attrs: { axis }, shapes: { x } }) => ({
    x: g && scatterAdd(g, indices, { axis, size: x.at(axis)! }),
  }),
  samples: [
    { x: [7], attrs: { k: 3 } },
    { x: [5, 3], attrs: { k: 5, axis: 0, largest: false } },
    { x: [4, 3], attrs: { k: 0 } },
    { x: [2, 67], attrs: { k: 5 } },
    { x: [67, 2], attrs: { k: 40, axis: 0 } },
    { x: { shape: [2, 200], dtype: 'int32', low: -9, high: 9 }, attrs: { k: 9, largest: false } },
    { x: { shape: [2, 2500], dtype: 'int32', high: 1e6 }, attrs: { k: 10 } },
    { x: { shape: [1, 2500], dtype: 'int32', high: 1e6 }, attrs: { k: 1500, largest: false } },
  ],
  errors: [
    { x: [3], attrs: { k: 4 }, throws: 'k is 4, and axis 0 of [3] has 3 elements' },
    { x: [3], attrs: { k: -1 }, throws: 'k must be an integer >= 0' },
    { x: [3], attrs: { k: 1, axis: 1 }, throws: 'axis 1 is out of range' },
  ],
});

function topkShape(x: Shape, { k, axis }: Required<TopkAttrs>): Shape {
  const op = 'topk';
  const at = normalizeAxis(op, axis, x);
  if (!Number.isInteger(k) || k < 0) throw new ArgumentError(`k must be an integer >= 0, got ${String(k)}`, { op, k });
  if (k > x[at]!) {
    const both = `k is ${k}, and axis ${at} of ${formatShape(x)} has ${x[at]} elements`;
    throw new ShapeError(`${both}; use 0..${x[at]}`, { op, k, shape: x });
  }
  return x.with(at, k);
}

/**
 * The indices that `sort` gives: gathered by them, x is in order. int32; no gradient flows.
 *
 * @throws ShapeError for an axis that x does not have
 * @example
 * argsort(tensor([3, 1, 2]), { descending: true }); // [0, 2, 1]
 */
export function argsort(x: Tensor, attrs?: SortAttrs): Tensor {
  checkTensor('argsort', 'x', x);
  const detached = x.detach();
  const [values, indices] = sort(detached, attrs);
  values.dispose();
  detached.dispose();
  return indices;
}
