import type { Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { zerosLike } from '../create/filled.ts';
import { where } from '../elementwise/where.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { reduceShape, withKeptDims } from './axes.ts';
import { normCpu } from './norm.cpu.ts';

export interface NormAttrs extends ReduceAttrs {
  /** The power: 2 (default) is the length, 1 the sum of sizes, ∞ and −∞ the largest and smallest size, 0 counts what is not 0. */
  p?: number;
}

function normOf(values: readonly number[], p: number): number {
  const sizes = values.map(Math.abs);
  if (p === Infinity) return sizes.reduce((a, b) => Math.max(a, b));
  if (p === -Infinity) return sizes.reduce((a, b) => Math.min(a, b));
  if (p === 0) return sizes.filter((size) => size !== 0).length;
  return sizes.reduce((sum, size) => sum + size ** p, 0) ** (1 / p);
}

/**
 * The vector norm (Σ |x|ᵖ)^(1/p) over one axis, several, or all, which count as one vector. PyTorch: `linalg.vector_norm`. 0 over
 * nothing where p is 0 or more and finite. Where the norm is 0 the gradient is 0; for p = ±∞ the elements that reach it share it.
 *
 * @throws ShapeError over nothing with p negative or ∞, ArgumentError when p is NaN
 * @example
 * norm(tensor([[3, 4], [6, 8]]), { axis: 1 }); // [5, 10]
 * norm(tensor([-1, 7, -9]), { p: Infinity }); // 9
 */
export const norm: Op<['x'], NormAttrs> = defineOp<['x'], NormAttrs, ['output'], 'x' | 'output'>({
  name: 'norm',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { p: 2, axis: undefined, keepDims: false },
  shape({ x }, attrs) {
    if (Number.isNaN(attrs.p)) throw new ArgumentError('p must be a number, got NaN', { op: 'norm', p: attrs.p });
    return reduceShape('norm', x, attrs, attrs.p < 0 || attrs.p === Infinity);
  },
  reference: ({ x }, { p, axis, keepDims }) =>
    reduce(x, normalizeAxes('norm', axis, x.shape), keepDims, (values) => normOf(values, p)),
  kernels: { cpu: normCpu },
  saves: ['x', 'output'],
  backward({ grads: [g], inputs: { x }, outputs: { output }, attrs: { p, axis } }) {
    const y = withKeptDims(output, x.shape, axis);
    return { x: normBackward(withKeptDims(g, x.shape, axis), x, y, { p, axis }) };
  },
  samples: [
    { x: [5] },
    { x: [] },
    { x: [3, 4, 5], attrs: { axis: [0, 2] } },
    { x: [3, 4, 5], attrs: { axis: 1, keepDims: true, p: 1 } },
    { x: [2, 67], attrs: { axis: -1, p: 3 } },
    { x: { shape: [40, 7], low: 0.5, high: 2 }, attrs: { axis: 0, p: 0.5 } },
    { x: [4, 67], attrs: { axis: 1, p: Infinity } },
    { x: [3, 5, 7], attrs: { axis: [0, 2], p: -Infinity } },
    { x: { shape: [3, 4], low: 0.5, high: 2 }, attrs: { axis: 0, p: -2 } },
    { x: { shape: [2, 9], dtype: 'int32', high: 3 }, attrs: { axis: 1, p: 0 } },
    { x: [3, 0], attrs: { axis: 1 } },
  ],
  errors: [
    { x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
    { x: [5], attrs: { p: NaN }, throws: 'p must be a number, got NaN' },
    { x: [2, 0], attrs: { axis: 1, p: Infinity }, throws: 'there is nothing to choose from' },
  ],
});

/** `g` and the norms `y` have the reduced axes as size 1. */
function normBackward(g: Tensor, x: Tensor, y: Tensor, { p, axis }: Pick<Required<NormAttrs>, 'p' | 'axis'>): Tensor {
  if (p === 0) return zerosLike(x);
  if (p === 1) return x.sign().mul(g);
  if (Math.abs(p) === Infinity) {
    const chosen = x.abs().eq(y).cast(x.dtype);
    return x
      .sign()
      .mul(chosen)
      .mul(g.div(chosen.sum({ axis, keepDims: true })));
  }
  const divisor = where(y.eq(0), 1, y);
  if (p === 2) return x.div(divisor).mul(g);
  const isZero = x.eq(0);
  const power = where(isZero, 0, where(isZero, 1, x.abs()).pow(p - 1));
  return power.mul(x.sign()).mul(g.div(divisor.pow(p - 1)));
}
