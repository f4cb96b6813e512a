// The ops behind batchNorm: the two of training, which share their formulas with layerNorm, the one of inference, and
// the update of the running statistics.

import type { Op } from '../../autograd/types.ts';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Extent } from './gradients.ts';
import type { Groups } from './loops.ts';
import { defineOp } from '../../autograd/op.ts';
import { wideDtype } from '../../autograd/types.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { formatShape } from '../../tensor/shape.ts';
import { sumTo } from '../reduce/sumTo.ts';
import {
  batchNormBackwardCpu,
  batchNormForwardCpu,
  batchNormUpdateCpu,
  normalizeChannelsCpu,
} from './batchNorm.cpu.ts';
import { checkShapes } from './checks.ts';
import { secondGradients, statisticsGradient } from './gradients.ts';
import { normalize, normalizeBackward } from './loops.ts';

/** The number of channels of x [N, C, *], as a shape. */
export function channelsOf(op: string, x: Shape): Shape {
  if (x.length >= 2) return [x[1]!];
  throw new ShapeError(`x of shape ${formatShape(x)} must be [N, C, ...]`, { op, x });
}

function groupsOf(x: Shape): Groups {
  const inner = x.slice(2).reduce((a, b) => a * b, 1);
  const channel = (i: number): number => Math.floor(i / inner) % x[1]!;
  return { statistics: [x[1]!], statistic: channel, parameters: [x[1]!], parameter: channel };
}

function aligned(x: Shape): Shape {
  return x.map((n, axis) => (axis === 1 ? n : 1));
}

function extentOf(x: Shape): Extent {
  return { statistics: x.map((_, axis) => axis).filter((axis) => axis !== 1), aligned: aligned(x) };
}

/** `batchNorm` in training, with the mean and 1 / √(variance + eps) of each channel: float32 where x is float16. */
export const batchNormForward: Op<['x', 'weight?', 'bias?'], { eps?: number }, ['output', 'mean', 'rstd']> = defineOp({
  name: 'batchNormForward',
  inputs: ['x', 'weight?', 'bias?'],
  autocast: 'float32',
  outputs: ['output', 'mean', 'rstd'],
  attrs: { eps: 1e-5 },
  dtype: (dtype) => [dtype, wideDtype(dtype), wideDtype(dtype)],
  shape({ x, weight, bias }, { eps }) {
    const channels = channelsOf('batchNorm', x);
    checkShapes('batchNorm', { weight, bias }, channels);
    checkNonNegative('batchNorm', { eps });
    return [x, channels, channels];
  },
  reference: ({ x, weight, bias }, { eps }) => normalize(x, weight, bias, eps, groupsOf(x.shape)),
  kernels: { cpu: batchNormForwardCpu },
  saves: ['x', 'weight', 'mean', 'rstd'],
  backward({ grads: [g, gm, gr], inputs: { x, weight }, outputs: { mean, rstd }, needs, shapes }) {
    const [dx, dweight, dbias] = g ? batchNormBackward(x, weight, mean, rstd, g) : [null, null, null];
    const rest = gm || gr ? statisticsGradient({ x, mean, rstd }, gm, gr, extentOf(shapes.x)) : null;
    return {
      x: dx && rest ? dx.add(rest) : (dx ?? rest),
      weight: needs.weight ? dweight : null,
      bias: needs.bias ? dbias : null,
    };
  },
});

/** The gradients of batchNormForward's output for x, weight and bias, the last two also where there are none; float32 where x is float16. */
export const batchNormBackward: Op<
  ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'],
  object,
  ['dx', 'dweight', 'dbias']
> = defineOp({
  name: 'batchNormBackward',
  inputs: ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'],
  outputs: ['dx', 'dweight', 'dbias'],
  dtype: (dtype) => [dtype, wideDtype(dtype), wideDtype(dtype)],
  shape({ x, g, ...parameters }) {
    const channels = channelsOf('batchNormBackward', x);
    checkShapes('batchNormBackward', parameters, channels);
    checkShapes('batchNormBackward', { g }, x);
    return [x, channels, channels];
  },
  reference: (inputs) => normalizeBackward(inputs, groupsOf(inputs.x.shape)),
  kernels: { cpu: batchNormBackwardCpu },
  saves: ['x', 'weight', 'mean', 'rstd', 'g'],
  backward: ({ grads, inputs, shapes }) => secondGradients(inputs, grads, extentOf(shapes.x)),
});

