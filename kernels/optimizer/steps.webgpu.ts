// One step of an optimizer, in place, a dispatch for each parameter: each element is read and written once, four at a time where
// all begin at fours.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { AdamwAttrs, AdamwInputs } from './adamwStep.ts';
import type { SgdAttrs, SgdInputs } from './sgdStep.ts';
import { functions } from '../elementwise/functions.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';

/** A step's program, but for dtypes and width. */
export interface Step {
  readonly name: string;
  /** Variables of the code, in the order of the tensors; all but `grad` are written. */
  readonly tensors: readonly string[];
  /** In the order in which they are given. */
  readonly numbers: readonly string[];
  /** Statements on `real`s: an f32 or four. */
  readonly code: string;
  /** Whether, where the last buffer's first number is not 0, nothing is done. `taken` is params.step less its second. */
  readonly mayOverflow: boolean;
}

/** 1 − eˣ for x <= 0, as exact near 0 as far from it. */
const restText = `${functions('exp_')}
fn rest(x: f32) -> f32 {
  if (x < -0.5) { return 1.0 - exp_(x); }
  return -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
}`;

const lanes = 256;
const taken = '  let taken = max(1.0, params.step - overflow[params.overflowOffset + 1u]);';

/**
 * @param lists one for each of the step's tensors; those number i of all belong together
 * @param overflow [found, steps skipped]
 */
export function launchStep(
  step: Step,
  lists: readonly (readonly Tensor[])[],
  numbers: readonly number[],
  overflow: Tensor | undefined,
): void {
  for (let i = 0; i < lists[0]!.length; i++)
    launchOne(
      step,
      lists.map((list) => list[i]!),
      numbers,
      overflow,
    );
}

function launchOne(
  step: Step,
  tensors: readonly Tensor[],
  numbers: readonly number[],
  overflow: Tensor | undefined,
): void {
  const { size } = tensors[0]!;
  if (size === 0) return;
  const width = size % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0) ? 4 : 1;
  const count = size / width;
  const key = `${step.name} ${width} ${tensors.map(({ dtype }) => dtype).join()}`;
  const buffers = overflow ? [...tensors, overflow] : tensors;
  launch(key, () => sourceOf(step, tensors, width), buffers, [count, ...numbers], Math.ceil(count / lanes));
}

function sourceOf(
  { name, tensors: names, numbers, code, mayOverflow }: Step,
  tensors: readonly Tensor[],
  width: number,
): ProgramSource {
  const written = names.filter((x) => x !== 'grad');
  const type = (x: string): string => {
    const stored = storedType(tensors[names.indexOf(x)]!.dtype);
    return width === 4 ? `vec4<${stored}>` : stored;
  };
  const place = (x: string): string => `${x}s[params.${x}sOffset / ${width}u + i]`;
  const body = [
    `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;`,
    '  if (i >= params.count) { return; }',
    ...(mayOverflow
      ? ['  if (overflow[params.overflowOffset] != 0.0) { return; }', ...(numbers.includes('step') ? [taken] : [])]
      : []),
    ...names.map((x) => `  var ${x} = real(${place(x)});`),
    code,
    ...written.map((x) => `  ${place(x)} = ${type(x)}(${x});`),
  ];
  return {
    name,
    buffers: [
      ...names.map((x) => (x === 'grad' ? ([`${x}s`, type(x)] as const) : ([`${x}s`, type(x), 'write'] as const))),
      ...(mayOverflow ? [['overflow', 'f32'] as const] : []),
    ],
    params: [['count', 'u32'], ...numbers.map((number) => [number, 'f32'] as const)],
    workgroupSize: [lanes],
    declarations: `alias real = ${width === 4 ? 'vec4f' : 'f32'};\n${mayOverflow ? restText : ''}`,
    body: body.join('\n'),
  };
}

const adamw = { tensors: ['weight', 'grad', 'mean', 'square'] } as const;
const adamwNames = ['beta1', 'rest1', 'beta2', 'rest2', 'keep', 'eps'] as const;

