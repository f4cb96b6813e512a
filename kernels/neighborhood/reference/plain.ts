/**
 * The oracle of attention between two sequences, or many packed into one: plain loops in float64.
 *
 * Legend: B batch, S queries, T keys, N query heads, Nkv key heads, D and Dv head dims of key and value.
 */

import type { NdArray } from '../../../tensor/runtime.ts';
import { keepFactor } from './dropout.ts';
import { addRow, dot, scaleOf, softmaxOf, weightOf, zerosOf } from './rows.ts';

export interface PlainReferenceOptions {
  /** Query s of its sequence sees the keys 0 … s of its own. */
  isCausal: boolean;
  scale: number | null;
  dropout: number;
  seed: number;
  /** Where each packed sequence begins, and the last one ends; null: one sequence. */
  cumulativeLengthsQuery: readonly number[] | null;
  cumulativeLengthsKey: readonly number[] | null;
  /** Added to key numbers in dropout's counter. */
  firstKey: number;
}

/** query [B, S, N, D], key [B, T, Nkv, D], value [B, T, Nkv, Dv]. */
interface Operands {
  query: NdArray;
  key: NdArray;
  value: NdArray;
}

/** gradOutput [B, S, N, Dv]; logsumexp and delta [B, S, N]. */
interface Gradients {
  gradOutput: NdArray;
  logsumexp: NdArray;
  delta: NdArray;
}

/** A key that a query sees: its row, its score, and what dropout multiplies its weight by. */
interface Pair {
  keyRow: number;
  score: number;
  kept: number;
}

/** output [B, S, N, Dv], logsumexp [B, S, N]; a query that sees no key has output 0 and logsumexp −∞. */
export function plainReference(operands: Operands, options: PlainReferenceOptions): [NdArray, NdArray] {
  const { query, value } = operands;
  const output = zerosOf([...query.shape.slice(0, -1), value.shape.at(-1)!]);
  const logsumexp = zerosOf(query.shape.slice(0, -1));
  forEachQuery(operands, options, (row, pairs) => {
    const softmax = softmaxOf(pairs.map(({ score }) => score));
    logsumexp.data[row] = softmax.logsumexp;
    pairs.forEach(({ keyRow, kept }, j) => {
      if (kept !== 0) addRow(output, row, value, keyRow, softmax.weights[j]! * kept);
    });
  });
  return [output, logsumexp];
}

export function plainBackwardQueryReference(inputs: Operands & Gradients, options: PlainReferenceOptions): NdArray {
  const { query, key } = inputs;
  const gradQuery = zerosOf(query.shape);
  forEachQuery(inputs, options, (row, pairs) => {
    for (const pair of pairs) {
      const { gradScore } = gradientOf(inputs, row, pair);
      addRow(gradQuery, row, key, pair.keyRow, scaleOf(query, options) * gradScore);
    }
  });
  return gradQuery;
}

/** The gradients of key and value. */
export function plainBackwardKeyReference(
  inputs: Operands & Gradients,
  options: PlainReferenceOptions,
): [NdArray, NdArray] {
  const { query, key, value, gradOutput } = inputs;
  const [gradKey, gradValue] = [zerosOf(key.shape), zerosOf(value.shape)];
  forEachQuery(inputs, options, (row, pairs) => {
    for (const pair of pairs) {
      const { gradScore, weight } = gradientOf(inputs, row, pair);
      addRow(gradKey, pair.keyRow, query, row, scaleOf(query, options) * gradScore);
      if (pair.kept !== 0) addRow(gradValue, pair.keyRow, gradOutput, row, weight * pair.kept);
    }
  });
  return [gradKey, gradValue];
}

/** p = exp(score − logsumexp), and its score's gradient p (m · dO · v − delta). */
function gradientOf({ value, gradOutput, logsumexp, delta }: Operands & Gradients, row: number, pair: Pair) {
  const weight = weightOf(pair.score, logsumexp.data[row]!);
  const gradWeight = pair.kept === 0 ? 0 : pair.kept * dot(gradOutput, row, value, pair.keyRow);
  return { weight, gradScore: weight * (gradWeight - delta.data[row]!) };
}

function forEachQuery(
  { query, key }: Operands,
  options: PlainReferenceOptions,
  visit: (row: number, pairs: Pair[]) => void,
): void {
  const [batches, queries, heads] = query.shape as [number, number, number];
  const [keys, headsKv] = key.shape.slice(1) as [number, number];
  const scale = scaleOf(query, options);
  const startsQuery = options.cumulativeLengthsQuery ?? [0, queries];
  const startsKey = options.cumulativeLengthsKey ?? [0, keys];
  for (let batch = 0; batch < batches; batch++) {
    for (let token = 0; token < queries; token++) {
      const sequence = startsQuery.findIndex((start, i) => start <= token && token < startsQuery[i + 1]!);
      const seen: number[] = [];
      for (let j = startsKey[sequence]!; j < startsKey[sequence + 1]!; j++)
        if (!options.isCausal || j - startsKey[sequence]! <= token - startsQuery[sequence]!) seen.push(j);
      for (let head = 0; head < heads; head++) {
        const row = (batch * queries + token) * heads + head;
        const pairs = seen.map((j): Pair => {
          const keyRow = (batch * keys + j) * headsKv + Math.floor(head / (heads / headsKv));
          const kept = keepFactor(options, batch, head, token, j + options.firstKey);
          return { keyRow, score: scale * dot(query, row, key, keyRow), kept };
        });
        visit(row, pairs);
      }
    }
  }
}
