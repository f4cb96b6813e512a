import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { noGrad } from '../../autograd/tape.ts';
import { batchNormForward, batchNormUpdate, normalizeChannels } from './batchNormOps.ts';
import { checkShapes } from './checks.ts';

export interface InstanceNormOptions {
  /** Running statistics, [C] each: blended with the mean of the samples' in place, or used in place of them. */
  runningMean?: Tensor | undefined;
  runningVar?: Tensor | undefined;
  /** Normalise each sample by its own statistics, and not by the running ones. Default true. */
  useInputStats?: boolean;
  /** Share of the batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

const op = 'instanceNorm';

function check(
  x: Tensor,
  options: InstanceNormOptions | undefined,
): Required<Pick<InstanceNormOptions, 'eps' | 'momentum' | 'useInputStats'>> &
  Pick<InstanceNormOptions, 'runningMean' | 'runningVar'> {
  checkTensor(op, 'x', x);
  const known = ['runningMean', 'runningVar', 'useInputStats', 'momentum', 'eps'] as const;
  const {
    runningMean,
    runningVar,
    useInputStats = true,
    momentum = 0.1,
    eps = 1e-5,
  } = checkOptions(op, options, known);
  if (!runningMean !== !runningVar) {
    throw new ArgumentError('runningMean and runningVar come together; pass both or none', { op });
  }
  if (!useInputStats && !runningMean) {
    throw new ArgumentError('without useInputStats it needs runningMean and runningVar', { op });
  }
  checkShare(op, { momentum });
  checkNonNegative(op, { eps });
  if (x.rank < 3) throw new ShapeError(`x of shape ${formatShape(x.shape)} must be [N, C, *, ...]`, { op, x: x.shape });
  if (useInputStats && x.shape.slice(2).every((n) => n === 1)) {
    throw new ShapeError(`x of shape ${formatShape(x.shape)} has one position per map; it needs two`, {
      op,
      x: x.shape,
    });
  }
  checkShapes(op, { runningMean: runningMean?.shape, runningVar: runningVar?.shape }, [x.shape[1]!]);
  return { runningMean, runningVar, useInputStats, momentum, eps };
}

/**
 * Each channel of each sample with mean 0 and variance 1 over its positions, then scaled and shifted:
 * (x − mean) / √(variance + eps) · weight + bias. x [N, C, *] → the same shape; weight, bias [C].
 * It is `batchNorm` of one sample of N · C channels.
 *
 * @throws ShapeError when shapes do not fit or maps have one position; ArgumentError when running statistics are missing
 * @source Ulyanov et al., "Instance Normalization", 2016 (arXiv 1607.08022), eq. 3
 * @example
 * instanceNorm(randn([2, 3, 4, 4])).shape; // [2, 3, 4, 4]
 */
export function instanceNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options?: InstanceNormOptions): Tensor {
  const { runningMean, runningVar, useInputStats, momentum, eps } = check(x, options);
  const [n, channels] = x.shape as [number, number];
  checkShapes(op, { weight: weight?.shape, bias: bias?.shape }, [channels]);
  if (!useInputStats) return normalizeChannels(x, runningMean!, runningVar!, weight, bias, { eps });
  return scope(() => {
    const spread = (parameter: Tensor | undefined): Tensor | undefined =>
      parameter?.expand([n, channels]).reshape([n * channels]);
    const maps = x.reshape([1, n * channels, ...x.shape.slice(2)]);
    const [y, mean, rstd] = batchNormForward(maps, spread(weight), spread(bias), { eps });
    const count = x.size / (n * channels);
    if (runningMean && runningVar && x.size > 0) {
      noGrad(() => {
        const average = (statistic: Tensor): Tensor => statistic.reshape([n, channels]).mean({ axis: 0 });
        // The update takes the variance out of rstd: of the means of both, that of variance + eps.
        const spreadOut = average(rstd.mul(rstd).pow(-1)).rsqrt();
        batchNormUpdate(runningMean, runningVar, average(mean), spreadOut, { momentum, eps, count });
      });
    }
    return y.reshape(x.shape);
  });
}
