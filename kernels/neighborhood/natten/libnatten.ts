/**
 * NATTEN's C++ library with its argument lists: outputs come first and are written in place, arrays have one entry per token
 * axis. Nothing is recorded for backward.
 *
 * Letters: B batch, X Y Z token axes (*X: all of them), N heads, D head dim, K kernel size per axis. As in the original all
 * tensors of a call have one shape, dtype and device, and tiles are those that its kernels have; what it cannot do and we
 * can is allowed: even kernel sizes and 1, any head dim, inputs that are views, and a bias together with causal axes. Where it
 * ends the process, an error is thrown. On webgpu a tile is cut down to what a workgroup holds: of three axes to one plane, then
 * in halves; the few problems that are computed without tiles there (a bias; head dims other than 16, 32, 64, 128) take any.
 *
 * @source NATTEN 0.17.5, csrc/natten.cpp, csrc/include/natten/pytorch/na{1,2,3}d.h
 * @module
 */

import type { Tensor } from '../../../tensor/tensor.ts';
import type { FusedBackward, FusedForward } from './libnattenFused.ts';
import type { AvBackward, AvForward, QkBackward, QkForward } from './libnattenUnfused.ts';
import { fusedBackward, fusedForward, writeDelta } from './libnattenFused.ts';
import { avBackward, avForward, qkBackward, qkForward } from './libnattenUnfused.ts';

export type { AvBackward, AvForward, FusedBackward, FusedForward, QkBackward, QkForward };

/**
 * Fused attention, written to `output` [B, X, N, D], and the logarithm of each query's sum of weights, written to `logsumexp`
 * [B, X, N] unless that is null. Scores are attnScale · query · key, plus `relPosBias` [N, 2K − 1] by distance unless null.
 *
 * `queryTileSize` and `keyTileSize` cut the work of the kernel; their products are 32 with 128, 64 with 64, or 64 with 128.
 *
 * @throws ShapeError for tensors that do not fit each other, arrays without an entry per token axis, a problem that does not
 *   fit the token axes, and tiles that no kernel has; DtypeError and DeviceError where tensors differ in those; ArgumentError
 *   for an output with gaps
 * @example
 * const [q, out, lse] = [randn([1, 100, 2, 8]), zeros([1, 100, 2, 8]), zeros([1, 100, 2])];
 * na1dForward(out, q, q, q, null, lse, [7], [2], [true], 0.35, [64], [64]);
 */
export const na1dForward: FusedForward = fusedForward(1);
/** `na1dForward` over two token axes: tensors [B, X, Y, N, D], relPosBias [N, 2K₀ − 1, 2K₁ − 1]. */
export const na2dForward: FusedForward = fusedForward(2);
/** `na1dForward` over three token axes: tensors [B, X, Y, Z, N, D]. */
export const na3dForward: FusedForward = fusedForward(3);

/**
 * The gradients of `na1dForward` without a bias, from its output, the output's gradient and its logsumexp.
 *
 * The products of `queryTileSize` and `keyTileSize` are 64 with 64, 128 with 64, or 128 with 128. `numSplitsKey` is in how
 * many parts the keys of each query are summed, at most ceil(ceil(X / dilation) / keyTileSize); key tile t, counted
 * from the first that a tile of queries sees, goes to part t mod numSplitsKey; on webgpu the parts are even ones of every query's window. `computeDeltaWithOps` takes delta from a product and a sum instead of the fused kernel.
 *
 * @throws as `na1dForward`, and ShapeError for too many splits
 * @example
 * const [q, dO] = [randn([1, 100, 2, 8]), randn([1, 100, 2, 8])];
 * const [out, dQ, dK, dV] = [zeros(q.shape), zeros(q.shape), zeros(q.shape), zeros(q.shape)];
 * const lse = zeros([1, 100, 2]);
 * na1dForward(out, q, q, q, null, lse, [7], [1], [false], 0.35, [64], [64]);
 * na1dBackward(dQ, dK, dV, q, q, q, out, dO, lse, [7], [1], [false], 0.35, [64], [64], [2], false);
 */
