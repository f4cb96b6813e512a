// ONNX's optimizers: for each parameter its new values, then for each what is remembered of it.

import type { Tensor } from '../../index.ts';
import type { Call } from './call.ts';
import { adagradStep, adamStep, sgdStep } from '../../kernels/index.ts';
import { NotHere } from './notHere.ts';

type Step = (param: Tensor, grad: Tensor, remembered: Tensor[], lr: number, count: number) => void;

/** Inputs are the rate, the number of steps taken, and then parameters, gradients and `remembers` lists of what is remembered. */
function stepped(call: Call, remembers: number, step: Step): Tensor[] {
  const [lr, count] = [call.values(0)![0]!, call.values(1)![0]!];
  const tensors = call.all.slice(2);
  const params = tensors.length / (2 + remembers);
  const list = (i: number): Tensor[] => tensors.slice(i * params, (i + 1) * params);
  list(0).forEach((param, i) => {
    const remembered = Array.from({ length: remembers }, (_, k) => list(2 + k)[i]!);
    step(param, list(1)[i]!, remembered, lr, count);
  });
  return [...list(0), ...tensors.slice(2 * params)];
}

export function adagrad(call: Call): Tensor[] {
  const eps = call.number('epsilon', 1e-6);
  const [lrDecay, weightDecay] = [call.number('decay_factor', 0), call.number('norm_coefficient', 0)];
  return stepped(call, 1, (param, grad, [sum], lr, count) =>
    adagradStep([param], [grad], [sum!], undefined, { lr, lrDecay, eps, weightDecay, step: count + 1 }),
  );
}

export function adam(call: Call): Tensor[] {
  const [beta1, beta2] = [call.number('alpha', 0.9), call.number('beta', 0.999)];
  const [eps, weightDecay] = [call.number('epsilon', 1e-6), call.number('norm_coefficient', 0)];
  return stepped(call, 2, (param, grad, [mean, square], lr, count) => {
    // The results of adam_multiple are of an eps of 0.01 that its attributes do not name.
    if (call.attributes['epsilon'] === undefined) throw new NotHere('an eps that the case does not name');
    if (count !== 0) throw new NotHere('eps beside a mean that is not corrected');
    // Before the first step ONNX does not correct the means: as after very many.
    adamStep([param], [grad], [mean!], [square!], undefined, { lr, beta1, beta2, eps, weightDecay, step: 2 ** 30 });
  });
}

export function momentum(call: Call): Tensor[] {
  const options = { momentum: call.number('alpha', 0), weightDecay: call.number('norm_coefficient', 0) };
  const nesterov = call.text('mode', 'standard') === 'nesterov';
  return stepped(call, 1, (param, grad, [buffer], lr, count) => {
    const dampening = count > 0 ? 1 - call.number('beta', 1) : 0;
    sgdStep([param], [grad], buffer ? [buffer] : [], undefined, { lr, ...options, dampening, nesterov, step: 2 });
  });
}
