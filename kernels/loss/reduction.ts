import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { mean, sum } from '../reduce/sum.ts';

/** What becomes of the losses of a batch. */
export type Reduction = 'mean' | 'sum' | 'none';

export function checkReduction(op: string, reduction: string): void {
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return;
  throw new ArgumentError(`reduction '${reduction}' is not known; use 'mean', 'sum' or 'none'`, { op, reduction });
}

/** The mean, the sum or all of the losses. */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === 'mean' ? mean(losses) : reduction === 'sum' ? sum(losses) : losses;
}

/** @throws ShapeError unless both have one shape */
export function checkSame(op: string, input: Shape, target: Shape): void {
  if (sameShape(input, target)) return;
  const shapes = `input has shape ${formatShape(input)}, target ${formatShape(target)}`;
  throw new ShapeError(`${shapes}; they must be equal, use reshape or expand`, { op, input, target });
}

/** The same of what are tensors only if the caller kept to the types. */
export function checkPair(op: string, input: Tensor, target: Tensor): void {
  checkTensor(op, 'input', input);
  checkTensor(op, 'target', target);
  checkSame(op, input.shape, target.shape);
}
