import type { Op } from '../../autograd/types.ts';
import type { NaAttrs, NaInputs } from './fused.ts';
import type { AttentionCall, CallOptions } from './options.ts';
import type { Operands } from './packed.ts';
import type { NaProblem } from './problem.ts';
import type { Attended } from './weights.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape, sizeOf } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { concat } from '../layout/concat.ts';
import { choose } from './choose.ts';
import { denseAttention } from './dense.ts';
import { attentionCalled, neighborhoodAttentionForward } from './fused.ts';
import { readCall, checkTileOptions } from './options.ts';
import type { attentionForward } from './plain.ts';
import { plainCalled } from './plain.ts';
import { tunedTiles } from './tuner/tuner.ts';
import { unfusedAttention } from './weights.ts';

export interface NaOptions extends NaProblem {
  /** What scores are multiplied by. Default D ** -0.5; 0 is a value. */
  scale?: number;
  /** Added to the scores by the distance of key and query in their dilation group, [N, 2K − 1, ...]. */
  rpb?: Tensor;
  /** Keys that every query sees beside its neighbours, [B, n, Nkv, D]. They come with additionalValues. */
  additionalKeys?: Tensor;
  /** Their values, [B, n, Nkv, Dv]. */
  additionalValues?: Tensor;
  /**
   * Probability that a weight is dropped; those kept are divided by 1 − dropout. One seed is drawn in forward
   * (`manualSeed`); what it drops depends on batch entry, head, query and key alone, not on implementation, tiles or
   * device. Default 0.
   */
  dropout?: number;
  /**
   * 'fused' keeps no weights and has no second derivative. 'unfused' keeps T · ΠK weights a head, 'dense' T · T; both
   * can be differentiated as often as wanted. 'auto' (the default) takes the fastest by a measured table; on webgl 'unfused' while its
   * weights fit.
   */
  implementation?: 'auto' | 'fused' | 'unfused' | 'dense';
  /** How the fused operation cuts its work: tokens per tile, one entry per token axis. Default: the device's own; see `configsFor`. */
  queryTileSize?: readonly number[];
  keyTileSize?: readonly number[];
  backwardQueryTileSize?: readonly number[];
  backwardKeyTileSize?: readonly number[];
  /** In how many parts, per token axis, its backward sums over the keys. */
  numSplitsKey?: readonly number[];
}

export interface NaResult {
  /** [B, *X, N, Dv]. */
  output: Tensor;
  /** ln Σ exp(scores) of each query, [B, *X, N]. Gradients flow through it. */
  logsumexp: Tensor;
}

/** query [B, *X, N, D], key [B, *X, Nkv, D], value [B, *X, Nkv, Dv] → output [B, *X, N, Dv], perhaps with logsumexp [B, *X, N]. */
export interface NeighborhoodAttention {
  (query: Tensor, key: Tensor, value: Tensor, options: NaOptions & { returnLogsumexp: true }): NaResult;
  (query: Tensor, key: Tensor, value: Tensor, options: NaOptions & { returnLogsumexp?: false }): Tensor;
}

/**
 * Each query attends to its neighbours: Σⱼ softmax(scale · q · kⱼ + rpb) vⱼ over the kernelSize keys around it along
 * every token axis, `dilation` apart. At borders the window is shifted inside, so that every query has equally many
 * neighbours; with `isCausal` it ends at the query; with `stride` as many queries share one window. query
 * [B, *X, N, D], key [B, *X, Nkv, D], value [B, *X, Nkv, Dv] with one to three token axes *X → [B, *X, N, Dv]; query
 * head h uses key head ⌊h / (N / Nkv)⌋.
 *
 * @throws ShapeError when shapes do not fit, kernelSize · dilation exceeds an axis, stride exceeds kernelSize, or an
 *   array does not have one entry per axis; ArgumentError for options that do not exist or do not go together;
 *   GradError for a second derivative of the fused operation
 * @source Hassani et al., "Neighborhood Attention Transformer", 2023, eq. 2–4; stride: Hassani et al., "Generalized
 *   Neighborhood Attention", 2025
 * @example
 * const q = zeros([1, 8, 8, 2, 16]);
 * neighborhoodAttention(q, q, q, { kernelSize: 3 }).shape;                       // [1, 8, 8, 2, 16]
 * const { logsumexp } = neighborhoodAttention(q, q, q, { kernelSize: [3, 5], returnLogsumexp: true });
 */
export const neighborhoodAttention: NeighborhoodAttention = attention(
  'neighborhoodAttention',
  neighborhoodAttentionForward,
  plainCalled('neighborhoodAttention'),
);

