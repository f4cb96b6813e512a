import type { Tensor } from '../index.ts';
import { arange, ArgumentError, attention, dropout, gt, linear, scope, ShapeError, split, where } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkShare } from '../tensor/range.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { checkSize, describeCall } from './check.ts';
import { xavierUniform, zeros as setZeros } from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface MultiheadAttentionOptions {
  /** Dropout of the weights while training. Default 0. */
  dropout?: number;
  /** Add a bias to queries, keys, values and the result. Default true. */
  bias?: boolean;
  /** Features of the keys given. Default embedDim. */
  kdim?: number;
  /** Features of the values given. Default embedDim. */
  vdim?: number;
  /** Whether inputs are [B, S, C], as everywhere here, or [S, B, C], PyTorch's default. Default true. */
  batchFirst?: boolean;
}

export interface MultiheadAttentionCall {
  /** Keys that are not attended to (bool, true), or numbers added to their scores; [B, T], or [T] of a single sample. */
  keyPaddingMask?: Tensor;
  /** [S, T], or [B · numHeads, S, T]: pairs that are not attended to (bool, true), or numbers added to their scores. */
  attnMask?: Tensor;
  /** Whether query i sees only keys 0 … i. Default false. */
  isCausal?: boolean;
  /** Also give the weights. Default false (PyTorch: true). */
  needWeights?: boolean;
  /** The weights' mean over the heads instead of all of them. Default true. */
  averageAttnWeights?: boolean;
}

export interface AttentionAndWeights {
  readonly output: Tensor;
  /** [B, S, T], or [B, numHeads, S, T] where they are not averaged; without B of a single sample. */
  readonly weights: Tensor;
}

const callOptions = ['keyPaddingMask', 'attnMask', 'isCausal', 'needWeights', 'averageAttnWeights'] as const;