type Given = ['x', 'mean:wide', 'variance:wide', 'weight?', 'bias?'];

/** (x − mean) / √(variance + eps) · weight + bias per channel of x [N, C, *]: `batchNorm` with running statistics. */
export const normalizeChannels: Op<Given, { eps?: number }> = defineOp({
  name: 'normalizeChannels',
  inputs: ['x', 'mean:wide', 'variance:wide', 'weight?', 'bias?'],
  autocast: 'float32',
  attrs: { eps: 1e-5 },
  shape({ x, ...parameters }, { eps }) {
    checkShapes('normalizeChannels', parameters, channelsOf('normalizeChannels', x));
    checkNonNegative('normalizeChannels', { eps });
    return x;
  },
  reference({ x, mean, variance, weight, bias }, { eps }) {
    const { statistic } = groupsOf(x.shape);
    const data = Float64Array.from(x.data, (v, i) => {
      const c = statistic(i);
      const normal = (v - mean.data[c]!) / Math.sqrt(variance.data[c]! + eps);
      return normal * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
    });
    return { shape: x.shape, data };
  },
  kernels: { cpu: normalizeChannelsCpu },
  saves: ['x', 'mean', 'variance', 'weight'],
  backward({ grads: [g], inputs, attrs: { eps }, needs, shapes }) {
    const along = aligned(shapes.x);
    const align = (t: Tensor): Tensor => t.reshape(along);
    const total = (t: Tensor): Tensor => sumTo(t, along).reshape([along[1]!]);
    const rstd = align(inputs.variance).add(eps).rsqrt();
    const normal = (): Tensor => inputs.x.sub(align(inputs.mean)).mul(rstd);
    const gw = inputs.weight ? g.mul(align(inputs.weight)) : g;
    const u = gw.mul(rstd);
    return {
      x: needs.x ? u : null,
      mean: needs.mean ? total(u).neg() : null,
      variance: needs.variance ? total(u.mul(normal()).mul(rstd)).mul(-0.5) : null,
      weight: needs.weight ? total(g.mul(normal())) : null,
      bias: needs.bias ? total(g) : null,
    };
  },
});

export interface BatchNormUpdateAttrs {
  /** Share of the batch. */
  momentum?: number;
  /** What was added to the variance inside rstd. */
  eps?: number;
  /** Elements per channel in the batch, at least 2: the running variance is the unbiased one. */
  count: number;
}

/** running = (1 − momentum) · running + momentum · (the batch's mean; its variance · count / (count − 1)), in place. */
export const batchNormUpdate: Op<['runningMean', 'runningVar', 'mean:wide', 'rstd:wide'], BatchNormUpdateAttrs, []> =
  defineOp({
    name: 'batchNormUpdate',
    inputs: ['runningMean', 'runningVar', 'mean:wide', 'rstd:wide'],
    outputs: [],
    mutates: ['runningMean', 'runningVar'],
    attrs: { momentum: 0.1, eps: 1e-5 },
    required: ['count'],
    shape({ runningMean, runningVar, mean, rstd }, { momentum, eps, count }) {
      const op = 'batchNorm';
      checkShapes(op, { runningMean, runningVar, rstd }, mean);
      checkShare(op, { momentum });
      checkNonNegative(op, { eps });
      if (!(count >= 2)) throw new ShapeError(`training needs two values per channel, got ${count}`, { op, count });
    },
    reference({ runningMean, runningVar, mean, rstd }, { momentum, eps, count }) {
      const blend = ({ shape, data }: NdArray, batch: (i: number) => number): NdArray => ({
        shape,
        data: Float64Array.from(data, (v, i) => (1 - momentum) * v + momentum * batch(i)),
      });
      const variance = (i: number): number => (Math.max(rstd.data[i]! ** -2 - eps, 0) * count) / (count - 1);
      return [blend(runningMean, (i) => mean.data[i]!), blend(runningVar, variance)];
    },
    kernels: { cpu: batchNormUpdateCpu },
  });
