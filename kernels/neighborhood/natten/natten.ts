/**
 * NATTEN's names for people who come from it: its functions of all versions with its order of arguments. Arguments may be
 * given by position as in Python, and the last ones by name in an object: `na2d(q, k, v, 7, { dilation: 2, return_lse: true })`.
 * null is Python's None. What only chooses between equal ways (`run_persistent_kernel`, `torch_compile`,
 * `backward_use_pt_reduction`, `use_autograd_fix`, `max_seqlen_Q`, the tiles and splits of `attention`) is taken and has no effect.
 *
 * @source NATTEN 0.17.5 and main of 2026-07, src/natten/functional.py
 * @module
 */

import type { Tensor } from '../../../tensor/tensor.ts';
import type { AttentionKeywords, NattenKeywords } from './nattenArguments.ts';
import type { NaOptions, NeighborhoodAttention } from '../neighborhoodAttention.ts';
import type { PerAxis } from '../problem.ts';
import type { NeighborhoodAv, NeighborhoodQk } from '../unfused.ts';
import { ArgumentError } from '../../../tensor/errors.ts';
import { attention as attend } from '../attention.ts';
import { mergeAttentions } from '../merge.ts';
import { attentionOrder, defined, naNamed, naOrder, readArguments } from './nattenArguments.ts';
import { na1d as own1d, na2d as own2d, na3d as own3d, neighborhoodAttention } from '../neighborhoodAttention.ts';
import { na1dAv, na1dQk, na2dAv, na2dQk, na3dAv, na3dQk } from '../unfused.ts';

export type { AttentionKeywords, NattenKeywords };

/** query, key, value [B, *X, N, D] → output [B, *X, N, D], with `return_lse` also logsumexp [B, *X, N]. */
export interface NattenAttention {
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    kernel_size: PerAxis<number>,
    stride?: PerAxis<number>,
    dilation?: PerAxis<number>,
    is_causal?: PerAxis<boolean>,
    scale?: number | null,
    additional_keys?: Tensor | null,
    additional_values?: Tensor | null,
  ): Tensor;
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    kernel_size: PerAxis<number>,
    keywords: NattenKeywords & { return_lse: true },
  ): [output: Tensor, logsumexp: Tensor];
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    kernel_size: PerAxis<number>,
    keywords: NattenKeywords & { return_lse?: false },
  ): Tensor;
  /** All of NATTEN's arguments by position. */
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ...rest: readonly unknown[]
  ): Tensor | [output: Tensor, logsumexp: Tensor];
}

/**
 * Neighborhood attention over one token axis, with the arguments of NATTEN >= 0.20: kernel_size, stride, dilation, is_causal, scale,
 * additional_keys, additional_values, attention_kwargs, backend, q_tile_shape, kv_tile_shape, backward_q_tile_shape,
 * backward_kv_tile_shape, backward_kv_splits, ..., return_lse. NATTEN <= 0.17.5 had no stride in its order; `rpb` goes by name.
 *
 * @throws ArgumentError for arguments that do not exist, and as `na1d` of 'vicinal'
 * @example
 * const q = randn([1, 20, 2, 8]);
 * na1d(q, q, q, 7, 1, 2, true).shape;                                         // [1, 20, 2, 8]
 * const [output, lse] = na1d(q, q, q, 7, { dilation: 2, return_lse: true });
 */
export const na1d: NattenAttention = fused('na1d', own1d);
/** `na1d` over two token axes. */
export const na2d: NattenAttention = fused('na2d', own2d);
/** `na1d` over three token axes. */
export const na3d: NattenAttention = fused('na3d', own3d);
/** `na1d` over as many token axes as the tensors have. */
export const neighborhood_attention_generic: NattenAttention = fused(
  'neighborhood_attention_generic',
  neighborhoodAttention,
);

/** query, key [B, N, *X, D] → [B, N, *X, ΠK + n], heads first, not scaled. */
export type NattenQk = (
  query: Tensor,
  key: Tensor,
  kernel_size: PerAxis<number>,
  dilation?: PerAxis<number>,
  additional_keys?: Tensor | null,
  is_causal?: PerAxis<boolean>,
  rpb?: Tensor | null,
) => Tensor;

/** attn [B, N, *X, ΠK + n], value [B, N, *X, D] → [B, N, *X, D], heads first. */
export type NattenAv = (
  attn: Tensor,
  value: Tensor,
  kernel_size: PerAxis<number>,
  dilation?: PerAxis<number>,
  additional_values?: Tensor | null,
  is_causal?: PerAxis<boolean>,
) => Tensor;

