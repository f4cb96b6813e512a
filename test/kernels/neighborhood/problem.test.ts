import { expect, test } from 'vitest';
import { checkOperands, resolveProblem } from '../../../kernels/neighborhood/problem.ts';
import { ArgumentError, ShapeError } from '../../../tensor/errors.ts';

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

test.each([
  [
    [4, 4, 8],
    [4, 4, 8],
    [4, 4, 8],
    'na: query [4, 4, 8] has rank 3; it must be [B, *X, N, D] with 1 to 3 token axes *X, so of rank 4 to 6',
  ],
  [
    [1, 5, 2, 4],
    [1, 6, 2, 4],
    [1, 5, 2, 4],
    'na: key [1, 6, 2, 4] does not fit query [1, 5, 2, 4]; batch and token axes must be equal',
  ],
  [
    [1, 5, 2, 4],
    [1, 5, 1, 4],
    [1, 5, 2, 4],
    'na: key [1, 5, 1, 4] does not fit query [1, 5, 2, 4]; 1 heads must be 2, as many as the query has',
  ],
  [
    [1, 5, 2, 4],
    [1, 5, 2, 4],
    [1, 5, 2, 6],
    "na: value [1, 5, 2, 6] does not fit query [1, 5, 2, 4]; head dim 6 must be 4, the query's",
  ],
  [[1, 5, 2, 0], [1, 5, 2, 0], [1, 5, 2, 0], 'na: query [1, 5, 2, 0] has no heads or head dim 0; both must be >= 1'],
])('query %j, key %j, value %j are refused', (q, k, v, message) => {
  expect(() => checkOperands('na', q, k, v)).toThrow(ShapeError);
  expect(() => checkOperands('na', q, k, v)).toThrow(message);
});
