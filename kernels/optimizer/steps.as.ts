// One step of an optimizer, in place: each element is read and written once.
//
// Legend: param, grad and what the optimizer remembers are [n]. Items are elements; whatever the cut, an element goes
// through the same vector arithmetic.

import { madd, nmadd } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';

/**
 * d = grad + weightDecay · param;  b = momentum · b + keep · d (d itself in the first step);
 * param −= lr · (b, or d + momentum · b with nesterov, or d without a buffer).
 */
export function sgdStep(
  param: usize, grad: usize, buffer: usize, lr: f32, momentum: f32, keep: f32, weightDecay: f32,
  nesterov: i32, first: i32, begin: i32, end: i32,
): void {
  const rate = f32x4.splat(lr);
  const mu = f32x4.splat(momentum);
  const share = f32x4.splat(keep);
  const decay = f32x4.splat(weightDecay);
  for (let i = begin; i < end; i += 4) {
    const at = <usize>i << 2;
    const left = end - i;
    const p = loadUpTo(param + at, left, 0);
    const d = madd(decay, p, loadUpTo(grad + at, left, 0));
    let step = d;
    if (buffer != 0) {
      const b = first != 0 ? d : madd(mu, loadUpTo(buffer + at, left, 0), f32x4.mul(share, d));
      storeUpTo(buffer + at, b, left);
      step = nesterov != 0 ? madd(mu, b, d) : b;
    }
    storeUpTo(param + at, nmadd(rate, step, p), left);
  }
}

/**
 * m = beta1 · m + (1 − beta1) grad;  v = beta2 · v + (1 − beta2) grad²;
 * param = keep · param − rate · m / (√v · correction + eps).
 */
export function adamwStep(
  param: usize, grad: usize, mean: usize, square: usize, beta1: f32, rest1: f32, beta2: f32, rest2: f32,
  keep: f32, rate: f32, correction: f32, eps: f32, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i += 4) {
    const at = <usize>i << 2;
    const left = end - i;
    const p = loadUpTo(param + at, left, 0);
    const g = loadUpTo(grad + at, left, 0);
    const m = madd(f32x4.splat(beta1), loadUpTo(mean + at, left, 0), f32x4.mul(f32x4.splat(rest1), g));
    const gg = f32x4.mul(f32x4.mul(f32x4.splat(rest2), g), g);
    const v = madd(f32x4.splat(beta2), loadUpTo(square + at, left, 0), gg);
    const root = madd(f32x4.sqrt(v), f32x4.splat(correction), f32x4.splat(eps));
    const step = f32x4.div(m, root);
    storeUpTo(mean + at, m, left);
    storeUpTo(square + at, v, left);
    storeUpTo(param + at, nmadd(f32x4.splat(rate), step, f32x4.mul(f32x4.splat(keep), p)), left);
  }
}
