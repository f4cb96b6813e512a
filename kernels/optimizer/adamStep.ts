import type { Op } from '../../autograd/types.ts';
import type { AdamwAttrs, AdamwInputs } from './adamwStep.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkDecay, checkNonNegative } from '../../tensor/range.ts';
import { checkLists, checkStep } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { stepsTaken } from './overflow.ts';
import { perTensor } from './perTensor.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type AdamInputs = AdamwInputs;
/** As adamwStep's, but weightDecay is 0 unless given. */
export type AdamAttrs = AdamwAttrs;

/**
 * One step of Adam for many parameters at once, written into `params`, `expAvgs` and `expAvgSqs`:
 *
 *     g = grad + weightDecay · param
 *     m = beta1 · m + (1 − beta1) g,  v = beta2 · v + (1 − beta2) g²
 *     param −= lr / (1 − beta1ᵗ) · m / (√v / √(1 − beta2ᵗ) + eps)
 *
 * with param, grad, m and v of `params`, `grads`, `expAvgs` and `expAvgSqs`, t = step. Entry i of each list belongs to
 * parameter i and has its shape. With `overflow` [2] (see `unscale`) nothing is written where overflow[0] is not 0, and t =
 * max(1, step − overflow[1]).
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source Kingma and Ba 2014 (arXiv 1412.6980), algorithm 1; PyTorch 1.13, torch/optim/adam.py
 */
export const adamStep: Op<AdamInputs, AdamAttrs, []> = defineOp({
  name: 'adamStep',
  inputs: ['params[]', 'grads[]', 'expAvgs:wide[]', 'expAvgSqs:wide[]', 'overflow:wide?'],
  outputs: [],
  mutates: ['params', 'expAvgs', 'expAvgSqs'],
  attrs: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
  required: ['lr', 'step'],
  shape({ overflow, ...shapes }, { lr, beta1, beta2, eps, weightDecay, step }) {
    checkNonNegative('adamStep', { lr, eps, weightDecay });
    checkDecay('adamStep', { beta1, beta2 });
    checkLists('adamStep', shapes);
    checkStep('adamStep', step);
    checkPairs('adamStep', { overflow });
  },
  reference({ params, grads, expAvgs, expAvgSqs, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [...params, ...expAvgs, ...expAvgSqs];
    return perTensor([params, grads, expAvgs, expAvgSqs], (param, grad, expAvg, expAvgSq) => {
      const g = grad.map((value, i) => value + weightDecay * param[i]!);
      const m = g.map((value, i) => beta1 * expAvg[i]! + (1 - beta1) * value);
      const v = g.map((value, i) => beta2 * expAvgSq[i]! + (1 - beta2) * value * value);
      const moved = param.map((p, i) => {
        const root = Math.sqrt(v[i]! / (1 - beta2 ** step));
        return p - (lr * m[i]!) / (1 - beta1 ** step) / (root + eps);
      });
      return [moved, m, v];
    });
  },
  kernels: {
    cpu({ params, grads, expAvgs, expAvgSqs, overflow }, { lr, beta1, beta2, eps, weightDecay, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const [rate, correction] = [lr / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)];
      const numbers = [weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, eps];
      launchStep('adamStep', [params, grads, expAvgs, expAvgSqs], numbers);
    },
  },
});