export const na1dBackward: FusedBackward = fusedBackward(1);
/** `na1dBackward` over two token axes. */
export const na2dBackward: FusedBackward = fusedBackward(2);
/** `na1dBackward` over three token axes. */
export const na3dBackward: FusedBackward = fusedBackward(3);

/**
 * query · key of each query with its neighbours, not scaled, written to `attn` [B, N, X, K]; query, key [B, N, X, D], heads
 * first. `relPosBias` [N, 2K − 1] is added unless null. Slots that a causal query does not see are −∞.
 *
 * @throws as `na1dForward`
 * @example
 * const [q, attn] = [randn([1, 2, 10, 8]), zeros([1, 2, 10, 3])];
 * na1dQkForward(attn, q, q, null, [3], [1], [false]);
 */
export const na1dQkForward: QkForward = qkForward(1);
/** `na1dQkForward` over two token axes: query, key [B, N, X, Y, D], attn [B, N, X, Y, K₀ K₁]. */
export const na2dQkForward: QkForward = qkForward(2);
/** `na1dQkForward` over three token axes. */
export const na3dQkForward: QkForward = qkForward(3);

/**
 * The gradients of `na1dQkForward`. What `gradAttn` holds in slots that a causal query does not see is skipped. That of the
 * bias is written unless `gradRelPosBias` is null.
 *
 * @throws as `na1dForward`
 * @example
 * const [q, gradAttn] = [randn([1, 2, 10, 8]), randn([1, 2, 10, 3])];
 * const [dQ, dK] = [zeros(q.shape), zeros(q.shape)];
 * na1dQkBackward(dQ, dK, null, gradAttn, q, q, [3], [1], [false]);
 */
export const na1dQkBackward: QkBackward = qkBackward(1);
/** `na1dQkBackward` over two token axes. */
export const na2dQkBackward: QkBackward = qkBackward(2);
/** `na1dQkBackward` over three token axes. */
export const na3dQkBackward: QkBackward = qkBackward(3);

/**
 * Σ attn · value over each query's neighbours, written to `output` [B, N, X, D]; attn [B, N, X, K], value [B, N, X, D], heads
 * first. What `attn` holds in slots that a causal query does not see is skipped.
 *
 * @throws as `na1dForward`
 * @example
 * const [attn, v, out] = [rand([1, 2, 10, 3]), randn([1, 2, 10, 8]), zeros([1, 2, 10, 8])];
 * na1dAvForward(out, attn, v, [3], [1], [false]);
 */
export const na1dAvForward: AvForward = avForward(1);
/** `na1dAvForward` over two token axes. */
export const na2dAvForward: AvForward = avForward(2);
/** `na1dAvForward` over three token axes. */
export const na3dAvForward: AvForward = avForward(3);

/**
 * The gradients of `na1dAvForward`; that of a slot that a causal query does not see is 0.
 *
 * @throws as `na1dForward`
 * @example
 * const [attn, v, dO] = [rand([1, 2, 10, 3]), randn([1, 2, 10, 8]), randn([1, 2, 10, 8])];
 * const [dA, dV] = [zeros(attn.shape), zeros(v.shape)];
 * na1dAvBackward(dA, dV, dO, attn, v, [3], [1], [false]);
 */
export const na1dAvBackward: AvBackward = avBackward(1);
/** `na1dAvBackward` over two token axes. */
export const na2dAvBackward: AvBackward = avBackward(2);
/** `na1dAvBackward` over three token axes. */
export const na3dAvBackward: AvBackward = avBackward(3);

/**
 * delta = Σ_d output · gradOutput, written to `delta` [B, *X, N]; output, gradOutput [B, *X, N, D].
 *
 * @throws as `na1dForward`
 * @example
 * const delta = zeros([1, 9, 2]);
 * computeDelta(ones([1, 9, 2, 4]), ones([1, 9, 2, 4]), delta);     // 4 everywhere
 */
export function computeDelta(output: Tensor, gradOutput: Tensor, delta: Tensor): void {
  writeDelta(output, gradOutput, delta);
}