/** As `NattenQk`, with the bias third. */
export type NattenQkBias = (
  query: Tensor,
  key: Tensor,
  rpb: Tensor | null,
  kernel_size: PerAxis<number>,
  dilation?: PerAxis<number>,
) => Tensor;

/**
 * Query · key with the neighbours: `na1dQk` with the arguments of NATTEN <= 0.17.5.
 *
 * @throws as `na1dQk`
 * @example
 * const q = randn([1, 2, 20, 8]);
 * const attn = na1d_qk(q.mul(8 ** -0.5), q, 7, 2).softmax();
 * na1d_av(attn, q, 7, 2).shape;                                               // [1, 2, 20, 8]
 */
export const na1d_qk: NattenQk = qk(na1dQk);
/** `na1d_qk` over two token axes. */
export const na2d_qk: NattenQk = qk(na2dQk);
/** `na1d_qk` over three token axes. */
export const na3d_qk: NattenQk = qk(na3dQk);

/** The neighbours' values times their weights: `na1dAv` with the arguments of NATTEN <= 0.17.5. @throws as `na1dAv` */
export const na1d_av: NattenAv = av(na1dAv);
/** `na1d_av` over two token axes. */
export const na2d_av: NattenAv = av(na2dAv);
/** `na1d_av` over three token axes. */
export const na3d_av: NattenAv = av(na3dAv);

/** `na1d_qk` with a bias, as NATTEN 0.15 named it. @throws as `na1dQk` */
export const na1d_qk_with_bias: NattenQkBias = qkBias(na1dQk);
/** `na1d_qk_with_bias` over two token axes. */
export const na2d_qk_with_bias: NattenQkBias = qkBias(na2dQk);
/** `na1d_qk_with_bias` over three token axes. */
export const na3d_qk_with_bias: NattenQkBias = qkBias(na3dQk);

/** `na1d_qk` as NATTEN 0.14 named it. @throws as `na1dQk` */
export const natten1dqk: NattenQk = na1d_qk;
/** `na2d_qk` as NATTEN 0.14 named it. */
export const natten2dqk: NattenQk = na2d_qk;
/** `na3d_qk` as NATTEN 0.15 named it. */
export const natten3dqk: NattenQk = na3d_qk;

/** `na1d_qk` with a bias, as NATTEN 0.14 named it. @throws as `na1dQk` */
export const natten1dqkrpb: NattenQkBias = na1d_qk_with_bias;
/**
 * `na2d_qk` with a bias, as NATTEN 0.14 named it and models on the Hugging Face hub import it.
 *
 * @throws as `na2dQk`
 * @example
 * const [q, rpb] = [randn([1, 2, 9, 9, 8]), zeros([2, 13, 13])];
 * const attn = natten2dqkrpb(q, q, rpb, 7, 1).softmax();
 * natten2dav(attn, q, 7, 1).shape;                                            // [1, 2, 9, 9, 8]
 */
export const natten2dqkrpb: NattenQkBias = na2d_qk_with_bias;
/** `na3d_qk` with a bias, as NATTEN 0.15 named it. */
export const natten3dqkrpb: NattenQkBias = na3d_qk_with_bias;

/** `na1d_av` as NATTEN 0.14 named it. @throws as `na1dAv` */
export const natten1dav: NattenAv = na1d_av;
/** `na2d_av` as NATTEN 0.14 named it. */
export const natten2dav: NattenAv = na2d_av;
/** `na3d_av` as NATTEN 0.15 named it. */
export const natten3dav: NattenAv = na3d_av;

/** query [B, S, N, D], key, value [B, T, N, D] → [B, S, N, D], with `return_lse` also logsumexp [B, S, N]. */
export interface NattenPlainAttention {
  (query: Tensor, key: Tensor, value: Tensor, is_causal?: boolean, scale?: number | null): Tensor;
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    keywords: AttentionKeywords & { return_lse: true },
  ): [output: Tensor, logsumexp: Tensor];
  (query: Tensor, key: Tensor, value: Tensor, keywords: AttentionKeywords & { return_lse?: false }): Tensor;
  /** All of NATTEN's arguments by position. */
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ...rest: readonly unknown[]
  ): Tensor | [output: Tensor, logsumexp: Tensor];
}

/**
 * Attention of every query to every key: `attention` of 'vicinal' with NATTEN's arguments. Packed sequences are told by their
 * lengths (`seqlens_Q`, `seqlens_KV`) or where they begin and end (`cumulative_seqlen_Q`, `cumulative_seqlen_KV`), as arrays.
 *
 * @throws ArgumentError for arguments that do not exist, and as `attention`
 * @example
 * const q = randn([1, 5, 2, 8]);
 * const [output, lse] = attention(q, q, q, { is_causal: true, seqlens_Q: [2, 3], seqlens_KV: [2, 3], return_lse: true });
 */
