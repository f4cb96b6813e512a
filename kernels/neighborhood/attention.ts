import type { Tensor } from '../../tensor/tensor.ts';
import type { NaResult } from './neighborhoodAttention.ts';
import type { PlainAttrs } from './plain.ts';
import { tensor } from '../../tensor/create.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { scope } from '../../tensor/scope.ts';
import { checkList, formatShape } from '../../tensor/shape.ts';
import { arange } from '../create/sequence.ts';
import { pairDropout } from '../dropout/pairDropout.ts';
import { ge, lt } from '../elementwise/compare.ts';
import { where } from '../elementwise/where.ts';
import { checkAlike } from './alike.ts';
import { scaleOf } from './attributes.ts';
import { attentionForward } from './plain.ts';

export interface AttentionOptions {
  /** Whether query i sees only keys 0 … i, also where there are more or fewer keys than queries. Default false. */
  isCausal?: boolean;
  /** What scores are multiplied by. Default D ** -0.5; 0 is a value. */
  scale?: number;
  /** Probability that a weight is dropped; the seed is the default generator's next word. Default 0. */
  dropout?: number;
  /**
   * Sequences packed one after another in a batch of 1: where each begins, and at last where all end. Queries of a
   * sequence see its keys only. Default: one sequence.
   */
  cumulativeLengthsQuery?: readonly number[];
  /** The same of the keys. Default: as the queries. */
  cumulativeLengthsKey?: readonly number[];
  /** Also give logsumexp. Default false. */
  returnLogsumexp?: boolean;
  /**
   * 'fused' keeps no weights; 'dense' is made of matmul and softmax, takes memory for S · T weights of each head, and has second
   * derivatives. Default 'auto', which is 'fused'.
   */
  implementation?: 'auto' | 'fused' | 'dense';
}

const known = [
  'isCausal',
  'scale',
  'dropout',
  'cumulativeLengthsQuery',
  'cumulativeLengthsKey',
  'returnLogsumexp',
  'implementation',
] as const;

type Ends = readonly number[];

/**
 * Every query attends to every key: softmax(scale · q kᵀ) v per head. query [B, S, N, D], key [B, T, Nkv, D],
 * value [B, T, Nkv, Dv] → [B, S, N, Dv]; with `returnLogsumexp: true` { output, logsumexp [B, S, N] }. Query head h uses key head
 * ⌊h / (N / Nkv)⌋. A query without keys (its sequence has none) gets 0, and logsumexp −∞.
 *
 * @throws ShapeError when shapes do not fit each other or the cumulative lengths; ArgumentError for options that are none
 * @source Dao et al., "FlashAttention", 2022
 * @example
 * const [q, k] = [randn([1, 5, 4, 8]), randn([1, 7, 2, 8])];
 * attention(q, k, k).shape; // [1, 5, 4, 8]
 * const packed = { cumulativeLengthsQuery: [0, 2, 5], cumulativeLengthsKey: [0, 4, 7] };
 * attention(q, k, k, { ...packed, isCausal: true, returnLogsumexp: true }).logsumexp.shape; // [1, 5, 4]
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions & { returnLogsumexp: true },
): NaResult;
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options?: AttentionOptions & { returnLogsumexp?: false },
): Tensor;
export function attention(query: Tensor, key: Tensor, value: Tensor, options?: AttentionOptions): Tensor | NaResult;
export function attention(query: Tensor, key: Tensor, value: Tensor, options?: AttentionOptions): Tensor | NaResult {
  const op = 'attention';
  const given = checkOptions(op, options, known);
  checkAlike(op, { query, key, value });
  const { returnLogsumexp = false, implementation = 'auto', dropout = 0 } = given;
  if (!['auto', 'fused', 'dense'].includes(implementation)) {
    const got = `'${String(implementation)}'`;
    throw new ArgumentError(`implementation must be 'auto', 'fused' or 'dense', got ${got}`, { op, implementation });
  }
  const attrs: Required<PlainAttrs> = {
    ...packing(op, query, key, given),
    isCausal: given.isCausal ?? false,
    scale: given.scale ?? null,
    dropout,
    seed: 0,
    firstKey: 0,
  };
  attentionForward.definition.shape({ query: query.shape, key: key.shape, value: value.shape }, attrs);
  if (dropout > 0) attrs.seed = defaultGenerator.seed(); // not before all is checked
  const attend = implementation === 'dense' ? dense : attentionForward;
  const [output, logsumexp] = attend(query, key, value, attrs);
  if (returnLogsumexp) return { output, logsumexp };
  logsumexp.dispose();
  return output;
}

/** Lengths of the queries alone stand for the keys too. The lists are copied: backward reads them again. */
function packing(
  op: string,
  query: Tensor,
  key: Tensor,
  { cumulativeLengthsQuery: ofQuery, cumulativeLengthsKey: ofKey }: AttentionOptions,
): Pick<Required<PlainAttrs>, 'cumulativeLengthsQuery' | 'cumulativeLengthsKey'> {
  for (const [name, ends] of Object.entries({ cumulativeLengthsQuery: ofQuery, cumulativeLengthsKey: ofKey }))
    if (ends !== undefined) checkList(op, name, 'token numbers', ends);
  if (ofQuery && !ofKey && query.shape[1] !== key.shape[1]) {
    const sizes = `query ${formatShape(query.shape)} has ${query.shape[1]} tokens and key ${formatShape(key.shape)} ${key.shape[1]}`;
    throw new ShapeError(`${sizes}; give cumulativeLengthsKey beside cumulativeLengthsQuery`, { op, query, key });
  }
  const copy = (ends: Ends | undefined): Ends | null => (ends ? [...ends] : null);
  return { cumulativeLengthsQuery: copy(ofQuery), cumulativeLengthsKey: copy(ofKey ?? ofQuery) };
}

