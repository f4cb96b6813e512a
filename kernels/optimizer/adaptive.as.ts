// Steps of optimizers whose rate follows each element's gradients, of Lion, and of a running average, in place: each
// element is read and written once.
//
// Legend: params, grads and what the optimizer remembers are lists of tensors. Items are their pieces (pieces.as.ts);
// whatever the cut, an element goes through the same vector arithmetic.

import { madd, nmadd } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { lengthOf, partOf, pieceAt, pieceBytes } from './pieces.as';

/** grad + decay · param. */
@inline
function decayed(param: v128, grad: usize, decay: f32, left: i32): v128 {
  return madd(f32x4.splat(decay), param, loadUpTo(grad, left, 0));
}

/** share · x + rest · y, where `x` lies; it is stored there. */
@inline
function mixed(x: usize, y: v128, share: f32, rest: f32, left: i32): v128 {
  const result = madd(f32x4.splat(share), loadUpTo(x, left, 0), f32x4.mul(f32x4.splat(rest), y));
  storeUpTo(x, result, left);
  return result;
}

/** share · x + rest · y², where `x` lies; it is stored there. */
@inline
function mixedSquare(x: usize, y: v128, share: f32, rest: f32, left: i32): v128 {
  return mixed(x, f32x4.mul(y, y), share, rest, left);
}

/**
 * g = grad + decay · param;  m = beta1 · m + rest1 · g;  v = beta2 · v + rest2 · g²;
 * param −= rate · m / (√v · correction + eps).
 */
export function adamStep(
  pieces: usize, decay: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, rate: f32, correction: f32, eps: f32,
  begin: i32, end: i32,
): void {
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    const param = partOf(piece, 0);
    const grad = partOf(piece, 1);
    const mean = partOf(piece, 2);
    const square = partOf(piece, 3);
    let at: usize = 0;
    for (let left = lengthOf(piece); left > 0; left -= 4, at += 16) {
      const p = loadUpTo(param + at, left, 0);
      const g = decayed(p, grad + at, decay, left);
      const m = mixed(mean + at, g, beta1, rest1, left);
      const v = mixedSquare(square + at, g, beta2, rest2, left);
      const size = madd(f32x4.sqrt(v), f32x4.splat(correction), f32x4.splat(eps));
      storeUpTo(param + at, nmadd(f32x4.splat(rate), f32x4.div(m, size), p), left);
    }
  }
}

/**
 * g = grad + decay · param;  v = alpha · v + rest · g²;  with a mean a = alpha · a + rest · g and v less a² below;
 * d = g / (√v + eps);  with a buffer b = momentum · b + d, and b for d;  param −= lr · d.
 */
export function rmspropStep(
  pieces: usize, decay: f32, alpha: f32, rest: f32, momentum: f32, lr: f32, eps: f32, begin: i32, end: i32,
): void {
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    const param = partOf(piece, 0);
    const grad = partOf(piece, 1);
    const square = partOf(piece, 2);
    const mean = partOf(piece, 3);
    const buffer = partOf(piece, 4);
    let at: usize = 0;
    for (let left = lengthOf(piece); left > 0; left -= 4, at += 16) {
      const p = loadUpTo(param + at, left, 0);
      const g = decayed(p, grad + at, decay, left);
      let v = mixedSquare(square + at, g, alpha, rest, left);
      if (mean != 0) {
        const a = mixed(mean + at, g, alpha, rest, left);
        v = f32x4.max(nmadd(a, a, v), f32x4.splat(0));
      }
      let d = f32x4.div(g, f32x4.add(f32x4.sqrt(v), f32x4.splat(eps)));
      if (buffer != 0) d = mixed(buffer + at, d, momentum, 1, left);
      storeUpTo(param + at, nmadd(f32x4.splat(lr), d, p), left);
    }
  }
}

/** g = grad + decay · param;  s += g²;  param −= rate · g / (√s + eps). */
export function adagradStep(pieces: usize, decay: f32, rate: f32, eps: f32, begin: i32, end: i32): void {
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    const param = partOf(piece, 0);
    const grad = partOf(piece, 1);
    const sum = partOf(piece, 2);
    let at: usize = 0;
    for (let left = lengthOf(piece); left > 0; left -= 4, at += 16) {
      const p = loadUpTo(param + at, left, 0);
      const g = decayed(p, grad + at, decay, left);
      const s = mixedSquare(sum + at, g, 1, 1, left);
      const d = f32x4.div(g, f32x4.add(f32x4.sqrt(s), f32x4.splat(eps)));
      storeUpTo(param + at, nmadd(f32x4.splat(rate), d, p), left);
    }
  }
}

/** param = keep · param − lr · sign(beta1 · m + rest1 · grad);  m = beta2 · m + rest2 · grad. */
export function lionStep(
  pieces: usize, keep: f32, lr: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, begin: i32, end: i32,
): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    const param = partOf(piece, 0);
    const grad = partOf(piece, 1);
    const mean = partOf(piece, 2);
    let at: usize = 0;
    for (let left = lengthOf(piece); left > 0; left -= 4, at += 16) {
      const g = loadUpTo(grad + at, left, 0);
      const c = madd(f32x4.splat(beta1), loadUpTo(mean + at, left, 0), f32x4.mul(f32x4.splat(rest1), g));
      mixed(mean + at, g, beta2, rest2, left);
      // 0 and NaN are their own signs.
      const sign = v128.bitselect(one, v128.bitselect(f32x4.neg(one), c, f32x4.lt(c, zero)), f32x4.gt(c, zero));
      const p = f32x4.mul(f32x4.splat(keep), loadUpTo(param + at, left, 0));
      storeUpTo(param + at, nmadd(f32x4.splat(lr), sign, p), left);
    }
  }
}

/** average += weight · (value − average). */
export function averageStep(pieces: usize, weight: f32, begin: i32, end: i32): void {
  for (let piece = pieceAt(pieces, begin); piece < pieceAt(pieces, end); piece += pieceBytes) {
    const average = partOf(piece, 0);
    const value = partOf(piece, 1);
    let at: usize = 0;
    for (let left = lengthOf(piece); left > 0; left -= 4, at += 16) {
      const a = loadUpTo(average + at, left, 0);
      const d = f32x4.sub(loadUpTo(value + at, left, 0), a);
      storeUpTo(average + at, madd(f32x4.splat(weight), d, a), left);
    }
  }
}
