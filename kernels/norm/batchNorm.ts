import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { checkShapes } from './checks.ts';
import { batchNormForward, batchNormUpdate, channelsOf, normalizeChannels } from './batchNormOps.ts';
import { checkOptions } from '../../tensor/options.ts';

export interface BatchNormOptions {
  /** Running statistics, [C] each: used when not in training, blended with the batch's in place when in training. */
  runningMean?: Tensor;
  runningVar?: Tensor;
  /** Normalise by the batch's own statistics. Default: when there are no running ones. */
  training?: boolean;
  /** Share of the batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * Each channel with mean 0 and variance 1 over batch and positions, then scaled and shifted:
 * (x − mean) / √(variance + eps) · weight + bias. x [N, C, *] → the same shape; weight, bias [C].
 *
 * In training mean and (biased) variance are the batch's, and the running statistics take a share of them, of the
 * unbiased variance as PyTorch does; an empty batch leaves them alone. Otherwise the running statistics are used.
 *
 * @throws ShapeError when shapes do not fit or training has one value per channel; ArgumentError when the running
 *   statistics that are needed are missing.
 * @source Ioffe and Szegedy, "Batch normalization", 2015, algorithms 1 and 2
 */
export function batchNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options?: BatchNormOptions): Tensor {
  checkTensor('batchNorm', 'x', x);
  const op = 'batchNorm';
  const known = ['runningMean', 'runningVar', 'training', 'momentum', 'eps'] as const;
  const given = checkOptions(op, options, known);
  const { runningMean, runningVar, training = !runningMean, momentum = 0.1, eps = 1e-5 } = given;
  if (!runningMean !== !runningVar) {
    throw new ArgumentError('runningMean and runningVar come together; pass both or none', { op });
  }
  checkShare(op, { momentum });
  checkNonNegative(op, { eps });
  if (runningMean && runningVar) checkRunning(op, runningMean, runningVar, channelsOf(op, x.shape));
  if (!training) {
    if (runningMean && runningVar) return normalizeChannels(x, runningMean, runningVar, weight, bias, { eps });
    throw new ArgumentError('without training it needs runningMean and runningVar', { op });
  }
  const count = x.size / (channelsOf(op, x.shape)[0] || 1);
  if (count === 1) {
    const shape = formatShape(x.shape);
    throw new ShapeError(`x of shape ${shape} has one value per channel; training needs two`, { op, x: x.shape });
  }
  return scope(() => {
    const [output, mean, rstd] =
      x.rank === 2 ? rowsAsPositions(x, weight, bias, eps) : batchNormForward(x, weight, bias, { eps });
    if (runningMean && runningVar && count > 0) {
      batchNormUpdate(runningMean, runningVar, mean, rstd, { momentum, eps, count });
    }
    return output;
  });
}

/** The ops behind would call them by other names, or write both into one place. */
function checkRunning(op: string, runningMean: Tensor, runningVar: Tensor, channels: Shape): void {
  checkTensor(op, 'runningMean', runningMean);
  checkTensor(op, 'runningVar', runningVar);
  checkShapes(op, { runningMean: runningMean.shape, runningVar: runningVar.shape }, channels);
  if (runningMean.storage !== runningVar.storage || runningMean.offset !== runningVar.offset) return;
  throw new ArgumentError('runningMean and runningVar are one tensor, written in place; pass two', { op });
}

/** x [N, C] as one image of N positions, so that the elements of a channel are neighbours. */
function rowsAsPositions(
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
): [Tensor, Tensor, Tensor] {
  const [n, channels] = x.shape as [number, number];
  const image = x.permute(1, 0).reshape([1, channels, n]);
  const [output, mean, rstd] = batchNormForward(image, weight, bias, { eps });
  return [output.reshape([channels, n]).permute(1, 0), mean, rstd];
}
