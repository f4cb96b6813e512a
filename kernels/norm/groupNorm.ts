import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Extent } from './gradients.ts';
import type { Groups } from './loops.ts';
import { defineOp } from '../../autograd/op.ts';
import { wideDtype } from '../../autograd/types.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { channelsOf } from './batchNormOps.ts';
import { checkShapes } from './checks.ts';
import { secondGradients, statisticsGradient } from './gradients.ts';
import { groupNormBackwardCpu, groupNormForwardCpu } from './groupNorm.cpu.ts';
import { normalize, normalizeBackward } from './loops.ts';

export interface GroupNormAttrs {
  /** Parts that the channels are cut into. */
  groups: number;
}

/** The shapes of the parameters and of the statistics, after all checks of x. */
function partsOf(op: string, x: Shape, groups: number): { channels: Shape; statistics: Shape } {
  const channels = channelsOf(op, x);
  if (Number.isInteger(groups) && groups >= 1 && channels[0]! % groups === 0) {
    return { channels, statistics: [x[0]!, groups] };
  }
  throw new ShapeError(`x ${formatShape(x)} has ${channels[0]} channels; ${String(groups)} groups must divide them`, {
    op,
    x,
    groups,
  });
}

/** x [N, C, *] as [N, groups, C / groups, *], the last in one. */
function grouped(x: Shape, groups: number): Shape {
  return [x[0]!, groups, x[1]! / groups, x.slice(2).reduce((a, b) => a * b, 1)];
}

function extentOf(x: Shape, groups: number): Extent {
  return { statistics: [2, 3], aligned: [1, groups, x[1]! / groups, 1] };
}

function groupsOf(x: Shape, groups: number): Groups {
  const inner = x.slice(2).reduce((a, b) => a * b, 1);
  return {
    statistics: [x[0]!, groups],
    statistic: (i) => Math.floor(i / (inner * (x[1]! / groups))),
    parameters: [x[1]!],
    parameter: (i) => Math.floor(i / inner) % x[1]!,
  };
}

/** `groupNorm` with the mean and 1 / √(variance + eps) of each group, [N, groups]: float32 where x is float16. */
export const groupNormForward: Op<
  ['x', 'weight?', 'bias?'],
  GroupNormAttrs & { eps?: number },
  ['output', 'mean', 'rstd']
> = defineOp({
  name: 'groupNormForward',
  inputs: ['x', 'weight?', 'bias?'],
  autocast: 'float32',
  outputs: ['output', 'mean', 'rstd'],
  attrs: { eps: 1e-5 },
  required: ['groups'],
  dtype: (dtype) => [dtype, wideDtype(dtype), wideDtype(dtype)],
  shape({ x, weight, bias }, { groups, eps }) {
    const { channels, statistics } = partsOf('groupNorm', x, groups);
    checkShapes('groupNorm', { weight, bias }, channels);
    checkNonNegative('groupNorm', { eps });
    return [x, statistics, statistics];
  },
  reference: ({ x, weight, bias }, { groups, eps }) => normalize(x, weight, bias, eps, groupsOf(x.shape, groups)),
  kernels: { cpu: groupNormForwardCpu },
  saves: ['x', 'weight', 'mean', 'rstd'],
  backward({ grads: [g, gm, gr], inputs: { x, weight }, outputs: { mean, rstd }, attrs: { groups }, needs, shapes }) {
    const [dx, dweight, dbias] = g ? groupNormBackward(x, weight, mean, rstd, g, { groups }) : [null, null, null];
    const saved = { x: x.reshape(grouped(shapes.x, groups)), mean, rstd };
    const rest = gm || gr ? statisticsGradient(saved, gm, gr, extentOf(shapes.x, groups))!.reshape(shapes.x) : null;
    return {
      x: dx && rest ? dx.add(rest) : (dx ?? rest),
      weight: needs.weight ? dweight : null,
      bias: needs.bias ? dbias : null,
    };
  },
});

/** The gradients of groupNorm's output for x, weight and bias, the last two also where there are none; float32 where x is float16. */
export const groupNormBackward: Op<
  ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'],
  GroupNormAttrs,
  ['dx', 'dweight', 'dbias']
> = defineOp({
  name: 'groupNormBackward',
  inputs: ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'],
  outputs: ['dx', 'dweight', 'dbias'],
  required: ['groups'],
  dtype: (dtype) => [dtype, wideDtype(dtype), wideDtype(dtype)],
  shape({ x, weight, mean, rstd, g }, { groups }) {
    const { channels, statistics } = partsOf('groupNormBackward', x, groups);
    checkShapes('groupNormBackward', { weight }, channels);
    checkShapes('groupNormBackward', { mean, rstd }, statistics);
    checkShapes('groupNormBackward', { g }, x);
    return [x, channels, channels];
  },
  reference: (inputs, { groups }) => normalizeBackward(inputs, groupsOf(inputs.x.shape, groups)),
  kernels: { cpu: groupNormBackwardCpu },
  saves: ['x', 'weight', 'mean', 'rstd', 'g'],
  backward({ grads: [h, hw, hb], inputs: { x, g, ...rest }, attrs: { groups }, shapes }) {
    const shape = grouped(shapes.x, groups);
    const parts = { ...rest, x: x.reshape(shape), g: g.reshape(shape) };
    const found = secondGradients(parts, [h && h.reshape(shape), hw, hb], extentOf(shapes.x, groups));
    return { ...found, x: found.x.reshape(shapes.x), g: found.g.reshape(shapes.x) };
  },
});

/**
 * Each group of channels of each sample with mean 0 and variance 1 over its channels and positions, then each channel
 * scaled and shifted: (x − mean) / √(variance + eps) · weight + bias. The variance is the biased one.
 * x [N, C, *] → the same shape; weight, bias [C].
 *
 * @param groups - a divisor of C; 1 normalises all channels together, C each by itself
 * @throws ShapeError when the groups do not divide the channels or the parameters do not fit
 * @source Wu and He, "Group Normalization", 2018 (arXiv 1803.08494), eq. 1 to 7
 * @example
 * groupNorm(randn([2, 6, 4, 4]), 3).shape; // [2, 6, 4, 4]
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight?: Tensor,
  bias?: Tensor,
  options?: { eps?: number },
): Tensor {
  checkTensor('groupNorm', 'x', x);
  const { eps = 1e-5 } = checkOptions('groupNorm', options, ['eps']);
  const [output, mean, rstd] = groupNormForward(x, weight, bias, { groups, eps });
  mean.dispose();
  rstd.dispose();
  return output;
}
