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
  ['expand', () => functions['expand']!(x(), 6), 'expand: shape must be an array of sizes, got 6'],
  ['permuteAxes', () => functions['permuteAxes']!(x(), { axes: 1 }), 'permute: axes must be an array of axes, got 1'],
  ['place', () => functions['place']!(x(), { shape: 4, offsets: [0, 0] }), 'place: shape must be an array of sizes'],
  ['pad', () => functions['pad']!(x(), 1), 'pad: padding must be an array of pairs [before, after], got 1'],
  ['pad', () => functions['pad']!(x(), [1]), 'pad: padding [1] must hold at most 2 pairs'],
  ['sum', () => functions['sum']!(x(), 0), 'sum: takes x, options; got'],
  ['sum', () => functions['sum']!(x(), { axis: null }), 'sum: axis null is out of range'],
  ['sum', () => functions['sum']!(x(), { keepDims: 'no' }), 'sum: keepDims must be a boolean, got string'],
  ['softmax', () => functions['softmax']!(x(), { axis: '1' }), 'softmax: axis must be a number, got string'],
  [
    'batchNorm',
    () => functions['batchNorm']!(x(), null, null, { momentum: '1' }),
    'batchNorm: momentum must be a number',
  ],
  [
    'batchNorm',
    () => functions['batchNorm']!(x(), null, null, { eps: null }),
    'batchNorm: eps must be a finite number >= 0, got null',
  ],
  ['crossEntropy', () => cost({ smoothing: 1 }), "crossEntropy: has no option 'smoothing'; use labelSmoothing,"],
  ['crossEntropy', () => cost({ ignoreIndex: '0' }), 'crossEntropy: ignoreIndex must be an integer, got 0'],
  [
    'crossEntropy',
    () => cost({ labelSmoothing: '0' }),
    'crossEntropy: labelSmoothing must be a number of 0..1, got str',
  ],
  ['crossEntropy', () => cost('sum'), 'crossEntropy: takes logits, target:int, options'],
  ['na1d', () => attend('na1d', 1, null), 'na1d: options must be an object { kernelSize, '],
  ['na1d', () => attend('na1d', 1, undefined), "na1d: needs the option 'kernelSize'"],
  ['na2d', () => attend('na2d', 2, { kernelSize: 3, kernel: 3 }), "na2d: has no option 'kernel'; use kernelSize,"],
  ['na3d', () => attend('na3d', 3, { kernelSize: 9 }), 'na3d: kernelSize 9 times dilation 1 spans 9 tokens'],
  ['na3d', () => functions['na3d']!(1, 2, 3, { kernelSize: 1 }), 'na3d: query must be a tensor, got number'],
  ['na', () => attend('neighborhoodAttention', 1, null), 'neighborhoodAttention: options must be an object {'],
];

function cost(options: unknown): unknown {
  return functions['crossEntropy']!(x(), zeros([2], { dtype: 'int32' }), options);
}

function attend(name: string, axes: number, options: unknown): unknown {
  const q = zeros([1, ...new Array<number>(axes).fill(4), 1, 4]);
  return functions[name]!(q, q, q, options);
}

test.each(wrong)('%s %#', (_name, call, message) => {
  scope(() => {
    expect(call).toThrow(VicinalError);
    expect(call).toThrow(message);
  });
});
