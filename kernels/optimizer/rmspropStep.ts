import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { checkLists } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { stepsTaken } from './overflow.ts';
import { perTensor } from './perTensor.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type RmspropInputs = [
  'params[]',
  'grads[]',
  'squareAvgs:wide[]',
  'gradAvgs:wide[]',
  'momentumBuffers:wide[]',
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
  /** Of momentumBuffers. Default 0. */
  momentum?: number;
}

/**
 * One step of RMSprop for many parameters at once, written into `params`, `squareAvgs`, `gradAvgs` and `momentumBuffers`:
 *
 *     g = grad + weightDecay · param
 *     v = alpha · v + (1 − alpha) g²
 *     a = alpha · a + (1 − alpha) g,  u = max(0, v − a²)       without gradAvgs u = v
 *     b = momentum · b + g / (√u + eps),  param −= lr · b      without buffers param −= lr · g / (√u + eps)
 *
 * with param, grad, v, a and b of `params`, `grads`, `squareAvgs`, `gradAvgs` and `momentumBuffers`; the last two may be empty, and
 * entry i of each list belongs to parameter i and has its shape. With `overflow` [2] (see `unscale`) nothing is written where
 * overflow[0] is not 0.
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError when a number is out of range.
 * @source Hinton's lecture 6e, 2012; Graves 2013 (arXiv 1308.0850), eq. 38 to 45; PyTorch 1.13, torch/optim/rmsprop.py, but for
 *   the 0, without which rounding makes a root of a negative number
 */
export const rmspropStep: Op<RmspropInputs, RmspropAttrs, []> = defineOp({
  name: 'rmspropStep',
  inputs: ['params[]', 'grads[]', 'squareAvgs:wide[]', 'gradAvgs:wide[]', 'momentumBuffers:wide[]', 'overflow:wide?'],
  outputs: [],
  mutates: ['params', 'squareAvgs', 'gradAvgs', 'momentumBuffers'],
  attrs: { alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0 },
  required: ['lr'],
  shape({ overflow, gradAvgs, momentumBuffers, ...shapes }, { lr, alpha, eps, weightDecay, momentum }) {
    checkNonNegative('rmspropStep', { lr, eps, weightDecay, momentum });
    checkShare('rmspropStep', { alpha });
    checkLists('rmspropStep', shapes, { gradAvgs, momentumBuffers });
    checkPairs('rmspropStep', { overflow });
  },
  reference(
    { params, grads, squareAvgs, gradAvgs, momentumBuffers, overflow },
    { lr, alpha, eps, weightDecay, momentum },
  ) {
    const lists = [params, squareAvgs, gradAvgs, momentumBuffers];
    if (stepsTaken(1, overflow?.data) === null) return lists.flat();
    const update = (
      grad: Float64Array,
      param: Float64Array,
      square: Float64Array,
      mean?: Float64Array,
      buffer?: Float64Array,
    ): Float64Array[] => {
      const g = grad.map((value, i) => value + weightDecay * param[i]!);
      const v = g.map((value, i) => alpha * square[i]! + (1 - alpha) * value * value);
      const a = mean && g.map((value, i) => alpha * mean[i]! + (1 - alpha) * value);
      const d = g.map((value, i) => value / (Math.sqrt(a ? Math.max(0, v[i]! - a[i]! ** 2) : v[i]!) + eps));
      const b = buffer && d.map((value, i) => momentum * buffer[i]! + value);
      const moved = param.map((p, i) => p - lr * (b ?? d)[i]!);
      return [moved, v, a, b].filter((values) => values !== undefined);
    };
    return perTensor([grads, ...lists], update);
  },
  kernels: {
    cpu({ params, grads, squareAvgs, gradAvgs, momentumBuffers, overflow }, { lr, alpha, eps, weightDecay, momentum }) {
      if (takenStep(1, overflow) === null) return;
      const numbers = [weightDecay, alpha, 1 - alpha, momentum, lr, eps];
      launchStep('rmspropStep', [params, grads, squareAvgs, gradAvgs, momentumBuffers], numbers);
    },
  },
});
