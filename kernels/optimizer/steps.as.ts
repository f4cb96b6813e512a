// One step of an optimizer on all its parameters, in place: each element is read and written once.
//
// Legend: params, grads and what the optimizer remembers are lists of tensors. Items are their pieces (pieces.as.ts);
// whatever the cut, an element goes through the same vector arithmetic.

import { madd, nmadd } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { lengthOf, partOf, pieceAt, pieceBytes } from './pieces.as';

@inline
function sgd(
  param: usize, grad: usize, buffer: usize, left: i32, lr: v128, momentum: v128, keep: v128, weightDecay: v128,
  nesterov: i32, first: i32,
): void {
  const p = loadUpTo(param, left, 0);
  const d = madd(weightDecay, p, loadUpTo(grad, left, 0));
  let step = d;
  if (buffer != 0) {
    const b = first != 0 ? d : madd(momentum, loadUpTo(buffer, left, 0), f32x4.mul(keep, d));
    storeUpTo(buffer, b, left);
    step = nesterov != 0 ? madd(momentum, b, d) : b;
  }
  storeUpTo(param, nmadd(lr, step, p), left);
}

/**
 * d = grad + weightDecay · param;  b = momentum · b + keep · d (d itself in the first step);
 * param −= lr · (b, or d + momentum · b with nesterov, or d without a buffer).
 */
export function sgdStep(
  pieces: usize, lr: f32, momentum: f32, keep: f32, weightDecay: f32, nesterov: i32, first: i32, begin: i32, end: i32,
): void {
  const rate = f32x4.splat(lr);
  const mu = f32x4.splat(momentum);
  const share = f32x4.splat(keep);
  const decay = f32x4.splat(weightDecay);
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    let param = partOf(piece, 0);
    let grad = partOf(piece, 1);
    let buffer = partOf(piece, 2);
    const step: usize = buffer != 0 ? 16 : 0;
    let left = lengthOf(piece);
    for (; left >= 4; left -= 4, param += 16, grad += 16, buffer += step) {
      sgd(param, grad, buffer, 4, rate, mu, share, decay, nesterov, first);
    }
    if (left > 0) sgd(param, grad, buffer, left, rate, mu, share, decay, nesterov, first);
  }
}

@inline
function adamw(
  param: usize, grad: usize, mean: usize, square: usize, left: i32, beta1: v128, rest1: v128, beta2: v128, rest2: v128,
  keep: v128, rate: v128, correction: v128, eps: v128,
): void {
  const p = loadUpTo(param, left, 0);
  const g = loadUpTo(grad, left, 0);
  const m = madd(beta1, loadUpTo(mean, left, 0), f32x4.mul(rest1, g));
  const v = madd(beta2, loadUpTo(square, left, 0), f32x4.mul(f32x4.mul(rest2, g), g));
  const step = f32x4.div(m, madd(f32x4.sqrt(v), correction, eps));
  storeUpTo(mean, m, left);
  storeUpTo(square, v, left);
  storeUpTo(param, nmadd(rate, step, f32x4.mul(keep, p)), left);
}

/**
 * m = beta1 · m + (1 − beta1) grad;  v = beta2 · v + (1 − beta2) grad²;
 * param = keep · param − rate · m / (√v · correction + eps).
 */
export function adamwStep(
  pieces: usize, beta1: f32, rest1: f32, beta2: f32, rest2: f32, keep: f32, rate: f32, correction: f32, eps: f32,
  begin: i32, end: i32,
): void {
  const b1 = f32x4.splat(beta1);
  const r1 = f32x4.splat(rest1);
  const b2 = f32x4.splat(beta2);
  const r2 = f32x4.splat(rest2);
  const k = f32x4.splat(keep);
  const lr = f32x4.splat(rate);
  const c = f32x4.splat(correction);
  const e = f32x4.splat(eps);
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    let param = partOf(piece, 0);
    let grad = partOf(piece, 1);
    let mean = partOf(piece, 2);
    let square = partOf(piece, 3);
    let left = lengthOf(piece);
    for (; left >= 4; left -= 4, param += 16, grad += 16, mean += 16, square += 16) {
      adamw(param, grad, mean, square, 4, b1, r1, b2, r2, k, lr, c, e);
    }
    if (left > 0) adamw(param, grad, mean, square, left, b1, r1, b2, r2, k, lr, c, e);
  }
}
