import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { rmspropStepWebgpu } from './adaptive.webgpu.ts';
import { checkStep } from './checkStep.ts';
import { stepsTaken } from './overflow.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type RmspropInputs = [
  'param',
  'grad',
  'squareAvg:wide',
  'gradAvg:wide?',
  'momentumBuffer:wide?',
  'overflow:wide?',
];

export interface RmspropAttrs {
  lr: number;
  /** Default 0.99. */
  alpha?: number;
  /** Default 1e-8. */
  eps?: number;
  /** Default 0. */
  weightDecay?: number;
  /** Of momentumBuffer. Default 0. */
  momentum?: number;
}

const three = { param: [7], grad: [7], squareAvg: { shape: [7], low: 1, high: 2 } };

/**
 * One step of RMSprop, written into `param`, `squareAvg`, `gradAvg` and `momentumBuffer`:
 *
 *     g = grad + weightDecay · param
 *     v = alpha · v + (1 − alpha) g²
 *     a = alpha · a + (1 − alpha) g,  u = max(0, v − a²)       without gradAvg u = v
 *     b = momentum · b + g / (√u + eps),  param −= lr · b      without a buffer param −= lr · g / (√u + eps)
 *
 * with v = squareAvg, a = gradAvg, b = momentumBuffer. All tensors have one shape. With `overflow` [2] (see `unscale`) nothing
 * is written where overflow[0] is not 0.
 *
 * @throws ShapeError when the shapes differ, ArgumentError when a number is out of range.
 * @source Hinton's lecture 6e, 2012; Graves 2013 (arXiv 1308.0850), eq. 38 to 45; PyTorch 1.13, torch/optim/rmsprop.py, but for
 *   the 0, without which rounding makes a root of a negative number
 */
export const rmspropStep: Op<RmspropInputs, RmspropAttrs, []> = defineOp({
  name: 'rmspropStep',
  inputs: ['param', 'grad', 'squareAvg:wide', 'gradAvg:wide?', 'momentumBuffer:wide?', 'overflow:wide?'],
  outputs: [],
  mutates: ['param', 'squareAvg', 'gradAvg', 'momentumBuffer'],
  attrs: { alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0 },
  shape({ overflow, ...shapes }, { lr, alpha, eps, weightDecay, momentum }) {
    checkNonNegative('rmspropStep', { lr, eps, weightDecay, momentum });
    checkShare('rmspropStep', { alpha });
    checkStep('rmspropStep', shapes, 1);
    checkPairs('rmspropStep', { overflow });
  },
  reference({ param, grad, squareAvg, gradAvg, momentumBuffer, overflow }, { lr, alpha, eps, weightDecay, momentum }) {
    const { shape } = param;
    if (stepsTaken(1, overflow?.data) === null)
      return [param, squareAvg, gradAvg, momentumBuffer].filter((tensor) => tensor !== undefined);
    const g = Float64Array.from(grad.data, (value, i) => value + weightDecay * param.data[i]!);
    const v = g.map((value, i) => alpha * squareAvg.data[i]! + (1 - alpha) * value * value);
    const a = gradAvg && g.map((value, i) => alpha * gradAvg.data[i]! + (1 - alpha) * value);
    const d = g.map((value, i) => value / (Math.sqrt(a ? Math.max(0, v[i]! - a[i]! ** 2) : v[i]!) + eps));
    const b = momentumBuffer && d.map((value, i) => momentum * momentumBuffer.data[i]! + value);
    const moved = Float64Array.from(param.data, (p, i) => p - lr * (b ?? d)[i]!);
    return [moved, v, a, b].flatMap((data) => (data ? [{ shape, data }] : []));
  },
  kernels: {
    cpu({ param, grad, squareAvg, gradAvg, momentumBuffer, overflow }, { lr, alpha, eps, weightDecay, momentum }) {
      if (takenStep(1, overflow) === null) return;
      const tensors = [param, grad, squareAvg, gradAvg, momentumBuffer].map((tensor) => (tensor ? pointer(tensor) : 0));
      const numbers = [weightDecay, alpha, 1 - alpha, momentum, lr, eps];
      launch('rmspropStep', [...tensors, ...numbers], param.size, { work: 0.5, multiple: 4 });
    },
    webgpu: rmspropStepWebgpu,
  },
  samples: [
    { ...three, attrs: { lr: 0.01 } },
    {
      param: [3, 68],
      grad: [3, 68],
      squareAvg: { shape: [3, 68], low: 1, high: 2 },
      gradAvg: { shape: [3, 68], low: -0.5, high: 0.5 },
      momentumBuffer: [3, 68],
      attrs: { lr: 0.1, alpha: 0.8, eps: 1e-3, weightDecay: 0.1, momentum: 0.9 },
    },
    { ...three, momentumBuffer: [7], attrs: { lr: 0.1, alpha: 0.9, momentum: 0.5 } },
    { ...three, gradAvg: { shape: [7], low: -0.5, high: 0.5 }, attrs: { lr: 0.1, alpha: 0.9 } },
    { param: [], grad: [], squareAvg: { shape: [], low: 1, high: 2 }, attrs: { lr: 0.1 } },
    { param: [0], grad: [0], squareAvg: [0], attrs: { lr: 0.1 } },
    ...[0, 1].map((found) => ({
      ...three,
      momentumBuffer: [7],
      overflow: { shape: [2], values: [found, 4] },
      attrs: { lr: 0.01, momentum: 0.5, weightDecay: 0.2 },
    })),
  ],
  errors: [
    { ...three, squareAvg: [4], attrs: { lr: 1 }, throws: 'squareAvg has shape [4], param [7]' },
    { ...three, attrs: { lr: NaN }, throws: 'lr must be a finite number >= 0, got NaN' },
    { ...three, attrs: { lr: 1, alpha: 1.5 }, throws: 'alpha must be a number of 0..1, got 1.5' },
    { ...three, overflow: [3], attrs: { lr: 1 }, throws: 'overflow has shape [3]; it must be [2]' },
  ],
});