/** What `attentionForward` gives, with all weights in memory. */
function dense(query: Tensor, key: Tensor, value: Tensor, attrs: Required<PlainAttrs>): [Tensor, Tensor] {
  return scope(() => {
    const [batch, queries, heads, dim] = query.shape as [number, number, number, number];
    const [, keys, headsKv, dimValue] = value.shape as [number, number, number, number];
    // Key head j serves the group of N / Nkv query heads j: [B, Nkv, N / Nkv, S, D] · [B, Nkv, 1, D, T].
    const grouped = query.permute(0, 2, 1, 3).reshape([batch, headsKv, heads / headsKv, queries, dim]);
    const products = grouped.mul(scaleOf(dim, attrs)).matmul(key.permute(0, 2, 3, 1).unsqueeze(2));
    const scores = masked(products.reshape([batch, heads, queries, keys]), attrs);
    const weights = scores.softmax({ axis: -1 });
    const kept = attrs.dropout > 0 ? dropped(weights, attrs) : weights;
    const output = kept
      .reshape([batch, headsKv, heads / headsKv, queries, keys])
      .matmul(value.permute(0, 2, 1, 3).unsqueeze(2))
      .reshape([batch, heads, queries, dimValue]);
    return [output.permute(0, 2, 1, 3).contiguous(), scores.logsumexp({ axis: -1 }).permute(0, 2, 1).contiguous()];
  });
}

function dropped(weights: Tensor, { dropout, seed }: { dropout: number; seed: number }): Tensor {
  const [, , queries, keys] = weights.shape as [number, number, number, number];
  const numbers = arange(keys, { dtype: 'int32', device: weights.device }).expand([queries, keys]);
  return pairDropout(weights, numbers, { p: dropout, seed });
}

/** Scores [B, N, S, T] with −∞ where the query does not see the key. */
function masked(scores: Tensor, attrs: Required<PlainAttrs>): Tensor {
  const { isCausal, cumulativeLengthsQuery, cumulativeLengthsKey } = attrs;
  if (!isCausal && cumulativeLengthsQuery === null) return scores;
  const { device } = scores;
  const [queries, keys] = scores.shape.slice(2) as [number, number];
  const seen = rangesOf(cumulativeLengthsQuery ?? [0, queries], cumulativeLengthsKey ?? [0, keys], isCausal);
  const [first, end] = seen.map((list) => tensor(Int32Array.from(list), { shape: [queries, 1], device }));
  const numbers = arange(keys, { dtype: 'int32', device });
  return where(ge(numbers, first!), where(lt(numbers, end!), scores, -Infinity), -Infinity);
}

/** The first key that each query sees, and one past the last. */
function rangesOf(ofQuery: Ends, ofKey: Ends, isCausal: boolean): [number[], number[]] {
  const [first, end]: [number[], number[]] = [[], []];
  for (let i = 0; i + 1 < ofQuery.length; i++) {
    for (let query = ofQuery[i]!; query < ofQuery[i + 1]!; query++) {
      first.push(ofKey[i]!);
      end.push(isCausal ? Math.min(ofKey[i]! + query - ofQuery[i]! + 1, ofKey[i + 1]!) : ofKey[i + 1]!);
    }
  }
  return [first, end];
}
