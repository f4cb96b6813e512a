import { expect, test } from 'vitest';
import * as vicinal from '../../index.ts';
import { ArgumentError, scope } from '../../index.ts';

const x = vicinal.tensor([[1, 2]], { device: 'cpu' }).keep();
type Call = (options: never) => unknown;

// Functions that are not ops themselves: the ops refuse unknown options in the dispatcher.
const calls: readonly (readonly [string, Call])[] = [
  ['tensor', (options) => vicinal.tensor(1, options)],
  ['zeros', (options) => vicinal.zeros([1], options)],
  ['full', (options) => vicinal.full([1], 2, options)],
  ['onesLike', (options) => vicinal.onesLike(x, options)],
  ['rand', (options) => vicinal.rand([1], options)],
  ['randint', (options) => vicinal.randint(0, 2, [1], options)],
  ['arange', (options) => vicinal.arange(3, options)],
  ['linspace', (options) => vicinal.linspace(0, 1, 3, options)],
  ['eye', (options) => vicinal.eye(2, options)],
  ['gelu', (options) => vicinal.gelu(x, options)],
  ['pad', (options) => vicinal.pad(x, [[1, 1]], options)],
  ['dropout', (options) => vicinal.dropout(x, options)],
  ['dropPath', (options) => vicinal.dropPath(x, options)],
  ['layerNorm', (options) => vicinal.layerNorm(x, undefined, undefined, options)],
  ['batchNorm', (options) => vicinal.batchNorm(x, undefined, undefined, options)],
  ['mse', (options) => vicinal.mse(x, x, options)],
  ['grad', (options) => vicinal.grad(x, [x], options)],
];

test.each(calls)('%s refuses an option that it does not have', (name, call) => {
  const misspelt = { devise: 'cpu' } as never;
  expect(() => scope(() => call(misspelt))).toThrow(`${name}: has no option 'devise'`);
  expect(() => scope(() => call(misspelt))).toThrow(ArgumentError);
});