/** `neighborhoodAttention` over one token axis: query, key, value [B, X, N, D] → [B, X, N, D]. */
export const na1d: NeighborhoodAttention = ofRank(1);

/** `neighborhoodAttention` over two token axes: query, key, value [B, X, Y, N, D] → [B, X, Y, N, D]. */
export const na2d: NeighborhoodAttention = ofRank(2);

/** `neighborhoodAttention` over three token axes: query, key, value [B, X, Y, Z, N, D] → [B, X, Y, Z, N, D]. */
export const na3d: NeighborhoodAttention = ofRank(3);

type Loose = (query: Tensor, key: Tensor, value: Tensor, options: CallOptions) => Tensor | NaResult;
type Fused = Op<NaInputs, NaAttrs, ['output', 'logsumexp']>;
type Plain = typeof attentionForward;

function ofRank(axes: number): NeighborhoodAttention {
  const op = `na${axes}d`;
  const attend = attention(op, attentionCalled(op), plainCalled(op));
  const checked: Loose = (query, key, value, options) => {
    if (query instanceof Tensor && query.rank !== axes + 3) {
      const wanted = ['[B, X, N, D]', '[B, X, Y, N, D]', '[B, X, Y, Z, N, D]'][axes - 1]!;
      throw new ShapeError(
        `query ${formatShape(query.shape)} has rank ${query.rank}; it must be ${wanted}, of rank ${axes + 3}`,
        { op, query: query.shape },
      );
    }
    return (attend as Loose)(query, key, value, options);
  };
  return checked as NeighborhoodAttention;
}

/** The one body: `op` is what errors call it. */
function attention(op: string, fused: Fused, plain: Plain): NeighborhoodAttention {
  const attend: Loose = (query, key, value, options) => {
    const call = readCall(op, { query, key, value }, options);
    checkTileOptions(op, call);
    const seed = call.weighing.dropout > 0 ? defaultGenerator.seed() : 0;
    return scope(() => {
      const { output, logsumexp } = attended({ fused, plain }, { ...call, weighing: { ...call.weighing, seed } });
      return call.returnLogsumexp ? { output, logsumexp: logsumexp() } : output;
    });
  };
  return attend as NeighborhoodAttention;
}

function attended({ fused, plain }: { fused: Fused; plain: Plain }, call: AttentionCall): Attended {
  const { inputs, weighing } = call;
  switch (call.implementation === 'auto' ? choose(call) : call.implementation) {
    case 'plain':
      return plainAttention(plain, call);
    case 'unfused':
      return unfusedAttention(inputs, weighing);
    case 'dense':
      return denseAttention(inputs, weighing);
    case 'fused':
      return fusedAttention(fused, call);
  }
}

function fusedAttention(fused: Fused, { inputs, weighing, tiles }: AttentionCall): Attended {
  const { query, key, value, rpb, additionalKeys, additionalValues } = inputs;
  const { problem, scale, dropout, seed } = weighing;
  const attrs = { ...problem, ...tiles, scale, dropout, seed };
  const cut = tunedTiles(inputs, attrs);
  const [output, logsumexp] = fused(query, key, value, rpb, additionalKeys, additionalValues, { ...attrs, ...cut });
  return { output, logsumexp: () => logsumexp };
}

/** All tokens see all, or all before them: attention without a mask over the tokens in a row. */
function plainAttention(plain: Plain, { inputs, weighing }: AttentionCall): Attended {
  const { axes, scale, dropout, seed } = weighing;
  const [query, key, value] = flattened(inputs);
  const isCausal = axes.some((axis) => axis.isCausal && axis.length > 1);
  const [output, logsumexp] = plain(query, key, value, { isCausal, scale, dropout, seed });
  const rows = inputs.query.shape.slice(0, -1);
  return { output: output.reshape([...rows, output.shape.at(-1)!]), logsumexp: () => logsumexp.reshape(rows) };
}

/** [B, T, N, D] and, with the additional ones behind them, [B, T + n, Nkv, D] and [B, T + n, Nkv, Dv]. */
function flattened({ query, key, value, additionalKeys, additionalValues }: Operands): [Tensor, Tensor, Tensor] {
  const inRow = (x: Tensor): Tensor => x.reshape([x.shape[0]!, sizeOf(x.shape.slice(1, -2)), ...x.shape.slice(-2)]);
  const [keys, values] = [inRow(key), inRow(value)];
  return [
    inRow(query),
    additionalKeys ? concat([keys, additionalKeys], { axis: 1 }) : keys,
    additionalValues ? concat([values, additionalValues], { axis: 1 }) : values,
  ];
}
