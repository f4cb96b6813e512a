import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkDecay, checkNonNegative } from '../../tensor/range.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { lionStepWebgpu } from './adaptive.webgpu.ts';
import { checkStep } from './checkStep.ts';
import { stepsTaken } from './overflow.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type LionInputs = ['param', 'grad', 'expAvg:wide', 'overflow:wide?'];

export interface LionAttrs {
  lr: number;
  /** Of what the sign is taken of. Default 0.9. */
  beta1?: number;
  /** Of what is remembered. Default 0.99. */
  beta2?: number;
  /** Default 0. */
  weightDecay?: number;
}

const three = { param: [7], grad: [7], expAvg: [7] };

/**
 * One step of Lion, written into `param` and `expAvg`:
 *
 *     param = (1 − lr · weightDecay) param − lr · sign(beta1 · m + (1 − beta1) grad)
 *     m = beta2 · m + (1 − beta2) grad
 *
 * with m = expAvg. All tensors have one shape. With `overflow` [2] (see `unscale`) nothing is written where overflow[0] is not 0.
 *
 * @throws ShapeError when the shapes differ, ArgumentError when a number is out of range.
 * @source Chen et al. 2023 (arXiv 2302.06675), algorithm 2
 */
export const lionStep: Op<LionInputs, LionAttrs, []> = defineOp({
  name: 'lionStep',
  inputs: ['param', 'grad', 'expAvg:wide', 'overflow:wide?'],
  outputs: [],
  mutates: ['param', 'expAvg'],
  attrs: { beta1: 0.9, beta2: 0.99, weightDecay: 0 },
  shape({ overflow, ...shapes }, { lr, beta1, beta2, weightDecay }) {
    checkNonNegative('lionStep', { lr, weightDecay });
    checkDecay('lionStep', { beta1, beta2 });
    checkStep('lionStep', shapes, 1);
    checkPairs('lionStep', { overflow });
  },
  reference({ param, grad, expAvg, overflow }, { lr, beta1, beta2, weightDecay }) {
    const { shape } = param;
    if (stepsTaken(1, overflow?.data) === null) return [param, expAvg];
    const mixed = (beta: number): Float64Array =>
      Float64Array.from(grad.data, (g, i) => beta * expAvg.data[i]! + (1 - beta) * g);
    const direction = mixed(beta1).map(Math.sign);
    const moved = Float64Array.from(param.data, (p, i) => (1 - lr * weightDecay) * p - lr * direction[i]!);
    return [moved, mixed(beta2)].map((data) => ({ shape, data }));
  },
  kernels: {
    cpu({ param, grad, expAvg, overflow }, { lr, beta1, beta2, weightDecay }) {
      if (takenStep(1, overflow) === null) return;
      const numbers = [1 - lr * weightDecay, lr, beta1, 1 - beta1, beta2, 1 - beta2];
      const tensors = [param, grad, expAvg].map(pointer);
      launch('lionStep', [...tensors, ...numbers], param.size, { work: 0.5, multiple: 4 });
    },
    webgpu: lionStepWebgpu,
  },
  samples: [
    { ...three, attrs: { lr: 0.01 } },
    {
      param: [3, 68],
      grad: [3, 68],
      expAvg: [3, 68],
      attrs: { lr: 0.1, beta1: 0.8, beta2: 0.95, weightDecay: 0.1 },
    },
    // The first and the fourth do not move.
    {
      ...three,
      grad: { shape: [7], values: [0, 1, -1, 0, 0, 0, 2] },
      expAvg: { shape: [7], values: [0, 0, 0, 0, 1, -1, 2] },
      attrs: { lr: 1 },
    },
    { param: [], grad: [], expAvg: [], attrs: { lr: 0.1 } },
    { param: [0], grad: [0], expAvg: [0], attrs: { lr: 0.1 } },
    ...[0, 1].map((found) => ({ ...three, overflow: { shape: [2], values: [found, 4] }, attrs: { lr: 0.1 } })),
  ],
  errors: [
    { ...three, expAvg: [4], attrs: { lr: 1 }, throws: 'expAvg has shape [4], param [7]' },
    { ...three, attrs: { lr: -1 }, throws: 'lr must be a finite number >= 0, got -1' },
    { ...three, attrs: { lr: 1, beta1: 1 }, throws: 'beta1 must be a number of 0..1, less than 1, got 1' },
  ],
});