/**
 * Attention of every query to every key in numHeads subspaces: softmax(q kᵀ / √D) v per head, D = embedDim / numHeads, of
 * projected queries, keys and values, and a projection of what the heads give.
 *
 * Without masks and weights it is one fused operation; a mask or `needWeights` takes memory for all weights. A query whose
 * keys are all masked has weights of 0 (PyTorch: NaN).
 *
 * Shape: query `[B, S, embedDim]`, key `[B, T, kdim]`, value `[B, T, vdim]` → `[B, S, embedDim]`; with `batchFirst: false`
 * the first two axes change places. All of it, masks and weights too, without `B` where it is a single sample.
 *
 * Parameters: `in_proj_weight` [3 · embedDim, embedDim] (or `q_proj_weight`, `k_proj_weight`, `v_proj_weight` where kdim or
 * vdim differ), uniform after Glorot; `in_proj_bias` [3 · embedDim], zeros; `out_proj.weight` as a Linear's, `out_proj.bias`,
 * zeros.
 *
 * @throws ShapeError unless numHeads divides embedDim; from `forward`, when shapes do not fit
 * @source Vaswani et al. 2017 (arXiv 1706.03762), section 3.2.2. PyTorch: `torch.nn.MultiheadAttention`
 * @example
 * const layer = new nn.MultiheadAttention(16, 4);
 * const x = zeros([2, 5, 16]);
 * layer.forward(x).shape; // [2, 5, 16]
 * layer.forward(x, zeros([2, 7, 16]), undefined, { needWeights: true }).weights.shape; // [2, 5, 7]
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  inProjWeight: Parameter | undefined;
  qProjWeight: Parameter | undefined;
  kProjWeight: Parameter | undefined;
  vProjWeight: Parameter | undefined;
  inProjBias: Parameter | undefined;
  outProj: Linear;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const op = 'MultiheadAttention';
    checkOptions(op, options, ['dropout', 'bias', 'kdim', 'vdim', 'batchFirst']);
    const { dropout: rate = 0, bias = true, kdim = embedDim, vdim = embedDim, batchFirst = true } = options;
    this.embedDim = checkSize(op, 'embedDim', embedDim);
    this.numHeads = checkSize(op, 'numHeads', numHeads);
    this.kdim = checkSize(op, 'kdim', kdim);
    this.vdim = checkSize(op, 'vdim', vdim);
    checkShare(op, { dropout: rate });
    if (embedDim % numHeads !== 0)
      throw new ShapeError(`embedDim ${embedDim} must be a multiple of numHeads ${numHeads}`, { op, embedDim });
    this.dropout = rate;
    this.batchFirst = batchFirst;
    const weight = (rows: number, columns: number): Parameter => xavierUniform(new Parameter([rows, columns]));
    if (kdim === embedDim && vdim === embedDim) this.inProjWeight = weight(3 * embedDim, embedDim);
    else {
      this.qProjWeight = weight(embedDim, embedDim);
      this.kProjWeight = weight(embedDim, kdim);
      this.vProjWeight = weight(embedDim, vdim);
    }
    this.inProjBias = bias ? new Parameter([3 * embedDim]) : undefined;
    this.outProj = new Linear(embedDim, embedDim, { bias });
    if (this.outProj.bias) setZeros(this.outProj.bias);
  }

  /** Of the queries to themselves, unless keys are given; the keys are the values, unless those are given. */
  forward(
    query: Tensor,
    key: Tensor | undefined,
    value: Tensor | undefined,
    options: MultiheadAttentionCall & { needWeights: true },
  ): AttentionAndWeights;
  forward(
    query: Tensor,
    key?: Tensor,
    value?: Tensor,
    options?: MultiheadAttentionCall & { needWeights?: false },
  ): Tensor;
  forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: MultiheadAttentionCall = {},
  ): Tensor | AttentionAndWeights {
    checkOptions('MultiheadAttention.forward', options, callOptions);
    if (query.rank === 2 && key.rank === 2 && value.rank === 2) return this.#ofSample(query, key, value, options);
    this.#check({ query, key, value });
    const { needWeights = false, averageAttnWeights = true } = options;
    return scope(() => {
      const [q, k, v] = this.#project(query, key, value);
      const isFused = !needWeights && !options.keyPaddingMask && !options.attnMask;
      const rate = this.training ? this.dropout : 0;
      const { attended, weights } = isFused
        ? { attended: attention(q, k, v, { isCausal: options.isCausal ?? false, dropout: rate }), weights: undefined }
        : this.#dense([q, k, v], rate, options);
      const output = this.outProj.forward(attended.reshape([...attended.shape.slice(0, 2), this.embedDim]));
      const placed = this.batchFirst ? output : output.transpose(0, 1);
      if (!needWeights) return placed;
      return { output: placed, weights: averageAttnWeights ? weights!.mean({ axis: 1 }) : weights! };
    });
  }

  /** The same of a single sample: a batch of one, whose axis is taken away again. */
  #ofSample(query: Tensor, key: Tensor, value: Tensor, options: MultiheadAttentionCall): Tensor | AttentionAndWeights {
    const axis = this.batchFirst ? 0 : 1;
    const { keyPaddingMask } = options;
    if (keyPaddingMask) checkMask('keyPaddingMask', keyPaddingMask, [key.shape[0]!]);
    return scope(() => {
      const q = query.unsqueeze(axis);
      const k = key === query ? q : key.unsqueeze(axis);
      const v = value === key ? k : value.unsqueeze(axis);
      const masks = keyPaddingMask ? { ...options, keyPaddingMask: keyPaddingMask.unsqueeze(0) } : options;
      if (!options.needWeights) return this.forward(q, k, v, { ...masks, needWeights: false }).squeeze(axis);
      const { output, weights } = this.forward(q, k, v, { ...masks, needWeights: true });
      return { output: output.squeeze(axis), weights: weights.squeeze(0) };
    });
  }

  /** Queries, keys and values [B, tokens, numHeads, D]; of one input by one product. */
  #project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const bias = this.inProjBias;
    const one = this.inProjWeight;
    if (one && query === key && key === value) {
      const [q, k, v] = split(linear(query, one, bias), { sizes: this.embedDim, axis: -1 });
      return [this.#heads(q!), this.#heads(k!), this.#heads(v!)];
    }
    const weights = one
      ? split(one, { sizes: this.embedDim })
      : [this.qProjWeight!, this.kProjWeight!, this.vProjWeight!];
    const biases = bias ? split(bias, { sizes: this.embedDim }) : [];
    const [q, k, v] = [query, key, value].map((x, i) => this.#heads(linear(x, weights[i]!, biases[i])));
    return [q!, k!, v!];
  }

  #heads(x: Tensor): Tensor {
    const [first, second] = x.shape as [number, number];
    const split = x.reshape([first, second, this.numHeads, this.embedDim / this.numHeads]);
    return this.batchFirst ? split : split.transpose(0, 1);
  }

  #dense(
    [q, k, v]: readonly [Tensor, Tensor, Tensor],
    rate: number,
    { keyPaddingMask, attnMask, isCausal = false }: MultiheadAttentionCall,
  ): { attended: Tensor; weights: Tensor } {
    const [batch, queries, heads, dim] = q.shape as [number, number, number, number];
    const keys = k.shape[1]!;
    let scores = q
      .permute(0, 2, 1, 3)
      .mul(dim ** -0.5)
      .matmul(k.permute(0, 2, 3, 1));
    if (attnMask) {
      checkMask('attnMask', attnMask, [queries, keys], [batch * heads, queries, keys]);
      scores = masked(scores, attnMask.rank === 2 ? attnMask : attnMask.reshape([batch, heads, queries, keys]));
    }
    if (keyPaddingMask) {
      checkMask('keyPaddingMask', keyPaddingMask, [batch, keys]);
      scores = masked(scores, keyPaddingMask.reshape([batch, 1, 1, keys]));
    }
    if (isCausal) {
      const [column, row] = [keys, queries].map((count) => arange(count, { dtype: 'int32', device: q.device }));
      scores = masked(scores, gt(column!, row!.unsqueeze(1)));
    }
    const weights = dropout(scores.softmax({ axis: -1 }), { p: rate });
    return { attended: weights.matmul(v.permute(0, 2, 1, 3)).permute(0, 2, 1, 3), weights };
  }

  #check(inputs: Record<'query' | 'key' | 'value', Tensor>): void {
    const { query, key, value } = inputs;
    const [batch, tokens] = this.batchFirst ? ([0, 1] as const) : ([1, 0] as const);
    const fits =
      Object.values(inputs).every((x, i) => x.rank === 3 && x.shape[2] === [this.embedDim, this.kdim, this.vdim][i]) &&
      query.shape[batch] === key.shape[batch] &&
      key.shape[batch] === value.shape[batch] &&
      key.shape[tokens] === value.shape[tokens];
    if (fits) return;
    const place = this.batchFirst ? ['B, S', 'B, T'] : ['S, B', 'T, B'];
    const wanted = `[${place[0]}, ${this.embedDim}], [${place[1]}, ${this.kdim}] and [${place[1]}, ${this.vdim}]`;
    const got = Object.values(inputs).map(({ shape }) => formatShape(shape));
    throw new ShapeError(`query, key and value are ${got.join(', ')}; they must be ${wanted}, or all without B`, {
      op: 'MultiheadAttention.forward',
      query: query.shape,
      key: key.shape,
      value: value.shape,
    });
  }

  override describe(): string {
    const { dropout: rate, kdim, vdim, embedDim, batchFirst } = this;
    const options = { dropout: rate, bias: this.inProjBias !== undefined, kdim, vdim, batchFirst };
    const defaults = { dropout: 0, bias: true, kdim: embedDim, vdim: embedDim, batchFirst: true };
    return describeCall([embedDim, this.numHeads], options, defaults);
  }
}

/** Scores without those where a bool mask is true, or with a mask of numbers added. */
function masked(scores: Tensor, mask: Tensor): Tensor {
  return mask.dtype === 'bool' ? where(mask, -Infinity, scores) : scores.add(mask);
}

function checkMask(name: string, mask: Tensor, ...shapes: number[][]): void {
  const op = 'MultiheadAttention.forward';
  if (mask.dtype === 'uint8' || mask.dtype === 'int32')
    throw new ArgumentError(`${name} is ${mask.dtype}; it must be bool, or numbers to add`, { op });
  if (shapes.some((shape) => sameShape(shape, mask.shape))) return;
  const wanted = shapes.map(formatShape).join(' or ');
  throw new ShapeError(`${name} has shape ${formatShape(mask.shape)}; it must be ${wanted}`, { op, shape: mask.shape });
}
