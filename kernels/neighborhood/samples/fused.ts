/** Problems that every implementation of the attention is tested on. */

import type { Sample } from '../../../autograd/types.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { NaAttrs, NaInputs } from '../fused.ts';

/** A problem, its shapes told by the query's and by what differs from it. */
export interface SampleProblem {
  readonly query: Shape;
  readonly headsKv?: number;
  readonly dimValue?: number;
  /** The shape of rpb, [N, 2K − 1, ...]. */
  readonly rpb?: Shape;
  /** How many additional tokens. */
  readonly additional?: number;
  readonly attrs: NaAttrs;
}

export const problems: readonly SampleProblem[] = [
  { query: [2, 9, 2, 4], attrs: { kernelSize: 3 } },
  { query: [1, 11, 2, 4], rpb: [2, 5], attrs: { kernelSize: 3, dilation: 3, stride: 2 } },
  {
    query: [1, 9, 4, 6],
    headsKv: 2,
    dimValue: 5,
    additional: 2,
    attrs: { kernelSize: 4, dilation: 2, stride: 3, isCausal: true },
  },
  { query: [1, 13, 1, 3], attrs: { kernelSize: 13, dropout: 0.3, seed: 5 } },
  { query: [1, 6, 2, 5], additional: 3, attrs: { kernelSize: 1 } },
  { query: [1, 10, 2, 1], headsKv: 1, rpb: [2, 7], attrs: { kernelSize: 4, stride: 4, isCausal: true } },
  { query: [1, 7, 6, 1, 16], dimValue: 3, attrs: { kernelSize: 5 } },
  { query: [1, 7, 9, 1, 4], rpb: [1, 5, 5], attrs: { kernelSize: 3, dilation: [2, 3] } },
  {
    query: [2, 5, 6, 2, 4],
    headsKv: 1,
    rpb: [2, 5, 3],
    additional: 1,
    attrs: {
      kernelSize: [3, 2],
      dilation: [1, 2],
      stride: [2, 1],
      isCausal: [false, true],
      dropout: 0.5,
      seed: 0xffffffff,
    },
  },
  { query: [1, 8, 7, 1, 4], attrs: { kernelSize: [8, 3], stride: [5, 3], scale: 0.7 } },
  { query: [1, 6, 5, 1, 9], dimValue: 2, attrs: { kernelSize: [2, 4], isCausal: true, scale: 0 } },
  {
    query: [1, 4, 3, 5, 2, 4],
    additional: 2,
    attrs: { kernelSize: [2, 3, 2], dilation: [2, 1, 2], stride: [1, 2, 2], isCausal: [true, false, false] },
  },
  { query: [2, 3, 3, 4, 1, 3], rpb: [1, 5, 5, 3], attrs: { kernelSize: [3, 3, 2], isCausal: [false, false, true] } },
  { query: [0, 5, 2, 4], rpb: [2, 5], additional: 1, attrs: { kernelSize: 3 } },
  { query: [1, 5, 1, 4], additional: 0, attrs: { kernelSize: 3, dropout: 1, seed: 0 } },
];

/** The shapes of a problem's operands. */
export function operandShapes({ query, headsKv, dimValue, rpb, additional }: SampleProblem) {
  const [heads, dim] = query.slice(-2) as [number, number];
  const valueDim = dimValue ?? dim;
  const tail = (last: number): Shape => [headsKv ?? heads, last];
  const extra = (last: number): Shape => [query[0]!, additional!, ...tail(last)];
  return {
    query,
    key: [...query.slice(0, -2), ...tail(dim)],
    value: [...query.slice(0, -2), ...tail(valueDim)],
    output: [...query.slice(0, -1), valueDim],
    ...(rpb ? { rpb } : {}),
    ...(additional === undefined ? {} : { additionalKeys: extra(dim), additionalValues: extra(valueDim) }),
  };
}

