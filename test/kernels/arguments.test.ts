// What functions that look at their arguments before any op does owe a caller without types.

import { describe, expect, test } from 'vitest';
import { scope, VicinalError, zeros } from '../../index.ts';
import * as kernels from '../../kernels/index.ts';

type Loose = (...args: unknown[]) => unknown;
const functions = kernels as unknown as Record<string, Loose>;
const x = (): unknown => zeros([2, 3]);

const takeTensors = [
  'batchNorm',
  'cast',
  'crossEntropy',
  'dropout',
  'dropPath',
  'flatten',
  'gather',
  'layerNorm',
  'onesLike',
];
takeTensors.push('pad', 'reshape', 'select', 'squeeze', 'to', 'transpose', 'unsqueeze', 'zerosLike');

describe('not a tensor', () => {
  test.each(takeTensors)('%s', (name) => {
    for (const [value, kind] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [[1, 2], 'object'],
      [3, 'number'],
    ]) {
      const call = (): unknown => functions[name]!(value, 0, 0);
      expect(call).toThrow(VicinalError);
      expect(call).toThrow(new RegExp(`^${name}: \\w+ must be a tensor, got ${String(kind)}$`));
    }
  });
});

const wrong: readonly [string, () => unknown, string][] = [
  ['reshape', () => functions['reshape']!(x(), 2, -1), 'reshape: shape must be an array of sizes, got 2'],
  ['expand', () => functions['expand']!(x(), { shape: 6 }), 'expand: shape must be an array of sizes, got 6'],
  ['permuteAxes', () => functions['permuteAxes']!(x(), { axes: 1 }), 'permute: axes must be an array of axes, got 1'],
  ['place', () => functions['place']!(x(), { shape: 4, offsets: [0, 0] }), 'place: shape must be an array of sizes'],
  ['pad', () => functions['pad']!(x(), 1), 'pad: padding must be an array of pairs [before, after], got 1'],
  ['pad', () => functions['pad']!(x(), [1]), 'pad: padding [1] must hold at most 2 pairs'],
  ['sum', () => functions['sum']!(x(), 0), 'sum: takes x, options; got'],
  ['sum', () => functions['sum']!(x(), { axis: null }), 'sum: axis null is out of range'],
  ['sum', () => functions['sum']!(x(), { keepDims: 'no' }), 'sum: keepDims must be a boolean, got string'],
  ['softmax', () => functions['softmax']!(x(), { axis: '1' }), 'softmax: axis must be a number, got string'],
];

test.each(wrong)('%s %#', (_name, call, message) => {
  scope(() => {
    expect(call).toThrow(VicinalError);
    expect(call).toThrow(message);
  });
});
