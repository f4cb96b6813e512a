// Cross entropy of rows of logits against class indices, and the sum of per-row losses.
//
// Legend: logits, dx [rows, n]; target [rows] (int32, in range or `ignore`); losses [rows]; g [rows] or one number.
// Items are rows. The backward computes the softmax again: one exponential per logit either way, nothing to remember,
// and exact for logits of 1e4, where a stored logsumexp would be rounded.

import { log1, madd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { exponentials, nextRow, scaleRow, shiftOf } from '../softmax/rows.as';

/** Σ (shift − x). */
@inline
function distances(x: usize, n: i32, shift: f32): f32 {
  const m = f32x4.splat(shift);
  let sums = f32x4.splat(0);
  for (let k = 0; k < n; k += 4) {
    sums = f32x4.add(sums, f32x4.sub(m, loadUpTo(x + (<usize>k << 2), n - k, shift)));
  }
  return sum4(sums);
}

/** (1 − smoothing) · −ln p[target] + smoothing · mean of −ln p; 0 for ignored rows. Scratch: n floats. */
export function crossEntropyRows(
  logits: usize, target: usize, losses: usize, n: i32, smoothing: f32, ignore: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  for (let row = begin; row < end; row++) {
    const to = losses + (<usize>row << 2);
    const label = load<i32>(target + (<usize>row << 2));
    if (label == ignore) {
      store<f32>(to, 0);
      continue;
    }
    const x = logits + ((<usize>row * <usize>n) << 2);
    const shift = shiftOf(x, n);
    const total = exponentials(x, scratch, n, shift, nextRow(x, n, row + 1 == end));
    const log: f32 = total == 0 ? 0 : log1(total);
    let distance = shift - load<f32>(x + (<usize>label << 2));
    if (smoothing != 0) distance = (1 - smoothing) * distance + smoothing * (distances(x, n, shift) / <f32>n);
    store<f32>(to, log + distance);
  }
}

/**
 * dx = scale · g (softmax(x) − (1 − smoothing) onehot(target) − smoothing / n); 0 for ignored rows and where all logits
 * are −∞. g is one number when `gStep` is 0.
 */
export function crossEntropyBackwardRows(
  logits: usize, target: usize, g: usize, gStep: i32, dx: usize,
  n: i32, smoothing: f32, ignore: i32, scale: f32, begin: i32, end: i32,
): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const x = logits + <usize>row * bytes;
    const to = dx + <usize>row * bytes;
    const label = load<i32>(target + (<usize>row << 2));
    const total: f32 = label == ignore ? 0 : exponentials(x, to, n, shiftOf(x, n), nextRow(x, n, row + 1 == end));
    if (total == 0) {
      memory.fill(to, 0, bytes);
      continue;
    }
    const weight = scale * load<f32>(g + (<usize>(row * gStep) << 2));
    scaleRow(to, n, f32x4.splat(weight / total), f32x4.splat(-weight * smoothing / <f32>n));
    const hit = to + (<usize>label << 2);
    store<f32>(hit, load<f32>(hit) - weight * (1 - smoothing));
  }
}

/** out = scale · Σ values, added in order in float64. One item. */
export function scaledSum(values: usize, n: i32, scale: f64, out: usize, begin: i32, end: i32): void {
  let total: f64 = 0;
  for (let i = 0; i < n; i++) total += <f64>load<f32>(values + (<usize>i << 2));
  store<f32>(out, <f32>(total * scale));
}

@inline
function square(x: usize, y: usize, left: i32, sums: v128): v128 {
  const d = f32x4.sub(loadUpTo(x, left, 0), loadUpTo(y, left, 0));
  return madd(d, d, sums);
}

/** Σ (x − y)² per item: blocks of 4096 elements, in four lanes each. */
export function squaredDifferences(x: usize, y: usize, n: i32, partials: usize, begin: i32, end: i32): void {
  for (let item = begin; item < end; item++) {
    const last = min(n, (item + 1) << 12);
    let sums = f32x4.splat(0);
    let k = item << 12;
    for (; k + 4 <= last; k += 4) sums = square(x + (<usize>k << 2), y + (<usize>k << 2), 4, sums);
    if (k < last) sums = square(x + (<usize>k << 2), y + (<usize>k << 2), last - k, sums);
    store<f32>(partials + (<usize>item << 2), sum4(sums));
  }
}
