import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkDecay, checkNonNegative } from '../../tensor/range.ts';
import { checkLists } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { stepsTaken } from './overflow.ts';
import { perTensor } from './perTensor.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type LionInputs = ['params[]', 'grads[]', 'expAvgs:wide[]', 'overflow:wide?'];

export interface LionAttrs {
  lr: number;
  /** Of what the sign is taken of. Default 0.9. */
  beta1?: number;
  /** Of what is remembered. Default 0.99. */
  beta2?: number;
  /** Default 0. */
  weightDecay?: number;
}

/**
 * One step of Lion for many parameters at once, written into `params` and `expAvgs`:
 *
 *     param = (1 − lr · weightDecay) param − lr · sign(beta1 · m + (1 − beta1) grad)
 *     m = beta2 · m + (1 − beta2) grad
 *
 * with param, grad and m of `params`, `grads` and `expAvgs`. Entry i of each list belongs to parameter i and has its shape.
 * With `overflow` [2] (see `unscale`) nothing is written where overflow[0] is not 0.
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError when a number is out of range.
 * @source Chen et al. 2023 (arXiv 2302.06675), algorithm 2
 */
export const lionStep: Op<LionInputs, LionAttrs, []> = defineOp({
  name: 'lionStep',
  inputs: ['params[]', 'grads[]', 'expAvgs:wide[]', 'overflow:wide?'],
  outputs: [],
  mutates: ['params', 'expAvgs'],
  attrs: { beta1: 0.9, beta2: 0.99, weightDecay: 0 },
  required: ['lr'],
  shape({ overflow, ...shapes }, { lr, beta1, beta2, weightDecay }) {
    checkNonNegative('lionStep', { lr, weightDecay });
    checkDecay('lionStep', { beta1, beta2 });
    checkLists('lionStep', shapes);
    checkPairs('lionStep', { overflow });
  },
  reference({ params, grads, expAvgs, overflow }, { lr, beta1, beta2, weightDecay }) {
    if (stepsTaken(1, overflow?.data) === null) return [...params, ...expAvgs];
    return perTensor([params, grads, expAvgs], (param, grad, expAvg) => {
      const mixed = (beta: number): Float64Array => expAvg.map((m, i) => beta * m + (1 - beta) * grad[i]!);
      const direction = mixed(beta1).map(Math.sign);
      return [param.map((p, i) => (1 - lr * weightDecay) * p - lr * direction[i]!), mixed(beta2)];
    });
  },
  kernels: {
    cpu({ params, grads, expAvgs, overflow }, { lr, beta1, beta2, weightDecay }) {
      if (takenStep(1, overflow) === null) return;
      const numbers = [1 - lr * weightDecay, lr, beta1, 1 - beta1, beta2, 1 - beta2];
      launchStep('lionStep', [params, grads, expAvgs], numbers);
    },
  },
});
