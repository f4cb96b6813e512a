// What functions that look at their arguments before any op does owe a caller without types.

import { describe, expect, test } from 'vitest';
import { scope, tensor, VicinalError, zeros } from '../../index.ts';
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
  ['clamp', () => functions['clamp']!(x(), { min: NaN }), 'clamp: min must be a number, got NaN'],
  ['clamp', () => functions['clamp']!(x(), { max: '1' }), 'clamp: max must be a number, got 1'],
  ['variance', () => functions['variance']!(x(), { correction: NaN }), 'variance: correction must be a finite number'],
  ['at', () => functions['at']!(x(), NaN), "at: NaN is no place; use an integer, [start, end, step], null or '...'"],
  ['at', () => functions['at']!(x(), { step: 2 }), 'at: {"step":2} is no place'],
  ['gather', () => functions['gather']!(x(), 0, x()), 'gather: index must be int32 or uint8, got float32'],
  ['indexSelect', () => functions['indexSelect']!(x(), 0, zeros([2])), 'indexSelect: index must be int32 or uint8'],
  ['indexSelect', () => functions['indexSelect']!(x(), 1, places(0, 3)), 'indexSelect: index holds 3 at [1]; use 0..2'],
  ['randint', () => functions['randint']!(5, 1, [2]), 'randint: no integers of [5, 1)'],
  ['bce', () => functions['bce']!(x(), x(), { weight: 1 }), 'bce: weight must be a tensor, got number'],
  ['bceWithLogits', () => functions['bceWithLogits']!(x(), x(), { posWeight: 2 }), 'posWeight must be a tensor'],
  ['cosineSimilarity', () => functions['cosineSimilarity']!(x(), x(), { axis: 4 }), 'cosineSimilarity: axis 4 is out'],
  ['cosineSimilarity', () => functions['cosineSimilarity']!(x(), x(), { eps: -1 }), 'eps must be a finite number >= 0'],
  ['cosineEmbeddingLoss', () => functions['cosineEmbeddingLoss']!(x(), x(), 1), 'target must be a tensor'],
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

function places(...values: number[]): unknown {
  return tensor(Int32Array.from(values));
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
