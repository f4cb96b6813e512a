import type { Op } from '../../autograd/types.ts';
import type { AdamwAttrs, AdamwInputs } from './adamwStep.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkDecay, checkNonNegative } from '../../tensor/range.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { adamStepWebgpu } from './adaptive.webgpu.ts';
import { checkStep } from './checkStep.ts';
import { stepsTaken } from './overflow.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type AdamInputs = AdamwInputs;
/** As adamwStep's, but weightDecay is 0 unless given. */
export type AdamAttrs = AdamwAttrs;

const four = { param: [7], grad: [7], expAvg: [7], expAvgSq: { shape: [7], low: 0, high: 1 } };

/**
 * One step of Adam, written into `param`, `expAvg` and `expAvgSq`:
 *
 *     g = grad + weightDecay · param
 *     m = beta1 · m + (1 − beta1) g,  v = beta2 · v + (1 − beta2) g²
 *     param −= lr / (1 − beta1ᵗ) · m / (√v / √(1 − beta2ᵗ) + eps)
 *
 * with m = expAvg, v = expAvgSq, t = step. All tensors have one shape. With `overflow` [2] (see `unscale`) nothing is written
 * where overflow[0] is not 0, and t = max(1, step − overflow[1]).
 *
 * @throws ShapeError when the shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source Kingma and Ba 2014 (arXiv 1412.6980), algorithm 1; PyTorch 1.13, torch/optim/adam.py
 */
export const adamStep: Op<AdamInputs, AdamAttrs, []> = defineOp({
  name: 'adamStep',
  inputs: ['param', 'grad', 'expAvg:wide', 'expAvgSq:wide', 'overflow:wide?'],
  outputs: [],
  mutates: ['param', 'expAvg', 'expAvgSq'],
  attrs: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
  shape({ overflow, ...shapes }, { lr, beta1, beta2, eps, weightDecay, step }) {
    checkNonNegative('adamStep', { lr, eps, weightDecay });
    checkDecay('adamStep', { beta1, beta2 });
    checkStep('adamStep', shapes, step);
    checkPairs('adamStep', { overflow });
  },
  reference({ param, grad, expAvg, expAvgSq, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
    const { shape } = param;
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [param, expAvg, expAvgSq];
    const g = Float64Array.from(grad.data, (value, i) => value + weightDecay * param.data[i]!);
    const m = g.map((value, i) => beta1 * expAvg.data[i]! + (1 - beta1) * value);
    const v = g.map((value, i) => beta2 * expAvgSq.data[i]! + (1 - beta2) * value * value);
    const moved = Float64Array.from(param.data, (p, i) => {
      const root = Math.sqrt(v[i]! / (1 - beta2 ** step));
      return p - (lr * m[i]!) / (1 - beta1 ** step) / (root + eps);
    });
    return [moved, m, v].map((data) => ({ shape, data }));
  },
  kernels: {
    cpu({ param, grad, expAvg, expAvgSq, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const tensors = [param, grad, expAvg, expAvgSq].map(pointer);
      const [rate, correction] = [lr / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)];
      const numbers = [weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, eps];
      launch('adamStep', [...tensors, ...numbers], param.size, { work: 0.5, multiple: 4 });
    },
    webgpu: adamStepWebgpu,
  },
  samples: [
    { ...four, attrs: { lr: 0.01, step: 1 } },
    {
      param: [3, 68],
      grad: [3, 68],
      expAvg: [3, 68],
      expAvgSq: { shape: [3, 68], low: 0, high: 2 },
      attrs: { lr: 0.1, beta1: 0.8, beta2: 0.99, eps: 1e-3, weightDecay: 0.1, step: 10 },
    },
    { param: [], grad: [], expAvg: [], expAvgSq: { shape: [], low: 0.1, high: 1 }, attrs: { lr: 0.1, step: 3 } },
    { param: [0], grad: [0], expAvg: [0], expAvgSq: [0], attrs: { lr: 0.1, step: 3 } },
    ...[0, 1].map((found) => ({
      ...four,
      overflow: { shape: [2], values: [found, 4] },
      attrs: { lr: 0.01, weightDecay: 0.2, step: 5 },
    })),
  ],
  errors: [
    { ...four, expAvgSq: [4], attrs: { lr: 1, step: 1 }, throws: 'expAvgSq has shape [4], param [7]' },
    { ...four, attrs: { lr: 1, step: 0 }, throws: 'the first step is 1' },
    { ...four, attrs: { lr: 1, beta2: 1, step: 1 }, throws: 'beta2 must be a number of 0..1, less than 1, got 1' },
    { ...four, attrs: { lr: 1, weightDecay: -1, step: 1 }, throws: 'weightDecay must be a finite number >= 0' },
  ],
});
