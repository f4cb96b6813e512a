import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { checkLists, checkStep } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { stepsTaken } from './overflow.ts';
import { perTensor } from './perTensor.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export type SgdInputs = ['params[]', 'grads[]', 'momentumBuffers:wide[]', 'overflow:wide?'];

export interface SgdAttrs {
  lr: number;
  /** Default 0. */
  momentum?: number;
  /** Default 0. */
  dampening?: number;
  /** Default 0. */
  weightDecay?: number;
  /** Default false. */
  nesterov?: boolean;
  /** Counted from 1; the first one fills the momentum buffer, whatever it holds. Default 1. */
  step?: number;
}

/**
 * One step of stochastic gradient descent for many parameters at once, written into `params` and `momentumBuffers`:
 *
 *     d = grad + weightDecay · param
 *     b = momentum · b + (1 − dampening) · d        in the first step b = d
 *     param −= lr · b                               nesterov: lr · (d + momentum · b)
 *
 * with param, grad and b of `params`, `grads` and `momentumBuffers`; without buffers, an empty list, param −= lr · d. Entry i
 * of each list belongs to parameter i and has its shape. With `overflow` [2] (see `unscale`) nothing is written where
 * overflow[0] is not 0, and overflow[1] steps before were none.
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source PyTorch 1.13, torch/optim/sgd.py
 */
export const sgdStep: Op<SgdInputs, SgdAttrs, []> = defineOp({
  name: 'sgdStep',
  inputs: ['params[]', 'grads[]', 'momentumBuffers:wide[]', 'overflow:wide?'],
  outputs: [],
  mutates: ['params', 'momentumBuffers'],
  attrs: { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, step: 1 },
  required: ['lr'],
  shape({ overflow, momentumBuffers, ...shapes }, { lr, momentum, dampening, weightDecay, step }) {
    checkNonNegative('sgdStep', { lr, momentum, weightDecay });
    checkShare('sgdStep', { dampening });
    checkLists('sgdStep', shapes, { momentumBuffers });
    checkStep('sgdStep', step);
    checkPairs('sgdStep', { overflow });
  },
  reference(
    { params, grads, momentumBuffers, overflow },
    { lr, momentum, dampening, weightDecay, nesterov, ...attrs },
  ) {
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return [...params, ...momentumBuffers];
    const update = (param: Float64Array, grad: Float64Array, buffer?: Float64Array): Float64Array[] => {
      const d = grad.map((g, i) => g + weightDecay * param[i]!);
      const b = buffer && d.map((v, i) => (step === 1 ? v : momentum * buffer[i]! + (1 - dampening) * v));
      const direction = !b ? d : nesterov ? d.map((v, i) => v + momentum * b[i]!) : b;
      const moved = param.map((p, i) => p - lr * direction[i]!);
      return b ? [moved, b] : [moved];
    };
    return perTensor([params, grads, momentumBuffers], update);
  },
  kernels: {
    cpu({ params, grads, momentumBuffers, overflow }, { lr, momentum, dampening, weightDecay, nesterov, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const numbers = [lr, momentum, 1 - dampening, weightDecay, Number(nesterov), Number(step === 1)];
      launchStep('sgdStep', [params, grads, momentumBuffers], numbers);
    },
  },
});
