// What each layer of a model makes, holds and computes.

import type { Module } from './module.ts';
import { startCounting } from '../autograd/flops.ts';
import { ArgumentError, noGrad, scope, ShapeError, Tensor, zeros } from '../index.ts';
import { formatShape } from '../tensor/shape.ts';
import { number } from './print.ts';

export interface SummaryRow {
  /** Fields that lead to the module, as in its state dict; empty for the model. */
  readonly path: string;
  readonly type: string;
  /** Of what forward gave; null where that is no tensor. */
  readonly shape: readonly number[] | null;
  /** Own ones and those below. */
  readonly parameters: number;
  /** Of the products of one forward pass, own ones and those below; see `countFlops`. */
  readonly flops: number;
}

export interface Summary {
  /** In the order in which the modules began to run; one that ran twice is there twice. */
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  readonly flops: number;
  /** A table with a line for each row. */
  toString(): string;
}

/**
 * Runs a model once on zeros, in `eval()` and without tape, and tells of each module in it the shape of its result, its
 * parameters and its floating-point operations. The model is left as it was.
 *
 * @param shape - of the input, which is float32; or the inputs themselves
 * @example
 * const model = new nn.Sequential(new nn.Conv2d(1, 8, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(8 * 26 * 26, 10));
 * nn.summary(model, [1, 1, 28, 28]).flops; // 205504
 */
export function summary(model: Module, shape: readonly number[] | readonly Tensor[]): Summary {
  const op = 'summary';
  if (!Array.isArray(shape) || shape.length === 0)
    throw new ArgumentError('give the shape of the input, [B, ...], or a list of tensors', { op });
  const modules = model.namedModules();
  const modes = [...modules.values()].map((module) => [module, module.training] as const);
  const rows: SummaryRow[] = [];
  const removers = [...modules].flatMap(([path, module]) => watch(path, module, rows));
  try {
    model.eval();
    scope(() => noGrad(() => void run(model, shape)));
  } finally {
    for (const [module, mode] of modes) module.training = mode;
    removers.forEach((remove) => remove());
  }
  const parameters = total(model);
  const flops = rows[0]?.flops ?? 0;
  return { rows, parameters, flops, toString: () => print(rows, parameters, flops) };
}

/** Adds a row when the module begins to run, and fills it in when it ends. */
function watch(path: string, module: Module, rows: SummaryRow[]): (() => void)[] {
  const running: (() => ReturnType<ReturnType<typeof startCounting>>)[] = [];
  const places: number[] = [];
  const parameters = total(module);
  return [
    module.registerForwardPreHook(() => {
      places.push(rows.length);
      running.push(startCounting());
      rows.push({ path, type: module.constructor.name, shape: null, parameters, flops: 0 });
    }),
    module.registerForwardHook((_module, _inputs, output) => {
      const at = places.pop()!;
      const shape = output instanceof Tensor ? output.shape : null;
      rows[at] = { ...rows[at]!, shape, flops: running.pop()!().total };
    }),
    // What an error left open.
    () => running.forEach((stop) => stop()),
  ];
}

function print(rows: readonly SummaryRow[], parameters: number, flops: number): string {
  const cells = rows.map(({ path, type, shape, parameters: own, flops: cost }) => [
    `${path}: ${type}`.replace(/^: /, ''),
    shape ? formatShape(shape) : '',
    own > 0 ? number(own) : '',
    cost > 0 ? number(cost) : '',
  ]);
  const all = [['', 'output', 'parameters', 'operations'], ...cells];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((line) => line[i]!.length)));
  const pad = (text: string, i: number): string => (i < 2 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!));
  const lines = all.map((line) => line.map(pad).join('  ').trimEnd());
  return [...lines, `${number(parameters)} parameters, ${number(flops)} floating-point operations forward`].join('\n');
}

function run(model: Module, shape: readonly number[] | readonly Tensor[]): unknown {
  const forward = model.forward.bind(model) as (...inputs: readonly Tensor[]) => unknown;
  if (shape.every((item) => item instanceof Tensor)) return forward(...shape);
  const device = model.parameters()[0]?.device ?? 'cpu';
  if (shape.some((item) => typeof item !== 'number'))
    throw new ShapeError('the input is part numbers, part tensors; give a shape, or a list of tensors', {
      op: 'summary',
    });
  return forward(zeros([...shape], { device }));
}

function total(module: Module): number {
  return module.parameters().reduce((sum, { size }) => sum + size, 0);
}
