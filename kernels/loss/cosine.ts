import type { Tensor } from '../../tensor/tensor.ts';
import type { Reduction } from './reduction.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { scope } from '../../tensor/scope.ts';
import { broadcastShapes, formatShape, normalizeAxis, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { clampTo } from '../elementwise/rounding.ts';
import { where } from '../elementwise/where.ts';
import { norm } from '../reduce/norm.ts';
import { checkReduction, reduced } from './reduction.ts';

/**
 * x · y / (max(‖x‖, eps) max(‖y‖, eps)) along `axis` (default 1; eps 1e-8): the cosine of the angle between the vectors. x
 * and y broadcast; the axis is dropped.
 *
 * @throws ShapeError when they do not broadcast or have no such axis, ArgumentError for a negative eps
 * @example
 * cosineSimilarity(tensor([[3, 4]]), tensor([[4, 3]])); // [0.96]
 */
export function cosineSimilarity(x: Tensor, y: Tensor, options?: { axis?: number; eps?: number }): Tensor {
  const op = 'cosineSimilarity';
  checkTensor(op, 'x', x);
  checkTensor(op, 'y', y);
  const { axis = 1, eps = 1e-8 } = checkOptions(op, options, ['axis', 'eps']);
  checkNonNegative(op, { eps });
  const shape = broadcastShapes(op, x.shape, y.shape);
  normalizeAxis(op, axis, shape);
  return scope(() => {
    const [a, b] = [x.expand(shape), y.expand(shape)];
    const length = (v: Tensor): Tensor => clampTo(norm(v, { axis }), { min: eps });
    return a
      .mul(b)
      .sum({ axis })
      .div(length(a).mul(length(b)));
  });
}

/**
 * 1 − cos(x, y) of pairs that belong together (target 1), max(0, cos(x, y) − margin) of those that do not (target −1),
 * averaged. x and y are [N, D] with target [N], or [D] with a target of rank 0.
 *
 * @throws ShapeError when the shapes do not fit
 * @example
 * cosineEmbeddingLoss(tensor([[3, 4]]), tensor([[4, 3]]), tensor([1])); // 0.04
 */
export function cosineEmbeddingLoss(
  x: Tensor,
  y: Tensor,
  target: Tensor,
  options?: { margin?: number; reduction?: Reduction },
): Tensor {
  const op = 'cosineEmbeddingLoss';
  const { margin = 0, reduction = 'mean' } = checkOptions(op, options, ['margin', 'reduction']);
  checkReduction(op, reduction);
  for (const [name, given] of Object.entries({ x, y, target })) checkTensor(op, name, given);
  const rank = target.rank + 1;
  if (!sameShape(x.shape, y.shape) || x.rank !== rank || !sameShape(x.shape.slice(0, -1), target.shape)) {
    const shapes = [x, y, target].map((tensor) => formatShape(tensor.shape)).join(', ');
    throw new ShapeError(`x, y and target have shapes ${shapes}; they must be [N, D], [N, D] and [N]`, { op });
  }
  return scope(() => {
    const axis = -1;
    // Lengths as PyTorch takes them here: √(Σ x² + 1e-12).
    const squares = (v: Tensor): Tensor => v.square().sum({ axis }).add(1e-12);
    const cosine = x
      .mul(y)
      .sum({ axis })
      .div(squares(x).mul(squares(y)).sqrt());
    const apart = clampTo(cosine.sub(margin), { min: 0 });
    const losses = where(target.eq(1), cosine.neg().add(1), where(target.eq(-1), apart, 0));
    return reduced(losses, reduction);
  });
}
