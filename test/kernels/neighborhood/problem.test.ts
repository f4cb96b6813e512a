import { expect, test } from 'vitest';
import { checkBias, checkOperands, resolveProblem } from '../../../kernels/neighborhood/problem.ts';
import { ArgumentError, ShapeError, VicinalError } from '../../../tensor/errors.ts';

const query = [2, 28, 12, 4, 16];

test('scalars are repeated, arrays are taken axis by axis', () => {
  expect(resolveProblem('na2d', query, { kernelSize: [7, 4], stride: 2, isCausal: [true, false] })).toEqual([
    { length: 28, kernelSize: 7, stride: 2, dilation: 1, isCausal: true },
    { length: 12, kernelSize: 4, stride: 2, dilation: 1, isCausal: false },
  ]);
});

test.each([
  [
    { kernelSize: 7, dilation: 2 },
    ShapeError,
    'na2d: kernelSize 7 times dilation 2 spans 14 tokens, but axis Y of query [2, 28, 12, 4, 16] has 12; use dilation <= 1 or kernelSize <= 6',
  ],
  [
    { kernelSize: [29, 3] },
    ShapeError,
    'na2d: kernelSize 29 times dilation 1 spans 29 tokens, but axis X of query [2, 28, 12, 4, 16] has 28; use kernelSize <= 28',
  ],
  [
    { kernelSize: 13, dilation: [1, 13] },
    ShapeError,
    'spans 169 tokens, but axis Y of query [2, 28, 12, 4, 16] has 12; use a smaller kernelSize and dilation',
  ],
  [
    { kernelSize: 3, stride: [1, 4] },
    ShapeError,
    'na2d: stride 4 is larger than kernelSize 3 along axis Y; use stride <= 3',
  ],
  [
    { kernelSize: [3, 3, 3] },
    ShapeError,
    'na2d: kernelSize [3, 3, 3] has 3 entries for 2 token axes; give one per axis, or one value for all',
  ],
  [{ kernelSize: 3, isCausal: [true] }, ShapeError, 'isCausal [true] has 1 entry for 2 token axes'],
  [{ kernelSize: 2.5 }, ArgumentError, 'na2d: kernelSize along axis X must be an integer >= 1, got 2.5'],
  [{ kernelSize: [3, 0] }, ArgumentError, 'kernelSize along axis Y must be an integer >= 1, got 0'],
  [{ kernelSize: 3, dilation: NaN }, ArgumentError, 'dilation along axis X must be an integer >= 1, got NaN'],
  [
    { kernelSize: 3, isCausal: 1 as unknown as boolean },
    ArgumentError,
    'isCausal along axis X must be true or false, got 1',
  ],
])('%j is refused', (problem, error, message) => {
  const resolve = (): unknown => resolveProblem('na2d', query, problem);
  expect(resolve).toThrow(error);
  expect(resolve).toThrow(message);
});

type Shapes = Parameters<typeof checkOperands>[1];
const fine: Shapes = { query: [2, 5, 4, 8], key: [2, 5, 2, 8], value: [2, 5, 2, 6] };
const keys = [2, 3, 2, 8];
const values = [2, 3, 2, 6];

test.each<[Partial<Shapes>]>([
  [{}],
  [{ key: [2, 5, 4, 8], value: [2, 5, 4, 8] }],
  [{ additionalKeys: keys, additionalValues: values }],
  [{ additionalKeys: [2, 0, 2, 8], additionalValues: [2, 0, 2, 6] }],
])('%j is taken', (changed) => {
  expect(() => checkOperands('na', { ...fine, ...changed })).not.toThrow();
});

test.each<[Partial<Shapes>, string]>([
  [
    { query: [4, 4, 8] },
    'na: query [4, 4, 8] has rank 3; it must be [B, *X, N, D] with 1 to 3 token axes *X, so of rank 4 to 6',
  ],
  [{ key: [2, 6, 2, 8] }, 'na: key [2, 6, 2, 8] does not fit query [2, 5, 4, 8]; batch and token axes must be equal'],
  [
    { key: [2, 5, 3, 8] },
    "na: key [2, 5, 3, 8] does not fit query [2, 5, 4, 8]; 3 heads must divide the query's 4, so that as many queries share each",
  ],
  [{ key: [2, 5, 2, 7] }, "key [2, 5, 2, 7] does not fit query [2, 5, 4, 8]; head dim 7 must be 8, the query's"],
  [
    { value: [2, 5, 4, 6] },
    'na: value [2, 5, 4, 6] does not fit key [2, 5, 2, 8]; 4 heads must be 2, as many as the key has',
  ],
  [{ value: [2, 5, 2, 0] }, 'value [2, 5, 2, 0] does not fit key [2, 5, 2, 8]; head dim 0 must be >= 1'],
  [{ query: [2, 5, 4, 0] }, 'na: query [2, 5, 4, 0] has no heads or head dim 0; both must be >= 1'],
  [{ additionalKeys: keys }, 'additionalKeys came without additionalValues; give both or neither'],
  [{ additionalValues: values }, 'additionalValues came without additionalKeys; give both or neither'],
  [
    { additionalKeys: [2, 3, 2, 6], additionalValues: values },
    'additionalKeys [2, 3, 2, 6] does not fit key [2, 5, 2, 8]; it must be [2, 3, 2, 8]',
  ],
  [
    { additionalKeys: keys, additionalValues: [2, 4, 2, 6] },
    'additionalValues [2, 4, 2, 6] does not fit value [2, 5, 2, 6]; it must be [2, 3, 2, 6], as many as additionalKeys',
  ],
])('%j is refused', (changed, message) => {
  expect(() => checkOperands('na', { ...fine, ...changed })).toThrow(VicinalError);
  expect(() => checkOperands('na', { ...fine, ...changed })).toThrow(message);
});

test('a bias has 2K - 1 entries per axis for each head', () => {
  const axes = [{ kernelSize: 3 }, { kernelSize: 4 }];
  expect(() => checkBias('na', [2, 5, 7], 2, axes)).not.toThrow();
  const message = 'na: rpb [2, 5, 5] does not fit the problem; it must be [2, 5, 7]: 2 heads, then 2 · kernelSize - 1';
  expect(() => checkBias('na', [2, 5, 5], 2, axes)).toThrow(message);
});
