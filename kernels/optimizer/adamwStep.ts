import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkDecay, checkNonNegative } from '../../tensor/range.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { checkStep } from './checkStep.ts';
import { checkPairs } from './unscale.ts';
import { stepsTaken } from './overflow.ts';
import { takenStep } from './scaling.cpu.ts';
import { adamwStepWebgpu } from './steps.webgpu.ts';

export type AdamwInputs = ['param', 'grad', 'expAvg:wide', 'expAvgSq:wide', 'overflow:wide?'];

export interface AdamwAttrs {
  lr: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  eps?: number;
  /** Default 0.01. */
  weightDecay?: number;
  /** Counted from 1. */
  step: number;
}

/** Shapes of a call that is refused for its numbers. */
const three = { param: [3], grad: [3], expAvg: [3], expAvgSq: [3] };

/**
 * One step of Adam with decoupled weight decay, written into `param`, `expAvg` and `expAvgSq`:
 *
 *     param = (1 − lr · weightDecay) param
 *     m = beta1 · m + (1 − beta1) grad,  v = beta2 · v + (1 − beta2) grad²
 *     param −= lr / (1 − beta1ᵗ) · m / (√v / √(1 − beta2ᵗ) + eps)
 *
 * with m = expAvg, v = expAvgSq, t = step. All tensors have one shape. With `overflow` [2] (see `unscale`) nothing is written
 * where overflow[0] is not 0, and t = max(1, step − overflow[1]).
 *
 * @throws ShapeError when the shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source Loshchilov and Hutter, "Decoupled weight decay regularization", 2017, algorithm 2; PyTorch 1.13,
 *   torch/optim/adamw.py
 */
export const adamwStep: Op<AdamwInputs, AdamwAttrs, []> = defineOp({
  name: 'adamwStep',
  inputs: ['param', 'grad', 'expAvg:wide', 'expAvgSq:wide', 'overflow:wide?'],
  outputs: [],
  mutates: ['param', 'expAvg', 'expAvgSq'],
  attrs: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
  shape({ overflow, ...shapes }, { lr, beta1, beta2, eps, weightDecay, step }) {
    checkNonNegative('adamwStep', { lr, eps, weightDecay });
    checkDecay('adamwStep', { beta1, beta2 });
    checkStep('adamwStep', shapes, step);
    checkPairs('adamwStep', { overflow });
  },
  reference({ param, grad, expAvg, expAvgSq, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
    const { shape } = param;
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [param, expAvg, expAvgSq];
    const m = Float64Array.from(expAvg.data, (v, i) => beta1 * v + (1 - beta1) * grad.data[i]!);
    const v = Float64Array.from(expAvgSq.data, (v, i) => beta2 * v + (1 - beta2) * grad.data[i]! ** 2);
    const data = Float64Array.from(param.data, (p, i) => {
      const [mHat, vHat] = [m[i]! / (1 - beta1 ** step), v[i]! / (1 - beta2 ** step)];
      return (1 - lr * weightDecay) * p - (lr * mHat) / (Math.sqrt(vHat) + eps);
    });
    return [data, m, v].map((values) => ({ shape, data: values }));
  },
  kernels: {
    cpu({ param, grad, expAvg, expAvgSq, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const tensors = [param, grad, expAvg, expAvgSq].map(pointer);
      const rate = lr / (1 - beta1 ** step);
      const correction = 1 / Math.sqrt(1 - beta2 ** step);
      const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, 1 - lr * weightDecay, rate, correction, eps];
      launch('adamwStep', [...tensors, ...numbers], param.size, { work: 0.5, multiple: 4 });
    },
    webgpu: adamwStepWebgpu,
  },
  samples: [
    { param: [5], grad: [5], expAvg: [5], expAvgSq: { shape: [5], low: 0, high: 1 }, attrs: { lr: 0.01, step: 1 } },
    {
      param: [3, 67],
      grad: [3, 67],
      expAvg: [3, 67],
      expAvgSq: { shape: [3, 67], low: 0, high: 2 },
      attrs: { lr: 0.1, beta1: 0.8, beta2: 0.99, eps: 1e-3, weightDecay: 0.1, step: 10 },
    },
    { param: [], grad: [], expAvg: [], expAvgSq: { shape: [], low: 0.1, high: 1 }, attrs: { lr: 0.1, step: 3 } },
    ...[0, 1].map((found) => ({
      param: [7],
      grad: [7],
      expAvg: [7],
      expAvgSq: { shape: [7], low: 0, high: 1 },
      overflow: { shape: [2], values: [found, 4] },
      attrs: { lr: 0.01, step: 5 },
    })),
    {
      param: [8],
      grad: [8],
      expAvg: [8],
      expAvgSq: { shape: [8], low: 0, high: 1 },
      overflow: { shape: [2], values: [0, 10] },
      attrs: { lr: 0.01, beta1: 0, beta2: 0.9999, step: 900 },
    },
  ],
  errors: [
    {
      param: [3],
      grad: [3],
      expAvg: [3],
      expAvgSq: [4],
      attrs: { lr: 1, step: 1 },
      throws: 'expAvgSq has shape [4], param [3]',
    },
    { ...three, attrs: { lr: 1, step: 0 }, throws: 'the first step is 1' },
    { ...three, attrs: { lr: -1, step: 1 }, throws: 'lr must be a finite number >= 0, got -1' },
    { ...three, attrs: { lr: 1, beta1: 1, step: 1 }, throws: 'beta1 must be a number of 0..1, less than 1, got 1' },
    { ...three, attrs: { lr: 1, beta2: NaN, step: 1 }, throws: 'beta2 must be a number of 0..1, less than 1, got NaN' },
    { ...three, attrs: { lr: 1, eps: -1, step: 1 }, throws: 'eps must be a finite number >= 0, got -1' },
    { ...three, attrs: { lr: 1, weightDecay: Infinity, step: 1 }, throws: 'weightDecay must be a finite number >= 0' },
  ],
});
