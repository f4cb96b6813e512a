/** Problems that every implementation of the attention is tested on. */

import type { Sample } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { NaAttrs, NaInputs, NaBackwardInputs } from './fused.ts';

/** [shape of query, key and value, problem]. */
const problems: readonly (readonly [Shape, NaAttrs])[] = [
  [[2, 9, 2, 4], { kernelSize: 3 }],
  [[1, 11, 2, 4], { kernelSize: 3, dilation: 3, stride: 2 }],
  [[2, 9, 1, 6], { kernelSize: 4, dilation: 2, stride: 3, isCausal: true }],
  [[1, 13, 1, 3], { kernelSize: 13 }],
  [[1, 6, 2, 5], { kernelSize: 1 }],
  [[1, 10, 1, 1], { kernelSize: 4, stride: 4 }],
  [[2, 7, 6, 3, 16], { kernelSize: 5 }],
  [[1, 7, 9, 1, 8], { kernelSize: 3, dilation: [2, 3] }],
  [[1, 5, 6, 2, 12], { kernelSize: [3, 2], dilation: [1, 2], stride: [2, 1], isCausal: [false, true] }],
  [[1, 8, 7, 1, 4], { kernelSize: [8, 3], stride: [5, 3], scale: 0.7 }],
  [[1, 6, 5, 1, 20], { kernelSize: [2, 4], isCausal: true, scale: 0 }],
  [
    [1, 4, 3, 5, 2, 4],
    { kernelSize: [2, 3, 2], dilation: [2, 1, 2], stride: [1, 2, 2], isCausal: [true, false, false] },
  ],
  [[2, 3, 4, 4, 1, 7], { kernelSize: [3, 3, 2], isCausal: [false, false, true] }],
  [[0, 5, 1, 4], { kernelSize: 3 }],
];

export const samples: readonly Sample<NaInputs, NaAttrs>[] = problems.map(([shape, attrs]) => ({
  query: shape,
  key: shape,
  value: shape,
  attrs,
}));

/** logsumexp is drawn from [3, 4]: about as large as it comes, so that p stays below 1. */
export const backwardSamples: readonly Sample<NaBackwardInputs, NaAttrs>[] = problems.map(([shape, attrs], i) => {
  const rows = shape.slice(0, -1);
  return {
    query: shape,
    key: shape,
    value: shape,
    output: shape,
    logsumexp: { shape: rows, low: 3, high: 4 },
    gradOutput: shape,
    ...(i % 2 === 0 ? { gradLogsumexp: rows } : {}),
    attrs,
  };
});

const line: Shape = [1, 12, 2, 4];
const plane: Shape = [2, 28, 12, 4, 16];
const refused: readonly (readonly [query: Shape, key: Shape, value: Shape, attrs: NaAttrs, throws: string])[] = [
  [
    plane,
    plane,
    plane,
    { kernelSize: 7, dilation: 2 },
    'kernelSize 7 times dilation 2 spans 14 tokens, but axis Y of query [2, 28, 12, 4, 16] has 12; use dilation <= 1 or kernelSize <= 6',
  ],
  [
    line,
    line,
    line,
    { kernelSize: 3, stride: 4 },
    'stride 4 is larger than kernelSize 3 along axis X; use stride <= 3',
  ],
  [
    line,
    line,
    line,
    { kernelSize: [3, 3] },
    'kernelSize [3, 3] has 2 entries for 1 token axis; give one per axis, or one value for all',
  ],
  [line, line, line, { kernelSize: 0 }, 'kernelSize along axis X must be an integer >= 1, got 0'],
  [line, line, line, { kernelSize: 3, scale: NaN }, 'scale must be a finite number, got NaN'],
  [line, [1, 12, 1, 4], line, { kernelSize: 3 }, '1 heads must be 2, as many as the query has'],
  [line, line, [1, 12, 2, 6], { kernelSize: 3 }, "head dim 6 must be 4, the query's"],
  [
    line,
    [1, 11, 2, 4],
    line,
    { kernelSize: 3 },
    'key [1, 11, 2, 4] does not fit query [1, 12, 2, 4]; batch and token axes must be equal',
  ],
  [[12, 2, 4], [12, 2, 4], [12, 2, 4], { kernelSize: 3 }, 'query [12, 2, 4] has rank 3; it must be [B, *X, N, D]'],
];

export const errors = refused.map(([query, key, value, attrs, throws]) => ({ query, key, value, attrs, throws }));