export const samples: readonly Sample<NaInputs, NaAttrs>[] = problems.map((problem) => {
  const { output: _made, ...inputs } = operandShapes(problem);
  return { ...inputs, attrs: problem.attrs };
});

const line: Shape = [1, 12, 2, 4];
const plane: Shape = [2, 28, 12, 4, 16];
const fits = { query: line, key: line, value: line };

type Refused = Sample<NaInputs, NaAttrs> & { throws: string };

const refusedProblems: readonly Refused[] = [
  {
    query: plane,
    key: plane,
    value: plane,
    attrs: { kernelSize: 7, dilation: 2 },
    throws:
      'kernelSize 7 times dilation 2 spans 14 tokens, but axis Y of query [2, 28, 12, 4, 16] has 12; use dilation <= 1 or kernelSize <= 6',
  },
  {
    ...fits,
    attrs: { kernelSize: 3, stride: 4 },
    throws: 'stride 4 is larger than kernelSize 3 along axis X; use stride <= 3',
  },
  {
    ...fits,
    attrs: { kernelSize: [3, 3] },
    throws: 'kernelSize [3, 3] has 2 entries for 1 token axis; give one per axis, or one value for all',
  },
  { ...fits, attrs: { kernelSize: 0 }, throws: 'kernelSize along axis X must be an integer >= 1, got 0' },
  { ...fits, attrs: { kernelSize: 3, scale: NaN }, throws: 'scale must be a finite number, got NaN' },
  { ...fits, attrs: { kernelSize: 3, dropout: 1.5 }, throws: 'dropout must be a number of 0..1, got 1.5' },
  { ...fits, attrs: { kernelSize: 3, seed: -1 }, throws: 'seed must be an integer of 0..2^32-1, got -1' },
  {
    ...fits,
    attrs: { kernelSize: 3, queryTileSize: [4, 4] },
    throws: 'queryTileSize must be an array of 1 integer >= 1, one per token axis, got [4, 4]',
  },
];

const refusedOperands: readonly Refused[] = [
  { ...fits, query: [12, 2, 4], throws: 'query [12, 2, 4] has rank 3; it must be [B, *X, N, D]' },
  {
    ...fits,
    key: [1, 11, 2, 4],
    throws: 'key [1, 11, 2, 4] does not fit query [1, 12, 2, 4]; batch and token axes must be equal',
  },
  { ...fits, key: [1, 12, 2, 5], throws: "head dim 5 must be 4, the query's" },
  { ...fits, key: [1, 12, 4, 4], throws: "4 heads must divide the query's 2, so that as many queries share each" },
  {
    ...fits,
    value: [1, 12, 1, 4],
    throws: 'value [1, 12, 1, 4] does not fit key [1, 12, 2, 4]; 1 heads must be 2, as many as the key has',
  },
  {
    ...fits,
    rpb: [2, 3],
    throws:
      'rpb [2, 3] does not fit the problem; it must be [2, 5]: 2 heads, then 2 · kernelSize - 1 for each token axis',
  },
  { ...fits, rpb: [1, 5], throws: 'rpb [1, 5] does not fit the problem; it must be [2, 5]' },
  {
    ...fits,
    additionalKeys: [1, 3, 2, 4],
    throws: 'additionalKeys came without additionalValues; give both or neither',
  },
  {
    ...fits,
    additionalKeys: [1, 3, 1, 4],
    additionalValues: [1, 3, 2, 4],
    throws: 'additionalKeys [1, 3, 1, 4] does not fit key [1, 12, 2, 4]; it must be [1, 3, 2, 4]',
  },
  {
    ...fits,
    additionalKeys: [1, 3, 2, 4],
    additionalValues: [1, 2, 2, 4],
    throws:
      'additionalValues [1, 2, 2, 4] does not fit value [1, 12, 2, 4]; it must be [1, 3, 2, 4], as many as additionalKeys',
  },
].map((entry) => ({ ...entry, attrs: { kernelSize: 3 } }));

export const errors: readonly Refused[] = [...refusedProblems, ...refusedOperands];
