import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { checkLists, checkStep } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { stepsTaken } from './overflow.ts';
import { perTensor } from './perTensor.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type AdagradInputs = ['params[]', 'grads[]', 'sums:wide[]', 'overflow:wide?'];

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

/**
 * One step of Adagrad for many parameters at once, written into `params` and `sums`:
 *
 *     g = grad + weightDecay · param,  s = s + g²
 *     param −= lr / (1 + (t − 1) lrDecay) · g / (√s + eps)
 *
 * with param, grad and s of `params`, `grads` and `sums`, t = step. Entry i of each list belongs to parameter i and has its
 * shape. With `overflow` [2] (see `unscale`) nothing is written where overflow[0] is not 0, and t = max(1, step − overflow[1]).
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source Duchi, Hazan and Singer 2011; PyTorch 1.13, torch/optim/adagrad.py
 */
export const adagradStep: Op<AdagradInputs, AdagradAttrs, []> = defineOp({
  name: 'adagradStep',
  inputs: ['params[]', 'grads[]', 'sums:wide[]', 'overflow:wide?'],
  outputs: [],
  mutates: ['params', 'sums'],
  attrs: { lrDecay: 0, eps: 1e-10, weightDecay: 0 },
  required: ['lr', 'step'],
  shape({ overflow, ...shapes }, { lr, lrDecay, eps, weightDecay, step }) {
    checkNonNegative('adagradStep', { lr, lrDecay, eps, weightDecay });
    checkLists('adagradStep', shapes);
    checkStep('adagradStep', step);
    checkPairs('adagradStep', { overflow });
  },
  reference({ params, grads, sums, overflow }, { lr, lrDecay, eps, weightDecay, ...attrs }) {
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [...params, ...sums];
    const rate = lr / (1 + (step - 1) * lrDecay);
    return perTensor([params, grads, sums], (param, grad, sum) => {
      const g = grad.map((value, i) => value + weightDecay * param[i]!);
      const s = g.map((value, i) => sum[i]! + value * value);
      return [param.map((p, i) => p - (rate * g[i]!) / (Math.sqrt(s[i]!) + eps)), s];
    });
  },
  kernels: {
    cpu({ params, grads, sums, overflow }, { lr, lrDecay, eps, weightDecay, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const numbers = [weightDecay, lr / (1 + (step - 1) * lrDecay), eps];
      launchStep('adagradStep', [params, grads, sums], numbers);
    },
  },
});
