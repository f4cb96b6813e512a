// One step of an optimizer, in place: each element is read and written once, four at a time where all begin at fours.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { AdamwAttrs } from './adamwStep.ts';
import type { SgdAttrs } from './sgdStep.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';

interface Step {
  readonly name: string;
  /** Variables of the code; all but `grad` are written. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** Statements on `real`s: an f32 or four. */
  readonly code: string;
}

const lanes = 256;

function launchStep(step: Step): void {
  const { name, numbers } = step;
  const tensors = Object.values(step.tensors);
  const { size } = tensors[0]!;
  if (size === 0) return;
  const width = size % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0) ? 4 : 1;
  const key = [name, width, ...tensors.map(({ dtype }) => storedType(dtype))].join(' ');
  const count = size / width;
  const source = (): ProgramSource => sourceOf(step, width);
  launch(key, source, tensors, [count, ...Object.values(numbers)], Math.ceil(count / lanes));
}

function sourceOf({ name, tensors, numbers, code }: Step, width: number): ProgramSource {
  const names = Object.keys(tensors);
  const written = names.filter((x) => x !== 'grad');
  const type = (x: string): string => {
    const stored = storedType(tensors[x]!.dtype);
    return width === 4 ? `vec4<${stored}>` : stored;
  };
  const place = (x: string): string => `${x}s[params.${x}sOffset / ${width}u + i]`;
  const body = [
    `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;`,
    '  if (i >= params.count) { return; }',
    ...names.map((x) => `  var ${x} = real(${place(x)});`),
    code,
    ...written.map((x) => `  ${place(x)} = ${type(x)}(${x});`),
  ];
  return {
    name,
    buffers: names.map((x) => (x === 'grad' ? [`${x}s`, type(x)] : [`${x}s`, type(x), 'write'])),
    params: [['count', 'u32'], ...Object.keys(numbers).map((number) => [number, 'f32'] as const)],
    workgroupSize: [lanes],
    declarations: `alias real = ${width === 4 ? 'vec4f' : 'f32'};`,
    body: body.join('\n'),
  };
}

type AdamwInputs = ['param', 'grad', 'expAvg', 'expAvgSq'];

export const adamwStepWebgpu: Kernel<AdamwInputs, AdamwAttrs> = (
  { param, grad, expAvg, expAvgSq },
  { lr, beta1, beta2, eps, weightDecay, step },
) =>
  launchStep({
    name: 'adamwStep',
    tensors: { weight: param, grad, mean: expAvg, square: expAvgSq },
    numbers: {
      beta1,
      rest1: 1 - beta1,
      beta2,
      rest2: 1 - beta2,
      keep: 1 - lr * weightDecay,
      rate: lr / (1 - beta1 ** step),
      correction: 1 / Math.sqrt(1 - beta2 ** step),
      eps,
    },
    code: `  mean = params.beta1 * mean + params.rest1 * grad;
  square = params.beta2 * square + params.rest2 * grad * grad;
  weight = params.keep * weight - params.rate * mean / (sqrt(square) * params.correction + params.eps);`,
  });

type SgdInputs = ['param', 'grad', 'momentumBuffer?'];

export const sgdStepWebgpu: Kernel<SgdInputs, SgdAttrs> = (
  { param, grad, momentumBuffer },
  { lr, momentum, dampening, weightDecay, nesterov, step },
) => {
  if (!momentumBuffer)
    return launchStep({
      name: 'sgdStep',
      tensors: { weight: param, grad },
      numbers: { lr, weightDecay },
      code: '  weight -= params.lr * (grad + params.weightDecay * weight);',
    });
  launchStep({
    name: 'sgdStep momentum',
    tensors: { weight: param, grad, buffer: momentumBuffer },
    numbers: {
      lr,
      weightDecay,
      momentum,
      keep: 1 - dampening,
      isFirst: Number(step === 1),
      nesterov: Number(nesterov),
    },
    code: `  let d = grad + params.weightDecay * weight;
  buffer = select(params.momentum * buffer + params.keep * d, d, params.isFirst != 0.0);
  weight -= params.lr * select(buffer, d + params.momentum * buffer, params.nesterov != 0.0);`,
  });
};
