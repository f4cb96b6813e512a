import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { adagradStepWebgpu } from './adaptive.webgpu.ts';
import { checkStep } from './checkStep.ts';
import { stepsTaken } from './overflow.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type AdagradInputs = ['param', 'grad', 'sum:wide', 'overflow:wide?'];

export interface AdagradAttrs {
  lr: number;
  /** Default 0. */
  lrDecay?: number;
  /** Default 1e-10. */
  eps?: number;
  /** Default 0. */
  weightDecay?: number;
  /** Counted from 1. */
  step: number;
}

const three = { param: [7], grad: [7], sum: { shape: [7], low: 0.1, high: 2 } };

/**
 * One step of Adagrad, written into `param` and `sum`:
 *
 *     g = grad + weightDecay · param,  s = s + g²
 *     param −= lr / (1 + (t − 1) lrDecay) · g / (√s + eps)
 *
 * with s = sum, t = step. All tensors have one shape. With `overflow` [2] (see `unscale`) nothing is written where overflow[0] is
 * not 0, and t = max(1, step − overflow[1]).
 *
 * @throws ShapeError when the shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source Duchi, Hazan and Singer 2011; PyTorch 1.13, torch/optim/adagrad.py
 */
export const adagradStep: Op<AdagradInputs, AdagradAttrs, []> = defineOp({
  name: 'adagradStep',
  inputs: ['param', 'grad', 'sum:wide', 'overflow:wide?'],
  outputs: [],
  mutates: ['param', 'sum'],
  attrs: { lrDecay: 0, eps: 1e-10, weightDecay: 0 },
  shape({ overflow, ...shapes }, { lr, lrDecay, eps, weightDecay, step }) {
    checkNonNegative('adagradStep', { lr, lrDecay, eps, weightDecay });
    checkStep('adagradStep', shapes, step);
    checkPairs('adagradStep', { overflow });
  },
  reference({ param, grad, sum, overflow }, { lr, lrDecay, eps, weightDecay, ...attrs }) {
    const { shape } = param;
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [param, sum];
    const g = Float64Array.from(grad.data, (value, i) => value + weightDecay * param.data[i]!);
    const s = g.map((value, i) => sum.data[i]! + value * value);
    const rate = lr / (1 + (step - 1) * lrDecay);
    const moved = Float64Array.from(param.data, (p, i) => p - (rate * g[i]!) / (Math.sqrt(s[i]!) + eps));
    return [moved, s].map((data) => ({ shape, data }));
  },
  kernels: {
    cpu({ param, grad, sum, overflow }, { lr, lrDecay, eps, weightDecay, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const numbers = [weightDecay, lr / (1 + (step - 1) * lrDecay), eps];
      const tensors = [param, grad, sum].map(pointer);
      launch('adagradStep', [...tensors, ...numbers], param.size, { work: 0.5, multiple: 4 });
    },
    webgpu: adagradStepWebgpu,
  },
  samples: [
    { ...three, attrs: { lr: 0.01, step: 1 } },
    {
      param: [3, 68],
      grad: [3, 68],
      sum: { shape: [3, 68], low: 0.1, high: 2 },
      attrs: { lr: 0.1, lrDecay: 0.1, eps: 1e-3, weightDecay: 0.1, step: 6 },
    },
    { param: [], grad: [], sum: { shape: [], low: 0.1, high: 2 }, attrs: { lr: 0.1, step: 2 } },
    { param: [0], grad: [0], sum: [0], attrs: { lr: 0.1, step: 2 } },
    ...[0, 1].map((found) => ({
      ...three,
      overflow: { shape: [2], values: [found, 4] },
      attrs: { lr: 0.01, lrDecay: 0.5, step: 7 },
    })),
  ],
  errors: [
    { ...three, sum: [4], attrs: { lr: 1, step: 1 }, throws: 'sum has shape [4], param [7]' },
    { ...three, attrs: { lr: 1, step: 1.5 }, throws: 'step must be an integer >= 1' },
    { ...three, attrs: { lr: 1, lrDecay: -1, step: 1 }, throws: 'lrDecay must be a finite number >= 0, got -1' },
  ],
});
