/**
 * The stable exponentials of a row, shared by softmax and cross entropy. Not a kernel itself.
 */

import { expDown4, madd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';

/** The largest number of a row; NaN is passed over, its exponential tells later. */
@inline
function largestOf(x: usize, n: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  let p = x;
  for (const end = x + (<usize>(n & ~15) << 2); p < end; p += 64) {
    a = f32x4.pmax(a, v128.load(p));
    b = f32x4.pmax(b, v128.load(p, 16));
    c = f32x4.pmax(c, v128.load(p, 32));
    d = f32x4.pmax(d, v128.load(p, 48));
  }
  for (const end = x + (<usize>(n & ~3) << 2); p < end; p += 16) a = f32x4.pmax(a, v128.load(p));
  if ((n & 3) != 0) b = f32x4.pmax(b, n > 4 ? v128.load(lastFour(x, n)) : loadUpTo(x, n, -Infinity));
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  a = f32x4.pmax(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(a, i32x4.shuffle(a, a, 1, 0, 3, 2)), 0);
}

/** Where the last four of a row's n numbers lie. */
@inline
function lastFour(x: usize, n: i32): usize {
  return x + (<usize>(n - 4) << 2);
}

/** The largest number of a row, or 0 where that is −∞, so that exponentials of −∞ are 0 and not NaN. */
@inline
export function shiftOf(x: usize, n: i32): f32 {
  const largest = largestOf(x, n);
  return largest == -Infinity ? 0 : largest;
}

@inline
function exponential(x: usize, y: usize, shift: v128): v128 {
  const e = expDown4(f32x4.sub(v128.load(x), shift));
  v128.store(y, e);
  return e;
}

/**
 * The row to fetch while row `at` is worked on: the next, where there is one and rows are short enough to stay in the
 * first cache. What is computed hides the wait then, where the search for the largest would not.
 */
@inline
export function nextRow(at: usize, n: i32, isLast: bool): usize {
  return isLast || n > 2048 ? at : at + (<usize>n << 2);
}

/** y = e^(x − shift) for a shift as `shiftOf` gives; the sum. x and y are apart; n floats at `next` are fetched. */
@inline
export function exponentials(x: usize, y: usize, n: i32, shift: f32, next: usize): f32 {
  const m = f32x4.splat(shift);
  const ahead = next - x;
  let a = f32x4.splat(0);
  let b = a;
  let from = x;
  let to = y;
  for (const end = x + (<usize>(n & ~7) << 2); from < end; from += 32, to += 32) {
    load<u8>(from + ahead);
    a = f32x4.add(a, exponential(from, to, m));
    b = f32x4.add(b, exponential(from + 16, to + 16, m));
  }
  if ((n & 4) != 0) a = f32x4.add(a, exponential(from, to, m));
  const left = n & 3;
  if (left != 0) {
    // The last four once more, of which some are counted already.
    if (n > 4) {
      const isNew = i32x4.gt_s(i32x4(0, 1, 2, 3), i32x4.splat(3 - left));
      b = f32x4.add(b, v128.and(exponential(lastFour(x, n), lastFour(y, n), m), isNew));
    } else {
      const e = expDown4(f32x4.sub(loadUpTo(x, left, -Infinity), m));
      storeUpTo(y, e, left);
      b = f32x4.add(b, e);
    }
  }
  return sum4(f32x4.add(a, b));
}

/** y = y · factor + base in n places. */
@inline
export function scaleRow(y: usize, n: i32, factor: v128, base: v128): void {
  const left = n & 3;
  // Before it is changed: the last four take part in two vectors.
  const last = left == 0 ? factor : n > 4 ? v128.load(lastFour(y, n)) : loadUpTo(y, left, 0);
  let p = y;
  for (const end = y + (<usize>(n & ~7) << 2); p < end; p += 32) {
    v128.store(p, madd(v128.load(p), factor, base));
    v128.store(p, madd(v128.load(p, 16), factor, base), 16);
  }
  if ((n & 4) != 0) v128.store(p, madd(v128.load(p), factor, base));
  if (left == 0) return;
  const scaled = madd(last, factor, base);
  if (n > 4) v128.store(lastFour(y, n), scaled);
  else storeUpTo(y, scaled, left);
}
