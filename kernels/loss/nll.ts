import type { Tensor } from '../../tensor/tensor.ts';
import type { Reduction } from './reduction.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { where } from '../elementwise/where.ts';
import { gather } from '../gather/gather.ts';
import { indexSelect } from '../gather/select.ts';
import { checkReduction } from './reduction.ts';

/** What `nllLoss` may be told. */
export type NllLossOptions = {
  /** A factor for each class [C]; the mean is divided by the factors of the targets. */
  weight?: Tensor;
  /** Targets that count for nothing. Default -100. */
  ignoreIndex?: number;
  reduction?: Reduction;
};

/** @throws ShapeError unless input is [N, C, *] or [C], target without the class axis, weight [C] */
function check(input: Tensor, target: Tensor, weight: Tensor | undefined): number {
  const op = 'nllLoss';
  checkTensor(op, 'input', input);
  checkTensor(op, 'target', target);
  const shapes = { op, input: input.shape, target: target.shape };
  if (input.rank === 0) throw new ShapeError('input has no axis; it must be [N, C, ...] or [C]', shapes);
  const axis = input.rank === 1 ? 0 : 1;
  const wanted = input.shape.toSpliced(axis, 1);
  if (!sameShape(target.shape, wanted)) {
    const both = `target has shape ${formatShape(target.shape)}, input ${formatShape(input.shape)}`;
    throw new ShapeError(`${both}; target must be ${formatShape(wanted)}, one class per row`, shapes);
  }
  if (weight && !sameShape(weight.shape, [input.shape[axis]!])) {
    const got = `weight has shape ${formatShape(weight.shape)}`;
    throw new ShapeError(`${got}; it must be [${input.shape[axis]}], one per class`, {
      ...shapes,
      weight: weight.shape,
    });
  }
  return axis;
}

/**
 * −input[target] of logarithms of probabilities, averaged: after `logSoftmax` it is `crossEntropy`. Input [N, C, *] (or
 * [C]), target [N, *] of integers → a scalar, or [N, *] with `reduction: 'none'`. NaN when all rows are ignored.
 *
 * @throws ShapeError when the shapes do not fit, or a target is neither a class nor `ignoreIndex` (a webgpu device does
 * not check, since that would wait for it: there the loss is NaN)
 * @example
 * nllLoss(tensor([[-1, -2], [-3, -4]]), tensor([0, 1], { dtype: 'int32' })); // 2.5
 */
export function nllLoss(input: Tensor, target: Tensor, options?: NllLossOptions): Tensor {
  const op = 'nllLoss';
  const known = ['weight', 'ignoreIndex', 'reduction'] as const;
  const { weight, ignoreIndex = -100, reduction = 'mean' } = checkOptions(op, options, known);
  checkReduction(op, reduction);
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(`ignoreIndex must be an integer, got ${ignoreIndex}`, { op, ignoreIndex });
  const axis = check(input, target, weight);
  return scope(() => {
    const isIgnored = target.eq(ignoreIndex);
    const classes = where(isIgnored, 0, target);
    const picked = gather(input, axis, classes.unsqueeze(axis)).squeeze(axis).neg();
    const share = weight ? indexSelect(weight, 0, classes.flatten()).reshape(target.shape) : null;
    const losses = where(isIgnored, 0, share ? picked.mul(share) : picked);
    if (reduction === 'none') return losses;
    if (reduction === 'sum') return losses.sum();
    const counted = share ? where(isIgnored, 0, share) : isIgnored.eq(0).cast(input.dtype);
    return losses.sum().div(counted.sum());
  });
}
