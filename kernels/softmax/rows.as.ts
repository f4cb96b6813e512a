/**
 * The stable exponentials of a row, shared by softmax and cross entropy. Not a kernel itself.
 */

import { exp4, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';

/** The largest number of a row; NaN is passed over, its exponential tells later. */
function largestOf(x: usize, n: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let k = 0;
  for (; k + 8 <= n; k += 8) {
    const p = x + (<usize>k << 2);
    a = f32x4.pmax(a, v128.load(p));
    b = f32x4.pmax(b, v128.load(p, 16));
  }
  for (; k < n; k += 4) a = f32x4.pmax(a, loadUpTo(x + (<usize>k << 2), n - k, -Infinity));
  a = f32x4.pmax(a, b);
  a = f32x4.pmax(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(a, i32x4.shuffle(a, a, 1, 0, 3, 2)), 0);
}

/** The largest number of a row, or 0 where that is −∞, so that exponentials of −∞ are 0 and not NaN. */
@inline
export function shiftOf(x: usize, n: i32): f32 {
  const largest = largestOf(x, n);
  return largest == -Infinity ? 0 : largest;
}

@inline
function exponential(x: usize, y: usize, left: i32, shift: v128): v128 {
  const e = exp4(f32x4.sub(loadUpTo(x, left, -Infinity), shift));
  storeUpTo(y, e, left);
  return e;
}

/** y = e^(x − shift); gives the sum. */
export function exponentials(x: usize, y: usize, n: i32, shift: f32): f32 {
  const m = f32x4.splat(shift);
  let sums = f32x4.splat(0);
  let k = 0;
  for (; k + 4 <= n; k += 4) sums = f32x4.add(sums, exponential(x + (<usize>k << 2), y + (<usize>k << 2), 4, m));
  if (k < n) sums = f32x4.add(sums, exponential(x + (<usize>k << 2), y + (<usize>k << 2), n - k, m));
  return sum4(sums);
}
