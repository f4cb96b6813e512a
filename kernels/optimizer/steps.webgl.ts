// Steps of optimizers. A texture is written as a whole, so that each tensor of a parameter has a kernel of its own: its state first,
// then the parameter, which reads the new state.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { AdagradAttrs, AdagradInputs } from './adagradStep.ts';
import type { AdamAttrs, AdamInputs } from './adamStep.ts';
import type { AdamwAttrs, AdamwInputs } from './adamwStep.ts';
import type { AverageAttrs, AverageInputs } from './averageStep.ts';
import type { LionAttrs, LionInputs } from './lionStep.ts';
import type { RmspropAttrs, RmspropInputs } from './rmspropStep.ts';
import type { SgdAttrs, SgdInputs } from './sgdStep.ts';
import { functionsFor } from '../elementwise/functions.webgl.ts';
import { launch } from '../runtime/webgl/launch.ts';

interface Step {
  readonly name: string;
  /** A list for each variable of the values: `param` and what belongs to it. */
  readonly lists: Readonly<Record<string, readonly Tensor[]>>;
  /** GLSL of the new values, in their order, from the variables, `params`, and `taken`, the number of this step. */
  readonly values: readonly (readonly [variable: string, value: string])[];
  readonly numbers: Readonly<Record<string, number>> & { readonly step: number };
  /** [found, steps skipped]: where the first is not 0 nothing is written. */
  readonly overflow: Tensor | undefined;
}

function launchStep({ name, lists, values, numbers, overflow }: Step): void {
  const names = Object.keys(lists).filter((variable) => lists[variable]!.length > 0);
  for (let i = 0; i < lists['param']!.length; i++) {
    const tensors = Object.fromEntries(names.map((variable) => [variable, lists[variable]![i]!]));
    for (const [variable, value] of values) {
      const code = (): string => `${functionsFor(value)}
float element(int i) {
${names.map((own) => `  float ${own} = ${own}(i);`).join('\n')}
${overflow ? `  if (overflow(0) != 0.0) return ${variable};` : ''}
  float taken = ${overflow ? 'max(1.0, params.step - overflow(1))' : 'params.step'};
  return ${value};
}`;
      const key = `${name} ${names.join()} ${variable} ${overflow ? 'unless' : ''} ${value}`;
      launch({ key, inputs: { ...tensors, ...(overflow && { overflow }) }, numbers, code }, tensors[variable]!);
    }
  }
}

/** 1 − βᵗ; ln 0 is as good as any number far below 0. */
const rest = (name: string): string => `-expm1_(taken * params.${name})`;
const logOf = (decay: number): number => Math.max(Math.log(decay), -100);

/** Adam's two means of the gradient `g`, and the step along them. */
function adam(g: string, keep: string): Step['values'] {
  return [
    ['mean', `params.beta1 * mean + params.rest1 * ${g}`],
    ['square', `params.beta2 * square + params.rest2 * ${g} * ${g}`],
    ['param', `${keep} - params.lr / (${rest('log1')}) * mean / (sqrt(square / (${rest('log2')})) + params.eps)`],
  ];
}

function adamNumbers({ lr, beta1, beta2, eps, weightDecay, step }: Required<AdamwAttrs>): Step['numbers'] {
  const [log1, log2] = [logOf(beta1), logOf(beta2)];
  return { lr, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, eps, weightDecay, log1, log2, step };
}

export const adamwStepWebgl: Kernel<AdamwInputs, AdamwAttrs> = (
  { params: param, grads: grad, expAvgs: mean, expAvgSqs: square, overflow },
  attrs,
) => {
  const values = adam('grad', 'param * (1.0 - params.lr * params.weightDecay)');
  launchStep({
    name: 'adamwStep',
    lists: { param, grad, mean, square },
    values,
    numbers: adamNumbers(attrs),
    overflow,
  });
};

/** The gradient of the loss and of weightDecay / 2 · Σ param². */
const decayed = '(grad + params.weightDecay * param)';