export const attention: NattenPlainAttention = ((query: Tensor, key: Tensor, value: Tensor, ...rest: unknown[]) => {
  const given = readArguments('attention', rest, attentionOrder) as AttentionKeywords;
  const options = {
    isCausal: given.is_causal,
    scale: given.scale ?? undefined,
    cumulativeLengthsQuery: given.cumulative_seqlen_Q ?? cumulated('seqlens_Q', given.seqlens_Q),
    cumulativeLengthsKey: given.cumulative_seqlen_KV ?? cumulated('seqlens_KV', given.seqlens_KV),
  };
  if (!given.return_lse) return attend(query, key, value, defined(options));
  const { output, logsumexp } = attend(query, key, value, { ...defined(options), returnLogsumexp: true });
  return [output, logsumexp];
}) as NattenPlainAttention;

/**
 * The attention to several sets of keys at once: `mergeAttentions` with NATTEN's arguments. Gradients are exact without a fix.
 *
 * @throws as `mergeAttentions`
 * @example
 * const q = randn([1, 8, 2, 4]);
 * const [a, b] = [attention(q, q, q, { return_lse: true }), attention(q, q, q, { return_lse: true })];
 * const [output, lse] = merge_attentions([a[0], b[0]], [a[1], b[1]]);
 */
export function merge_attentions(
  outputs: readonly Tensor[],
  lse_tensors: readonly Tensor[],
  _torch_compile = true,
  _use_autograd_fix = true,
): [output: Tensor, logsumexp: Tensor] {
  const { output, logsumexp } = mergeAttentions(outputs, lse_tensors);
  return [output, logsumexp];
}

function fused(op: string, attend: NeighborhoodAttention): NattenAttention {
  const call = (query: Tensor, key: Tensor, value: Tensor, ...rest: unknown[]): Tensor | [Tensor, Tensor] => {
    const given = readArguments(op, rest, naOrder, naNamed) as NattenKeywords & { kernel_size: PerAxis<number> };
    const options = {
      kernelSize: given.kernel_size,
      stride: given.stride,
      dilation: given.dilation,
      isCausal: given.is_causal,
      scale: given.scale,
      rpb: given.rpb,
      additionalKeys: given.additional_keys,
      additionalValues: given.additional_values,
      queryTileSize: given.q_tile_shape,
      keyTileSize: given.kv_tile_shape,
      backwardQueryTileSize: given.backward_q_tile_shape,
      backwardKeyTileSize: given.backward_kv_tile_shape,
      numSplitsKey: given.backward_kv_splits,
    };
    const named = defined(options) as NaOptions;
    if (!given.return_lse) return attend(query, key, value, named);
    const { output, logsumexp } = attend(query, key, value, { ...named, returnLogsumexp: true });
    return [output, logsumexp];
  };
  return call as NattenAttention;
}

function qk(own: NeighborhoodQk): NattenQk {
  return (query, key, kernel_size, dilation, additional_keys, is_causal, rpb) => {
    const problem = { kernelSize: kernel_size, ...defined({ dilation, isCausal: is_causal }) };
    return own(query, key, { ...problem, ...defined({ additionalKeys: additional_keys, rpb }) });
  };
}

function qkBias(own: NeighborhoodQk): NattenQkBias {
  return (query, key, rpb, kernel_size, dilation) =>
    own(query, key, { kernelSize: kernel_size, ...defined({ dilation, rpb }) });
}

function av(own: NeighborhoodAv): NattenAv {
  return (attn, value, kernel_size, dilation, additional_values, is_causal) => {
    const problem = { kernelSize: kernel_size, ...defined({ dilation, isCausal: is_causal }) };
    return own(attn, value, { ...problem, ...defined({ additionalValues: additional_values }) });
  };
}

/** Lengths 2, 3 are sequences from 0 to 2 to 5. */
function cumulated(name: string, lengths: readonly number[] | null | undefined): number[] | undefined {
  if (lengths === null || lengths === undefined) return undefined;
  if (!Array.isArray(lengths))
    throw new ArgumentError(`${name} must be an array of lengths, got ${typeof lengths}`, { op: 'attention', name });
  const ends = [0];
  for (const length of lengths as readonly number[]) ends.push(ends.at(-1)! + length);
  return ends;
}
