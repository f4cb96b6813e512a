import type { Tensor } from '../../tensor/tensor.ts';
import type { CrossEntropyAttrs } from './crossEntropy.ts';
import { ArgumentError, DtypeError } from '../../tensor/errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { scope } from '../../tensor/scope.ts';
import { logSoftmax } from '../softmax/logSoftmax.ts';

/**
 * −Σ target · ln softmax(logits) over the class axis, the second, where the target gives each class's share of a row:
 * logits and target [N, C, *]. The mean is over rows; no row is ignored.
 */
export function crossEntropyOfShares(logits: Tensor, target: Tensor, attrs: Required<CrossEntropyAttrs>): Tensor {
  const op = 'crossEntropy';
  const { labelSmoothing, ignoreIndex, reduction } = attrs;
  if (!isFloat(target.dtype)) {
    const got = `target has the logits' shape and is ${target.dtype}`;
    throw new DtypeError(`${got}; shares of the classes are float, classes have no class axis`, {
      op,
      dtype: target.dtype,
    });
  }
  if (ignoreIndex >= 0) {
    throw new ArgumentError(`ignoreIndex is ${ignoreIndex}; it is for targets that are classes, not shares of them`, {
      op,
      ignoreIndex,
    });
  }
  const classes = logits.shape[1]!;
  return scope(() => {
    const shares = labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
    const losses = logSoftmax(logits, { axis: 1 }).mul(shares).sum({ axis: 1 }).neg();
    return reduction === 'none' ? losses : reduction === 'sum' ? losses.sum() : losses.mean();
  });
}