export const adamStepWebgl: Kernel<AdamInputs, AdamAttrs> = (
  { params: param, grads: grad, expAvgs: mean, expAvgSqs: square, overflow },
  attrs,
) => {
  const values = adam(decayed, 'param');
  launchStep({ name: 'adamStep', lists: { param, grad, mean, square }, values, numbers: adamNumbers(attrs), overflow });
};

export const sgdStepWebgl: Kernel<SgdInputs, SgdAttrs> = (
  { params: param, grads: grad, momentumBuffers: velocity, overflow },
  { lr, momentum, dampening, weightDecay, nesterov, step },
) => {
  const hasMomentum = velocity.length > 0;
  const moved = nesterov ? `(${decayed} + params.momentum * velocity)` : 'velocity';
  const values: Step['values'] = [
    ...(hasMomentum
      ? [['velocity', `taken == 1.0 ? ${decayed} : params.momentum * velocity + params.keep * ${decayed}`] as const]
      : []),
    ['param', `param - params.lr * ${hasMomentum ? moved : decayed}`],
  ];
  const numbers = { lr, momentum, keep: 1 - dampening, weightDecay, step };
  launchStep({ name: 'sgdStep', lists: { param, grad, velocity }, values, numbers, overflow });
};

export const rmspropStepWebgl: Kernel<RmspropInputs, RmspropAttrs> = (
  { params: param, grads: grad, squareAvgs: square, gradAvgs: mean, momentumBuffers: velocity, overflow },
  { lr, alpha, eps, weightDecay, momentum },
) => {
  const [isCentered, hasMomentum] = [mean.length > 0, velocity.length > 0];
  const size = `(sqrt(${isCentered ? 'max(square - mean * mean, 0.0)' : 'square'}) + params.eps)`;
  const values: Step['values'] = [
    ['square', `params.alpha * square + params.rest * ${decayed} * ${decayed}`],
    ...(isCentered ? [['mean', `params.alpha * mean + params.rest * ${decayed}`] as const] : []),
    ...(hasMomentum ? [['velocity', `params.momentum * velocity + ${decayed} / ${size}`] as const] : []),
    ['param', `param - params.lr * ${hasMomentum ? 'velocity' : `${decayed} / ${size}`}`],
  ];
  const numbers = { lr, alpha, rest: 1 - alpha, eps, weightDecay, momentum, step: 1 };
  launchStep({ name: 'rmspropStep', lists: { param, grad, square, mean, velocity }, values, numbers, overflow });
};

export const adagradStepWebgl: Kernel<AdagradInputs, AdagradAttrs> = (
  { params: param, grads: grad, sums: sum, overflow },
  { lr, lrDecay, eps, weightDecay, step },
) => {
  const rate = 'params.lr / (1.0 + (taken - 1.0) * params.lrDecay)';
  const values: Step['values'] = [
    ['sum', `sum + ${decayed} * ${decayed}`],
    ['param', `param - ${rate} * ${decayed} / (sqrt(sum) + params.eps)`],
  ];
  const numbers = { lr, lrDecay, eps, weightDecay, step };
  launchStep({ name: 'adagradStep', lists: { param, grad, sum }, values, numbers, overflow });
};

/** The parameter first: it goes by the mean of before. */
export const lionStepWebgl: Kernel<LionInputs, LionAttrs> = (
  { params: param, grads: grad, expAvgs: mean, overflow },
  { lr, beta1, beta2, weightDecay },
) => {
  const direction = 'sign_(params.beta1 * mean + params.rest1 * grad)';
  const values: Step['values'] = [
    ['param', `params.keep * param - params.lr * ${direction}`],
    ['mean', 'params.beta2 * mean + params.rest2 * grad'],
  ];
  const numbers = { lr, keep: 1 - lr * weightDecay, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, step: 1 };
  launchStep({ name: 'lionStep', lists: { param, grad, mean }, values, numbers, overflow });
};

export const averageStepWebgl: Kernel<AverageInputs, AverageAttrs> = ({ averages: param, values: grad }, { weight }) =>
  launchStep({
    name: 'averageStep',
    lists: { param, grad },
    values: [['param', 'param + params.weight * (grad - param)']],
    numbers: { weight, step: 1 },
    overflow: undefined,
  });
