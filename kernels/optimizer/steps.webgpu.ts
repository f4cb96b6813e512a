// One step of an optimizer, in place: each element is read and written once, four at a time where all begin at fours.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { AdamwAttrs, AdamwInputs } from './adamwStep.ts';
import type { SgdAttrs, SgdInputs } from './sgdStep.ts';
import { functions } from '../elementwise/functions.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';

interface Step {
  readonly name: string;
  /** Variables of the code; all but `grad` are written. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** Statements on `real`s: an f32 or four. Asked for once: a step has hundreds of dispatches. */
  readonly code: () => string;
  /** [found, steps skipped]: where found is not 0 nothing is done; `taken` is params.step less the skipped ones. */
  readonly overflow?: Tensor | undefined;
}

/** 1 − eˣ for x <= 0, as exact near 0 as far from it. */
const restText = `${functions('exp_')}
fn rest(x: f32) -> f32 {
  if (x < -0.5) { return 1.0 - exp_(x); }
  return -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
}`;

const lanes = 256;

function launchStep(step: Step): void {
  const { name, numbers, overflow } = step;
  const tensors = Object.values(step.tensors);
  const { size } = tensors[0]!;
  if (size === 0) return;
  const width = size % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0) ? 4 : 1;
  let key = `${name} ${width}`;
  for (const { dtype } of tensors) key += ` ${dtype}`;
  if (overflow) {
    tensors.push(overflow);
    key += ' unless overflown';
  }
  const count = size / width;
  const source = (): ProgramSource => sourceOf(step, width);
  launch(key, source, tensors, [count, ...Object.values(numbers)], Math.ceil(count / lanes));
}

function sourceOf({ name, tensors, numbers, code, overflow }: Step, width: number): ProgramSource {
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
    ...(overflow
      ? [
          '  if (overflow[params.overflowOffset] != 0.0) { return; }',
          '  let taken = params.step - overflow[params.overflowOffset + 1u];',
        ]
      : []),
    ...names.map((x) => `  var ${x} = real(${place(x)});`),
    code(),
    ...written.map((x) => `  ${place(x)} = ${type(x)}(${x});`),
  ];
  return {
    name,
    buffers: [
      ...names.map((x) => (x === 'grad' ? ([`${x}s`, type(x)] as const) : ([`${x}s`, type(x), 'write'] as const))),
      ...(overflow ? [['overflow', 'f32'] as const] : []),
    ],
    params: [['count', 'u32'], ...Object.keys(numbers).map((number) => [number, 'f32'] as const)],
    workgroupSize: [lanes],
    declarations: `alias real = ${width === 4 ? 'vec4f' : 'f32'};\n${overflow ? restText : ''}`,
    body: body.join('\n'),
  };
}

/** ln of a decay; that of 0 is as good as any number far below 0. */
function logOf(decay: number): number {
  return Math.max(Math.log(decay), -100);
}

export const adamwStepWebgpu: Kernel<AdamwInputs, AdamwAttrs> = (
  { param, grad, expAvg, expAvgSq, overflow },
  { lr, beta1, beta2, eps, weightDecay, step },
) => {
  // The corrections need the number of steps taken: with `overflow` only the device knows it.
  const corrections = overflow
    ? { lr, step, log1: logOf(beta1), log2: logOf(beta2) }
    : { rate: lr / (1 - beta1 ** step), correction: 1 / Math.sqrt(1 - beta2 ** step) };
  launchStep({
    name: 'adamwStep',
    tensors: { weight: param, grad, mean: expAvg, square: expAvgSq },
    numbers: { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, keep: 1 - lr * weightDecay, eps, ...corrections },
    code: () => adamwCode(overflow !== undefined),
    overflow,
  });
};

function adamwCode(mayOverflow: boolean): string {
  const [rate, correction] = mayOverflow
    ? ['(params.lr / rest(taken * params.log1))', '(1.0 / sqrt(rest(taken * params.log2)))']
    : ['params.rate', 'params.correction'];
  return `  mean = params.beta1 * mean + params.rest1 * grad;
  square = params.beta2 * square + params.rest2 * grad * grad;
  weight = params.keep * weight - ${rate} * mean / (sqrt(square) * ${correction} + params.eps);`;
}

export const sgdStepWebgpu: Kernel<SgdInputs, SgdAttrs> = (
  { param, grad, momentumBuffer, overflow },
  { lr, momentum, dampening, weightDecay, nesterov, step },
) => {
  if (!momentumBuffer)
    return launchStep({
      name: 'sgdStep',
      tensors: { weight: param, grad },
      numbers: { lr, weightDecay, step },
      code: () => '  weight -= params.lr * (grad + params.weightDecay * weight);',
      overflow,
    });
  launchStep({
    name: 'sgdStep momentum',
    tensors: { weight: param, grad, buffer: momentumBuffer },
    numbers: { lr, weightDecay, momentum, keep: 1 - dampening, step, nesterov: Number(nesterov) },
    code: () => `  let d = grad + params.weightDecay * weight;
  buffer = select(params.momentum * buffer + params.keep * d, d, ${overflow ? 'taken' : 'params.step'} == 1.0);
  weight -= params.lr * select(buffer, d + params.momentum * buffer, params.nesterov != 0.0);`,
    overflow,
  });
};
