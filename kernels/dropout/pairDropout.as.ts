// Dropout of attention weights: a weight's bits depend on its batch entry, head, query and key alone.
//
// Legend: x, y [B, N, T, M]; keys [T, M], or [M] for all queries (perRow 0). Items are rows of x. Word key & 3 of the
// block with counter (key >> 2, query, head, batch) decides: x · scale is kept where it is at least `threshold`, as
// unsigned numbers. Scratch holds four blocks (64 bytes).

import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { philoxWord4 } from './philox.as';

/** @param perRow keys between one query's and the next: M or 0 */
export function pairDropout(
  x: usize, y: usize, heads: i32, tokens: i32, slots: i32, keys: usize, perRow: i32,
  seed: i32, threshold: i32, scale: f32, begin: i32, end: i32, scratch: usize,
): void {
  const least = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  for (let row = begin; row < end; row++) {
    const query = row % tokens;
    const head = (row / tokens) % heads;
    const batch = row / tokens / heads;
    const c1 = i32x4.splat(query), c2 = i32x4.splat(head), c3 = i32x4.splat(batch);
    const numbers = keys + (<usize>query * <usize>perRow << 2);
    const first = <usize>row * <usize>slots << 2;
    for (let m = 0; m < slots; m += 4) {
      const at = <usize>m << 2;
      const left = slots - m;
      const key = loadUpTo(numbers + at, left, 0);
      const bits = philoxWord4(seed, i32x4.shr_u(key, 2), c1, c2, c3, v128.and(key, i32x4.splat(3)), scratch);
      const kept = i32x4.ge_u(bits, least);
      storeUpTo(y + first + at, v128.and(f32x4.mul(loadUpTo(x + first + at, left, 0), factor), kept), left);
    }
  }
}