function adamwCode(rate: string, correction: string): string {
  return `  mean = params.beta1 * mean + params.rest1 * grad;
  square = params.beta2 * square + params.rest2 * grad * grad;
  weight = params.keep * weight - ${rate} * mean / (sqrt(square) * ${correction} + params.eps);`;
}

export const adamwSure: Step = {
  ...adamw,
  name: 'adamwStep',
  numbers: [...adamwNames, 'rate', 'correction'],
  code: adamwCode('params.rate', 'params.correction'),
  mayOverflow: false,
};

/** The corrections need the number of steps taken: only the device knows it. */
export const adamwUnless: Step = {
  ...adamw,
  name: 'adamwStep unless overflown',
  numbers: [...adamwNames, 'lr', 'step', 'log1', 'log2'],
  code: adamwCode('(params.lr / rest(taken * params.log1))', '(1.0 / sqrt(rest(taken * params.log2)))'),
  mayOverflow: true,
};

/** ln of a decay; that of 0 is as good as any number far below 0. */
function logOf(decay: number): number {
  return Math.max(Math.log(decay), -100);
}

/** What `adamwSure` takes, or `adamwUnless` where a step may overflow. */
export function adamwNumbers(
  { lr, beta1, beta2, eps, weightDecay, step }: Required<AdamwAttrs>,
  overflow: Tensor | undefined,
): number[] {
  const both = [beta1, 1 - beta1, beta2, 1 - beta2, 1 - lr * weightDecay, eps];
  if (overflow) return [...both, lr, step, logOf(beta1), logOf(beta2)];
  return [...both, lr / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)];
}

export const adamwStepWebgpu: Kernel<AdamwInputs, AdamwAttrs> = (
  { params, grads, expAvgs, expAvgSqs, overflow },
  attrs,
) => {
  const lists = [params, grads, expAvgs, expAvgSqs];
  launchStep(overflow ? adamwUnless : adamwSure, lists, adamwNumbers(attrs, overflow), overflow);
};

function sgdOf(mayOverflow: boolean): Step {
  return {
    name: `sgdStep${mayOverflow ? ' unless overflown' : ''}`,
    tensors: ['weight', 'grad'],
    numbers: ['lr', 'weightDecay', 'step'],
    code: '  weight -= params.lr * (grad + params.weightDecay * weight);',
    mayOverflow,
  };
}

function sgdMomentumOf(mayOverflow: boolean): Step {
  return {
    name: `sgdStep momentum${mayOverflow ? ' unless overflown' : ''}`,
    tensors: ['weight', 'grad', 'buffer'],
    numbers: ['lr', 'weightDecay', 'momentum', 'keep', 'step', 'nesterov'],
    code: `  let d = grad + params.weightDecay * weight;
  buffer = select(params.momentum * buffer + params.keep * d, d, ${mayOverflow ? 'taken' : 'params.step'} == 1.0);
  weight -= params.lr * select(buffer, d + params.momentum * buffer, params.nesterov != 0.0);`,
    mayOverflow,
  };
}

const [sgdSure, sgdUnless] = [sgdOf(false), sgdOf(true)];
const [momentumSure, momentumUnless] = [sgdMomentumOf(false), sgdMomentumOf(true)];

export const sgdStepWebgpu: Kernel<SgdInputs, SgdAttrs> = (
  { params, grads, momentumBuffers, overflow },
  { lr, momentum, dampening, weightDecay, nesterov, step },
) => {
  if (momentumBuffers.length === 0)
    return launchStep(overflow ? sgdUnless : sgdSure, [params, grads], [lr, weightDecay, step], overflow);
  const numbers = [lr, weightDecay, momentum, 1 - dampening, step, Number(nesterov)];
  launchStep(overflow ? momentumUnless : momentumSure, [params, grads, momentumBuffers], numbers, overflow);
};
