import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkDecay, checkNonNegative } from '../../tensor/range.ts';
import { checkLists, checkStep } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { stepsTaken } from './overflow.ts';
import { perTensor } from './perTensor.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type AdamwInputs = ['params[]', 'grads[]', 'expAvgs:wide[]', 'expAvgSqs:wide[]', 'overflow:wide?'];

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

/**
 * One step of Adam with decoupled weight decay for many parameters at once, written into `params`, `expAvgs` and `expAvgSqs`:
 *
 *     param = (1 − lr · weightDecay) param
 *     m = beta1 · m + (1 − beta1) grad,  v = beta2 · v + (1 − beta2) grad²
 *     param −= lr / (1 − beta1ᵗ) · m / (√v / √(1 − beta2ᵗ) + eps)
 *
 * with param, grad, m and v of `params`, `grads`, `expAvgs` and `expAvgSqs`, t = step. Entry i of each list belongs to parameter i
 * and has its shape. With `overflow` [2] (see `unscale`) nothing is written where overflow[0] is not 0, and
 * t = max(1, step − overflow[1]).
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source Loshchilov and Hutter, "Decoupled weight decay regularization", 2017, algorithm 2; PyTorch 1.13,
 *   torch/optim/adamw.py
 */
export const adamwStep: Op<AdamwInputs, AdamwAttrs, []> = defineOp({
  name: 'adamwStep',
  inputs: ['params[]', 'grads[]', 'expAvgs:wide[]', 'expAvgSqs:wide[]', 'overflow:wide?'],
  outputs: [],
  mutates: ['params', 'expAvgs', 'expAvgSqs'],
  attrs: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
  required: ['lr', 'step'],
  shape({ overflow, ...shapes }, { lr, beta1, beta2, eps, weightDecay, step }) {
    checkNonNegative('adamwStep', { lr, eps, weightDecay });
    checkDecay('adamwStep', { beta1, beta2 });
    checkLists('adamwStep', shapes);
    checkStep('adamwStep', step);
    checkPairs('adamwStep', { overflow });
  },
  reference({ params, grads, expAvgs, expAvgSqs, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [...params, ...expAvgs, ...expAvgSqs];
    return perTensor([params, grads, expAvgs, expAvgSqs], (param, grad, expAvg, expAvgSq) => {
      const m = expAvg.map((a, i) => beta1 * a + (1 - beta1) * grad[i]!);
      const v = expAvgSq.map((a, i) => beta2 * a + (1 - beta2) * grad[i]! ** 2);
      const moved = param.map((p, i) => {
        const [mHat, vHat] = [m[i]! / (1 - beta1 ** step), v[i]! / (1 - beta2 ** step)];
        return (1 - lr * weightDecay) * p - (lr * mHat) / (Math.sqrt(vHat) + eps);
      });
      return [moved, m, v];
    });
  },
  kernels: {
    cpu({ params, grads, expAvgs, expAvgSqs, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const rate = lr / (1 - beta1 ** step);
      const correction = 1 / Math.sqrt(1 - beta2 ** step);
      const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, 1 - lr * weightDecay, rate, correction, eps];
      launchStep('adamwStep', [params, grads, expAvgs, expAvgSqs], numbers);
    },
  },
});
