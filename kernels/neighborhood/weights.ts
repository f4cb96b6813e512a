import type { Tensor } from '../../tensor/tensor.ts';
import type { NaOptions } from './neighborhoodAttention.ts';
import type { Operands } from './packed.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { arange } from '../create/sequence.ts';
import { pairDropout } from '../dropout/pairDropout.ts';
import { concat } from '../layout/concat.ts';
import { readCall } from './options.ts';
import { slotKeys } from './pairTables.ts';
import { scoresOf, sumOf } from './unfused.ts';

/** How the scores are made and become weights. */
export interface Weighing {
  readonly problem: Required<NaProblem>;
  readonly axes: readonly Axis[];
  readonly scale: number;
  readonly dropout: number;
  readonly seed: number;
}

export interface Attended {
  readonly output: Tensor;
  /** Made when asked for. */
  readonly logsumexp: () => Tensor;
}

/**
 * The weights with which each query adds up its neighbours' values, for those who want to look at them: softmax(scale
 * · query · key + rpb), heads last. query [B, *X, N, D], key [B, *X, Nkv, D] → [B, *X, N, ΠK + n]; slots that a
 * causal query does not see hold 0, the last n are those of `additionalKeys`. Takes the attention's own options;
 * those of values, tiles and `implementation` are of no concern here, and `dropout` drops what the attention drops
 * with the same seed (`manualSeed`).
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes; ArgumentError for
 *   options that are none
 * @example
 * const q = randn([1, 8, 8, 2, 16]);
 * attentionWeights(q, q, { kernelSize: 3 }).shape;       // [1, 8, 8, 2, 9]
 */
export function attentionWeights(query: Tensor, key: Tensor, options: NaOptions): Tensor {
  // Keys stand in for values, so that there is one way to check a call.
  const { additionalValues: _, ...rest } = options ?? {};
  const withValues = rest.additionalKeys ? { ...rest, additionalValues: rest.additionalKeys } : rest;
  const { inputs, weighing } = readCall('attentionWeights', { query, key, value: key }, withValues);
  const seed = weighing.dropout > 0 ? defaultGenerator.seed() : 0;
  return scope(() => headsLast(dropped(slotScores(inputs, weighing).softmax(), { ...weighing, seed })));
}

/**
 * Neighborhood attention as scores, softmax and sum, with memory for T · (ΠK + n) scores a head. query [B, *X, N, D]
 * → output [B, *X, N, Dv], logsumexp [B, *X, N]. Differentiable as often as wanted.
 */
export function unfusedAttention(inputs: Operands, weighing: Weighing): Attended {
  const all = slotScores(inputs, weighing); // [B, N, *X, ΠK + n]
  const weights = dropped(all.softmax(), weighing);
  const additionalValues = inputs.additionalValues?.permute(0, 2, 1, 3);
  const output = sumOf(weights, headsFirst(inputs.value), weighing.problem, additionalValues);
  return {
    output: headsLast(output),
    logsumexp: () => headsLast(all.logsumexp({ axis: -1, keepDims: true })).squeeze(-1),
  };
}

function slotScores(inputs: Operands, { problem, axes, scale }: Weighing): Tensor {
  const { query, key, rpb } = inputs;
  const additionalKeys = inputs.additionalKeys?.permute(0, 2, 1, 3);
  return scoresOf(headsFirst(query.mul(scale)), headsFirst(key), problem, axes, { rpb, additionalKeys });
}

/** The weights [B, N, *X, ΠK + n] with some of them 0 and the others larger: those that every implementation drops. */
function dropped(weights: Tensor, { axes, dropout, seed }: Weighing): Tensor {
  if (dropout === 0) return weights;
  const [batch, heads] = weights.shape as [number, number];
  const [tokens, slots] = [sizeOf(weights.shape.slice(2, -1)), weights.shape.at(-1)!];
  const near = slotKeys(axes, weights.device);
  const count = slots - near.shape[1]!;
  // Additional key j is key T + j.
  const far = arange(tokens, tokens + count, 1, { device: weights.device }).unsqueeze(0);
  const keys = count === 0 ? near : concat([near, far.expand([tokens, count])], { axis: 1 });
  const rows = weights.reshape([batch, heads, tokens, slots]);
  return pairDropout(rows, keys, { p: dropout, seed }).reshape(weights.shape);
}

function headsFirst(x: Tensor): Tensor {
  const tokens = x.shape.slice(1, -2).map((_, i) => 1 + i);
  return x.permute(0, x.rank - 2, ...tokens, x.rank - 1);
}

function headsLast(x: Tensor): Tensor {
  const tokens = x.shape.slice(2, -1).map((_, i) => 2 + i);
  return x.permute(0, ...tokens, 1, x.rank - 1);
}
