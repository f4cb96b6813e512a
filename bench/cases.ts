// The table of what is measured.

import type { Case, Mark, Prepared } from './case.ts';
import { layerNorm } from '../index.ts';
import * as nn from '../nn/index.ts';
import { once } from './case.ts';
import { limits } from './limits.ts';
import { made } from './models.ts';
import { opCases } from './ops.ts';
import { products } from './products.ts';
import { steps } from './steps.ts';
import { threadCases } from './threads.ts';

const rows = 16384;
const columns = 256;
/** Floats in 16 MB. */
const large = rows * columns;

/** An op on 16 MB beside a limit: for each of the bytes that it must move, or for each element. */
const ofMegabytes = (
  name: string,
  [unit, amount]: readonly [Case['unit'], number],
  mark: Mark,
  setup: () => Prepared,
): Case => ({ name: `${name} of 16 MB`, unit, amount: amount * large, threads: [1, 2], marks: [mark], setup });

const memorySpeed: readonly Case[] = [
  ofMegabytes('add', ['GB/s', 12], { atLeast: 0.7, beside: 'copy of 16 MB' }, () => {
    const [x, y] = [made([large], 1), made([large], 2)];
    return once(() => x.add(y));
  }),
  ofMegabytes('layerNorm', ['GB/s', 8], { atLeast: 0.5, beside: 'copy of 16 MB' }, () => {
    const [x, weight, bias] = [made([rows, columns], 1), made([columns], 2), made([columns], 3)];
    return once(() => layerNorm(x, weight, bias));
  }),
  ofMegabytes('softmax', ['G/s', 1], { atLeast: 0.8, beside: 'exp loop' }, () => {
    const x = made([rows, columns], 1);
    return once(() => x.softmax());
  }),
  ofMegabytes('gelu', ['G/s', 1], { atLeast: 0.8, beside: 'erf loop' }, () => {
    const x = made([rows, columns], 1, { scale: 3 });
    return once(() => x.gelu());
  }),
];

const calls = 1000;
/** `calls` eager adds of 8×8, each freed at once. */
function eagerAdds(requiresGrad: boolean): Prepared {
  const [x, y] = [made([8, 8], 1, { requiresGrad }), made([8, 8], 2)];
  const run = (): void => {
    for (let i = 0; i < calls; i++) x.add(y).dispose();
  };
  return { run };
}

/** An optimizer's step on as many small parameters as a NAT-Mini has, where calls cost more than numbers. */
function optimizerStep(name: 'AdamW' | 'SGD'): Case {
  const setup = (): Prepared => {
    const params = Array.from({ length: 235 }, (_, i) => made([1000], i, { requiresGrad: true }));
    for (const param of params) param.grad = made([1000], 1);
    const optimizer = new nn.optim[name](params, { lr: 1e-6 });
    return { run: () => optimizer.step() };
  };
  return { name: `${name} step, 235 parameters of 1000`, unit: 'ms', setup };
}

const overheads: readonly Case[] = [
  { name: 'add 8×8, no tape', unit: 'µs', amount: calls, marks: [{ atMost: 2 }], setup: () => eagerAdds(false) },
  { name: 'add 8×8, on the tape', unit: 'µs', amount: calls, marks: [{ atMost: 4 }], setup: () => eagerAdds(true) },
  optimizerStep('AdamW'),
  optimizerStep('SGD'),
];

export const cases: readonly Case[] = [...products, ...steps, ...memorySpeed, ...overheads];

/** Everything that can be asked for by name: the cases, what they are measured beside, and what only flags bring. */
export const allCases: ReadonlyMap<string, Case> = new Map(
  [...cases, ...limits, ...threadCases, ...opCases].map((entry) => [entry.name, entry]),
);
