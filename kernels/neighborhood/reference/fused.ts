/**
 * The oracle: plain loops in float64, one query and one of its keys at a time.
 *
 * Legend: B batch, *X token axes, T = ΠX tokens, N query heads, Nkv key heads, D and Dv head dims of key and value, K the kernel
 * size, n additional tokens. A row is one head of one token: row (b · T + t) · N + h of query [B, *X, N, D].
 */

import type { NdArray } from '../../../tensor/runtime.ts';
import type { ReferenceProblem } from './neighbours.ts';
import { keepFactor } from './dropout.ts';
import { neighboursOf } from './neighbours.ts';
import { addRow, dot, scaleOf, softmaxOf, weightOf, zerosOf } from './rows.ts';

/** The attributes that the attention's ops share. */
export interface ReferenceOptions extends ReferenceProblem {
  /** null: D ** -0.5. */
  scale: number | null;
  dropout: number;
  seed: number;
}

interface Operands {
  query: NdArray;
  key: NdArray;
  value: NdArray;
  rpb?: NdArray | undefined;
  additionalKeys?: NdArray | undefined;
  additionalValues?: NdArray | undefined;
}

/** What backward is given besides: gradOutput [B, *X, N, Dv], logsumexp and delta [B, *X, N]. */
interface Gradients {
  gradOutput: NdArray;
  logsumexp: NdArray;
  delta: NdArray;
}

/** A query's row and a key that it sees. */
interface Pair {
  /** The arrays that hold the key and its value: those of the tokens, or the additional ones; and the row in both. */
  keys: NdArray;
  values: NdArray;
  keyRow: number;
  /** The element of rpb that was added; −1 for none. */
  bias: number;
  score: number;
  /** What dropout multiplies the weight by. */
  kept: number;
}

/**
 * output = Σⱼ mⱼ pⱼ vⱼ with p = softmax(score) over the query's neighbours and the additional keys,
 * score = scale · q · k + rpb at the offset, and dropout's mⱼ; logsumexp = ln Σⱼ exp(scoreⱼ).
 */
export function attentionReference(operands: Operands, options: ReferenceOptions): [NdArray, NdArray] {
  const { query, value } = operands;
  const output = zerosOf([...query.shape.slice(0, -1), value.shape.at(-1)!]);
  const logsumexp = zerosOf(query.shape.slice(0, -1));
  forEachQuery(operands, options, (row, pairs) => {
    const softmax = softmaxOf(pairs.map(({ score }) => score));
    logsumexp.data[row] = softmax.logsumexp;
    pairs.forEach(({ values, keyRow, kept }, j) => {
      if (kept !== 0) addRow(output, row, values, keyRow, softmax.weights[j]! * kept);
    });
  });
  return [output, logsumexp];
}

/** delta = Σ_d gradOutput · output − gradLogsumexp: what backward subtracts from each weight's gradient. */
export function deltaReference(inputs: {
  output: NdArray;
  gradOutput: NdArray;
  gradLogsumexp?: NdArray | undefined;
}): NdArray {
  const { output, gradOutput, gradLogsumexp } = inputs;
  const delta = zerosOf(output.shape.slice(0, -1));
  for (let row = 0; row < delta.data.length; row++)
    delta.data[row] = dot(gradOutput, row, output, row) - (gradLogsumexp?.data[row] ?? 0);
  return delta;
}

/** The gradients of query and, where it is given, of rpb. */
export function backwardQueryReference(inputs: Operands & Gradients, options: ReferenceOptions): NdArray[] {
  const { query, rpb } = inputs;
  const scale = scaleOf(query, options);
  const gradQuery = zerosOf(query.shape);
  const gradRpb = rpb && zerosOf(rpb.shape);
  forEachQuery(inputs, options, (row, pairs) => {
    for (const pair of pairs) {
      const { gradScore } = gradientOf(inputs, row, pair);
      addRow(gradQuery, row, pair.keys, pair.keyRow, scale * gradScore);
      if (gradRpb && pair.bias >= 0) gradRpb.data[pair.bias]! += gradScore;
    }
  });
  return gradRpb ? [gradQuery, gradRpb] : [gradQuery];
}

/** The gradients of key and value. Of additional tokens it need not know: logsumexp has their part. */
export function backwardKeyReference(
  inputs: Pick<Operands, 'query' | 'key' | 'value' | 'rpb'> & Gradients,
  options: ReferenceOptions,
): [NdArray, NdArray] {
  const { query, key, value, gradOutput } = inputs;
  const scale = scaleOf(query, options);
  const [gradKey, gradValue] = [zerosOf(key.shape), zerosOf(value.shape)];
  forEachQuery(inputs, options, (row, pairs) => {
    for (const pair of pairs) {
      const { gradScore, weight } = gradientOf(inputs, row, pair);
      addRow(gradKey, pair.keyRow, query, row, scale * gradScore);
      if (pair.kept !== 0) addRow(gradValue, pair.keyRow, gradOutput, row, weight * pair.kept);
    }
  });
  return [gradKey, gradValue];
}

/** p = exp(score − logsumexp), and its score's gradient p (m · dO · v − delta). */
function gradientOf({ gradOutput, logsumexp, delta }: Gradients, row: number, pair: Pair) {
  const { values, keyRow, score, kept } = pair;
  const weight = weightOf(score, logsumexp.data[row]!);
  const gradWeight = kept === 0 ? 0 : kept * dot(gradOutput, row, values, keyRow);
  return { weight, gradScore: weight * (gradWeight - delta.data[row]!) };
}

/** Calls `visit` with each query's row and its pairs: its neighbours, then the additional tokens. */
function forEachQuery(
  { query, key, value, rpb, additionalKeys, additionalValues }: Operands,
  options: ReferenceOptions,
  visit: (row: number, pairs: Pair[]) => void,
): void {
  const [batches, heads, headsKv] = [query.shape[0]!, query.shape.at(-2)!, key.shape.at(-2)!];
  const scale = scaleOf(query, options);
  const lists = neighboursOf(query.shape.slice(1, -2), options);
  const [tokens, extra] = [lists.length, additionalKeys?.shape[1] ?? 0];
  const biases = (rpb?.data.length ?? 0) / heads;
  for (let batch = 0; batch < batches; batch++) {
    for (let token = 0; token < tokens; token++) {
      for (let head = 0; head < heads; head++) {
        const row = (batch * tokens + token) * heads + head;
        const headKv = Math.floor(head / (heads / headsKv));
        const kept = (number: number): number => keepFactor(options, batch, head, token, number);
        const near = lists[token]!.map((neighbour): Pair => {
          const keyRow = (batch * tokens + neighbour.token) * headsKv + headKv;
          const bias = rpb ? head * biases + neighbour.bias : -1;
          const score = scale * dot(query, row, key, keyRow) + (rpb ? rpb.data[bias]! : 0);
          return { keys: key, values: value, keyRow, bias, score, kept: kept(neighbour.token) };
        });
        const added = Array.from({ length: extra }, (_, j): Pair => {
          const keyRow = (batch * extra + j) * headsKv + headKv;
          const score = scale * dot(query, row, additionalKeys!, keyRow);
          return { keys: additionalKeys!, values: additionalValues!, keyRow, bias: -1, score, kept: kept(tokens + j) };
        });
        visit(row, [...near, ...added]);
      }
    }
  }
}
