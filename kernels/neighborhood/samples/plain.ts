/** What attention between sequences is tested on. */

import type { Sample } from '../../../autograd/types.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { PlainAttrs, PlainBackwardInputs, PlainInputs } from '../plain.ts';

interface PlainProblem {
  readonly query: Shape;
  readonly key: Shape;
  readonly dimValue?: number;
  readonly attrs: PlainAttrs;
}

const problems: readonly PlainProblem[] = [
  { query: [2, 7, 2, 4], key: [2, 7, 2, 4], attrs: {} },
  { query: [1, 9, 4, 5], key: [1, 6, 2, 5], dimValue: 3, attrs: { isCausal: true } },
  { query: [1, 5, 2, 8], key: [1, 11, 1, 8], attrs: { scale: 0.3, dropout: 0.4, seed: 9, firstKey: 21 } },
  { query: [2, 1, 1, 3], key: [2, 2, 1, 3], dimValue: 17, attrs: { isCausal: true, scale: 0 } },
  {
    query: [1, 10, 2, 4],
    key: [1, 8, 2, 4],
    attrs: { isCausal: true, cumulativeLengthsQuery: [0, 4, 4, 10], cumulativeLengthsKey: [0, 3, 5, 8] },
  },
  {
    query: [1, 6, 2, 3],
    key: [1, 9, 1, 3],
    attrs: { dropout: 0.5, seed: 3, cumulativeLengthsQuery: [0, 2, 6], cumulativeLengthsKey: [0, 5, 9] },
  },
  { query: [1, 3, 1, 4], key: [1, 4, 1, 4], attrs: { dropout: 1, seed: 1 } },
  { query: [0, 3, 1, 4], key: [0, 5, 1, 4], attrs: {} },
];

/** Its middle queries see no key: their logsumexp −∞ has no central differences, so that only backward samples have it. */
const withoutKeys: PlainProblem = {
  query: [1, 9, 2, 4],
  key: [1, 6, 2, 4],
  attrs: { cumulativeLengthsQuery: [0, 4, 7, 9], cumulativeLengthsKey: [0, 3, 3, 6] },
};

function shapesOf({ query, key, dimValue }: PlainProblem) {
  const dim = dimValue ?? query.at(-1)!;
  return { query, key, value: key.with(-1, dim), output: query.with(-1, dim) };
}

export const plainSamples: readonly Sample<PlainInputs, PlainAttrs>[] = problems.map((problem) => {
  const { output: _made, ...inputs } = shapesOf(problem);
  return { ...inputs, attrs: problem.attrs };
});

/** logsumexp is drawn from [3, 4]: about as large as it comes, so that p stays below 1. */
export const plainBackwardQuerySamples: readonly Sample<PlainBackwardInputs, PlainAttrs>[] = [
  ...problems,
  withoutKeys,
].map((problem) => {
  const { output, ...inputs } = shapesOf(problem);
  const rows = output.slice(0, -1);
  const { attrs } = problem;
  return { ...inputs, gradOutput: output, logsumexp: { shape: rows, low: 3, high: 4 }, delta: rows, attrs };
});

export const plainBackwardKeySamples: readonly Sample<PlainBackwardInputs, PlainAttrs>[] = plainBackwardQuerySamples;

const query: Shape = [1, 6, 4, 8];
const key: Shape = [1, 9, 2, 8];
const fits = { query, key, value: key };

export const plainErrors: readonly (Sample<PlainInputs, PlainAttrs> & { throws: string })[] = [
  { ...fits, query: [6, 4, 8], throws: 'query [6, 4, 8] has rank 3; it must be [B, S, N, D]' },
  {
    ...fits,
    key: [2, 9, 2, 8],
    throws: 'key [2, 9, 2, 8] does not fit query [1, 6, 4, 8]; both must have the same batch',
  },
  {
    ...fits,
    value: [1, 8, 2, 8],
    throws: 'value [1, 8, 2, 8] does not fit key [1, 9, 2, 8]; both must have as many tokens',
  },
  { ...fits, key: [1, 9, 3, 8], throws: "3 heads must divide the query's 4" },
  { ...fits, attrs: { scale: Infinity }, throws: 'scale must be a finite number, got Infinity' },
  { ...fits, attrs: { dropout: -0.1 }, throws: 'dropout must be a number of 0..1, got -0.1' },
  { ...fits, attrs: { firstKey: -1 }, throws: 'firstKey must be an integer >= 0, got -1' },
  {
    ...fits,
    attrs: { cumulativeLengthsQuery: [0, 6] },
    throws: 'cumulativeLengthsKey is missing; packed sequences need those of queries and of keys',
  },
  {
    ...fits,
    attrs: { cumulativeLengthsQuery: [0, 4, 6], cumulativeLengthsKey: [0, 5, 3, 9] },
    throws:
      'cumulativeLengthsKey [0, 5, 3, 9] is no list of sequences; it must rise in integers from 0 to the 9 tokens',
  },
  {
    ...fits,
    attrs: { cumulativeLengthsQuery: [0, 4, 6], cumulativeLengthsKey: [0, 9] },
    throws: 'cumulativeLengthsQuery has 2 sequences and cumulativeLengthsKey 1; both must be equal',
  },
];
