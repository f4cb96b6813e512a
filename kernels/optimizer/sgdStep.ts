import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { checkStep } from './checkStep.ts';
import { stepsTaken } from './overflow.ts';
import { takenStep } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';
import { sgdStepWebgpu } from './steps.webgpu.ts';

export type SgdInputs = ['param', 'grad', 'momentumBuffer:wide?', 'overflow:wide?'];

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
 * One step of stochastic gradient descent, written into `param` and `momentumBuffer`:
 *
 *     d = grad + weightDecay · param
 *     b = momentum · b + (1 − dampening) · d        in the first step b = d
 *     param −= lr · b                               nesterov: lr · (d + momentum · b)
 *
 * Without a buffer param −= lr · d. All tensors have one shape. With `overflow` [2] (see `unscale`) nothing is written where
 * overflow[0] is not 0, and overflow[1] steps before were none.
 *
 * @throws ShapeError when the shapes differ, ArgumentError when `step` is not counted from 1 or a number is out of range.
 * @source PyTorch 1.13, torch/optim/sgd.py
 */
export const sgdStep: Op<SgdInputs, SgdAttrs, []> = defineOp({
  name: 'sgdStep',
  inputs: ['param', 'grad', 'momentumBuffer:wide?', 'overflow:wide?'],
  outputs: [],
  mutates: ['param', 'momentumBuffer'],
  attrs: { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, step: 1 },
  shape({ overflow, ...shapes }, { lr, momentum, dampening, weightDecay, step }) {
    checkNonNegative('sgdStep', { lr, momentum, weightDecay });
    checkShare('sgdStep', { dampening });
    checkStep('sgdStep', shapes, step);
    checkPairs('sgdStep', { overflow });
  },
  reference({ param, grad, momentumBuffer, overflow }, { lr, momentum, dampening, weightDecay, nesterov, ...attrs }) {
    const { shape } = param;
    const step = stepsTaken(attrs.step, overflow?.data);
    if (step === null) return momentumBuffer ? [param, momentumBuffer] : [param];
    const d = Float64Array.from(param.data, (p, i) => grad.data[i]! + weightDecay * p);
    const b =
      momentumBuffer && d.map((v, i) => (step === 1 ? v : momentum * momentumBuffer.data[i]! + (1 - dampening) * v));
    const direction = !b ? d : nesterov ? d.map((v, i) => v + momentum * b[i]!) : b;
    const moved = { shape, data: Float64Array.from(param.data, (p, i) => p - lr * direction[i]!) };
    return b ? [moved, { shape, data: b }] : [moved];
  },
  kernels: {
    cpu({ param, grad, momentumBuffer, overflow }, { lr, momentum, dampening, weightDecay, nesterov, ...attrs }) {
      const step = takenStep(attrs.step, overflow);
      if (step === null) return;
      const tensors = [pointer(param), pointer(grad), momentumBuffer ? pointer(momentumBuffer) : 0];
      const numbers = [lr, momentum, 1 - dampening, weightDecay, Number(nesterov), Number(step === 1)];
      launch('sgdStep', [...tensors, ...numbers], param.size, { work: 0.5, multiple: 4 });
    },
    webgpu: sgdStepWebgpu,
  },
  samples: [
    { param: [5], grad: [5], attrs: { lr: 0.1 } },
    { param: [3, 7], grad: [3, 7], momentumBuffer: [3, 7], attrs: { lr: 0.1, momentum: 0.9, weightDecay: 0.01 } },
    {
      param: [9],
      grad: [9],
      momentumBuffer: [9],
      attrs: { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01, step: 2 },
    },
    { param: [], grad: [], momentumBuffer: [], attrs: { lr: 0.1, momentum: 0.8, nesterov: true, step: 7 } },
    { param: [0], grad: [0], attrs: { lr: 0.1 } },
    ...[0, 1].map((found) => ({
      param: [5],
      grad: [5],
      momentumBuffer: [5],
      overflow: { shape: [2], values: [found, 3] },
      attrs: { lr: 0.1, momentum: 0.9, dampening: 0.5, step: 4 },
    })),
    { param: [8], grad: [8], overflow: { shape: [2], values: [1, 0] }, attrs: { lr: 0.1 } },
  ],
  errors: [
    { param: [3], grad: [1], attrs: { lr: 1 }, throws: 'grad has shape [1], param [3]' },
    { param: [3], grad: [3], attrs: { lr: 1, step: 0 }, throws: 'step must be an integer >= 1' },
    { param: [3], grad: [3], attrs: { lr: 1, dampening: 2 }, throws: 'dampening must be a number of 0..1, got 2' },
    { param: [3], grad: [3], attrs: { lr: NaN }, throws: 'lr must be a finite number >= 0, got NaN' },
    {
      param: [3],
      grad: [3],
      attrs: { lr: 1, momentum: -0.9 },
      throws: 'momentum must be a finite number >= 0, got -0.9',
    },
    { param: [3], grad: [3], attrs: { lr: 1, weightDecay: -1 }, throws: 'weightDecay must be a finite number >= 0' },
  ],
});
