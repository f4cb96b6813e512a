// Steps of optimizers whose rate follows each element's gradients, of Lion, and of a running average.

import type { Kernel } from '../../autograd/types.ts';
import type { AdagradAttrs, AdagradInputs } from './adagradStep.ts';
import type { AdamAttrs, AdamInputs } from './adamStep.ts';
import type { AverageAttrs, AverageInputs } from './averageStep.ts';
import type { LionAttrs, LionInputs } from './lionStep.ts';
import type { RmspropAttrs, RmspropInputs } from './rmspropStep.ts';
import type { Step } from './steps.webgpu.ts';
import { adamwNumbers, adamwSure, adamwUnless, launchStep } from './steps.webgpu.ts';

/** The gradient of the loss and of weightDecay / 2 · Σ weight². */
const decayed = '  grad += params.weightDecay * weight;\n';

/** Adam is AdamW whose decay goes through the gradient. */
function withDecayedGrad(adamw: Step): Step {
  const { name, numbers, code } = adamw;
  return { ...adamw, name: `L2 ${name}`, numbers: [...numbers, 'weightDecay'], code: decayed + code };
}

const [adamSure, adamUnless] = [withDecayedGrad(adamwSure), withDecayedGrad(adamwUnless)];

export const adamStepWebgpu: Kernel<AdamInputs, AdamAttrs> = (
  { params, grads, expAvgs, expAvgSqs, overflow },
  { weightDecay, ...attrs },
) => {
  const numbers = [...adamwNumbers({ ...attrs, weightDecay: 0 }, overflow), weightDecay];
  launchStep(overflow ? adamUnless : adamSure, [params, grads, expAvgs, expAvgSqs], numbers, overflow);
};

export const rmspropStepWebgpu: Kernel<RmspropInputs, RmspropAttrs> = (
  { params, grads, squareAvgs, gradAvgs, momentumBuffers, overflow },
  { lr, alpha, eps, weightDecay, momentum },
) => {
  const [isCentered, hasBuffer] = [gradAvgs.length > 0, momentumBuffers.length > 0];
  const step: Step = {
    name: `rmspropStep${isCentered ? ' centered' : ''}${hasBuffer ? ' momentum' : ''}${overflow ? ' unless overflown' : ''}`,
    tensors: ['weight', 'grad', 'square', ...(isCentered ? ['mean'] : []), ...(hasBuffer ? ['buffer'] : [])],
    numbers: ['lr', 'alpha', 'rest', 'eps', 'weightDecay', 'momentum'],
    code: `${decayed}  square = params.alpha * square + params.rest * grad * grad;
${isCentered ? '  mean = params.alpha * mean + params.rest * grad;' : ''}
  let size = sqrt(${isCentered ? 'max(square - mean * mean, real(0.0))' : 'square'}) + params.eps;
${hasBuffer ? '  buffer = params.momentum * buffer + grad / size;' : ''}
  weight -= params.lr * ${hasBuffer ? 'buffer' : 'grad / size'};`,
    mayOverflow: overflow !== undefined,
  };
  const lists = [params, grads, squareAvgs, ...(isCentered ? [gradAvgs] : []), ...(hasBuffer ? [momentumBuffers] : [])];
  launchStep(step, lists, [lr, alpha, 1 - alpha, eps, weightDecay, momentum], overflow);
};

function adagradOf(mayOverflow: boolean): Step {
  return {
    name: `adagradStep${mayOverflow ? ' unless overflown' : ''}`,
    tensors: ['weight', 'grad', 'sum'],
    numbers: ['lr', 'lrDecay', 'eps', 'weightDecay', 'step'],
    code: `${decayed}  sum += grad * grad;
  let rate = params.lr / (1.0 + (${mayOverflow ? 'taken' : 'params.step'} - 1.0) * params.lrDecay);
  weight -= rate * grad / (sqrt(sum) + params.eps);`,
    mayOverflow,
  };
}

const [adagradSure, adagradUnless] = [adagradOf(false), adagradOf(true)];

export const adagradStepWebgpu: Kernel<AdagradInputs, AdagradAttrs> = (
  { params, grads, sums, overflow },
  { lr, lrDecay, eps, weightDecay, step },
) => {
  const numbers = [lr, lrDecay, eps, weightDecay, step];
  launchStep(overflow ? adagradUnless : adagradSure, [params, grads, sums], numbers, overflow);
};

function lionOf(mayOverflow: boolean): Step {
  return {
    name: `lionStep${mayOverflow ? ' unless overflown' : ''}`,
    tensors: ['weight', 'grad', 'mean'],
    numbers: ['lr', 'keep', 'beta1', 'rest1', 'beta2', 'rest2'],
    code: `  let c = params.beta1 * mean + params.rest1 * grad;
  mean = params.beta2 * mean + params.rest2 * grad;
  weight = params.keep * weight - params.lr * select(select(c, real(-1.0), c < real(0.0)), real(1.0), c > real(0.0));`,
    mayOverflow,
  };
}

const [lionSure, lionUnless] = [lionOf(false), lionOf(true)];

export const lionStepWebgpu: Kernel<LionInputs, LionAttrs> = (
  { params, grads, expAvgs, overflow },
  { lr, beta1, beta2, weightDecay },
) => {
  const numbers = [lr, 1 - lr * weightDecay, beta1, 1 - beta1, beta2, 1 - beta2];
  launchStep(overflow ? lionUnless : lionSure, [params, grads, expAvgs], numbers, overflow);
};

/** `grad` is what a step reads and does not write: here the value. */
const average: Step = {
  name: 'averageStep',
  tensors: ['average', 'grad'],
  numbers: ['share'],
  code: '  average += params.share * (grad - average);',
  mayOverflow: false,
};

export const averageStepWebgpu: Kernel<AverageInputs, AverageAttrs> = ({ averages, values }, { weight }) =>
  launchStep(average, [averages, values], [weight], undefined);
