// Losses of a number against another: the mean (or sum) of a function of their difference. Each is a subtraction, one op of
// the difference and a reduction.

import type { Tensor } from '../../tensor/tensor.ts';
import type { UnaryOp } from '../elementwise/unary.ts';
import type { Reduction } from './reduction.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { clampTo } from '../elementwise/rounding.ts';
import { unary } from '../elementwise/unary.ts';
import { checkPair, checkReduction, reduced } from './reduction.ts';

/** ½ d² up to |d| = δ, from there on a line: δ (|d| − ½ δ). */
export const huberOf: UnaryOp<{ delta?: number }> = unary<{ delta?: number }>({
  name: 'huberOf',
  numbers: { delta: 1 },
  reference: (d, { delta }) => (Math.abs(d) <= delta ? (d * d) / 2 : delta * (Math.abs(d) - delta / 2)),
  saves: 'x',
  backward: (g, d, { delta }) => g.mul(clampTo(d, { min: -delta, max: delta })),
});

/**
 * |input − target|, averaged. Both have one shape.
 *
 * @throws ShapeError when the shapes differ
 * @example
 * l1(tensor([1, 2]), tensor([0, 4])); // 1.5
 */
export function l1(input: Tensor, target: Tensor, options?: { reduction?: Reduction }): Tensor {
  const { reduction = 'mean' } = checkOptions('l1', options, ['reduction']);
  checkReduction('l1', reduction);
  checkPair('l1', input, target);
  return scope(() => reduced(input.sub(target).abs(), reduction));
}

/**
 * ½ d² where |d| ≤ `delta` (default 1), else δ (|d| − ½ δ), d = input − target, averaged. Both have one shape.
 *
 * @throws ShapeError when the shapes differ, ArgumentError unless delta is positive
 * @source Huber, "Robust estimation of a location parameter", 1964
 * @example
 * huber(tensor([1, 2]), tensor([0, 4])); // 1
 */
export function huber(input: Tensor, target: Tensor, options?: { delta?: number; reduction?: Reduction }): Tensor {
  const { delta = 1, reduction = 'mean' } = checkOptions('huber', options, ['delta', 'reduction']);
  checkReduction('huber', reduction);
  if (!(delta > 0)) throw new ArgumentError(`delta must be positive, got ${delta}`, { op: 'huber', delta });
  checkPair('huber', input, target);
  return scope(() => reduced(huberOf(input.sub(target), { delta }), reduction));
}

/**
 * ½ d²/β where |d| < `beta` (default 1), else |d| − ½ β, d = input − target, averaged: `huber` over β; |d| for β = 0.
 * Both have one shape.
 *
 * @throws ShapeError when the shapes differ, ArgumentError when beta is negative
 * @source Girshick, "Fast R-CNN", arXiv:1504.08083
 * @example
 * smoothL1(tensor([1, 2]), tensor([0, 4])); // 1
 */
export function smoothL1(input: Tensor, target: Tensor, options?: { beta?: number; reduction?: Reduction }): Tensor {
  const { beta = 1, reduction = 'mean' } = checkOptions('smoothL1', options, ['beta', 'reduction']);
  checkReduction('smoothL1', reduction);
  if (!(beta >= 0)) throw new ArgumentError(`beta must not be negative, got ${beta}`, { op: 'smoothL1', beta });
  if (beta === 0) return l1(input, target, { reduction });
  checkPair('smoothL1', input, target);
  return scope(() => {
    const loss = reduced(huberOf(input.sub(target), { delta: beta }), reduction);
    return beta === 1 ? loss : loss.div(beta);
  });
}
