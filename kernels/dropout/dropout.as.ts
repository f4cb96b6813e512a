// Dropout: elements, or whole rows, kept by a comparison of random bits with a threshold.
//
// Legend: x, y [rows, share]; row r is kept where word r of the generator is at least `threshold`, as unsigned numbers.
// Items are sixteen rows, the words of four blocks; scratch holds them (64 bytes).

import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { philox4 } from './philox.as';

/** Rows of one element: y = keep ? x · scale : 0. */
export function dropoutElements(
  x: usize, y: usize, rows: i32, seed: i32, threshold: i32, scale: f32, begin: i32, end: i32, scratch: usize,
): void {
  const least = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  for (let item = begin; item < end; item++) {
    philox4(seed, item << 2, scratch);
    const first = item << 4;
    for (let i = 0; i < 16 && first + i < rows; i += 4) {
      const at = <usize>(first + i) << 2;
      const left = rows - first - i;
      const kept = i32x4.ge_u(v128.load(scratch + (<usize>i << 2)), least);
      storeUpTo(y + at, v128.and(f32x4.mul(loadUpTo(x + at, left, 0), factor), kept), left);
    }
  }
}

/** Rows of `share` elements, each kept or dropped as a whole. */
export function dropoutRows(
  x: usize, y: usize, rows: i32, share: i32, seed: i32, threshold: i32, scale: f32,
  begin: i32, end: i32, scratch: usize,
): void {
  const bytes = <usize>share << 2;
  const factor = f32x4.splat(scale);
  for (let item = begin; item < end; item++) {
    philox4(seed, item << 2, scratch);
    const last = min(rows, (item + 1) << 4);
    for (let row = item << 4; row < last; row++) {
      const from = x + <usize>row * bytes;
      const to = y + <usize>row * bytes;
      if (load<u32>(scratch + (<usize>(row & 15) << 2)) < <u32>threshold) {
        memory.fill(to, 0, bytes);
        continue;
      }
      for (let k = 0; k < share; k += 4) {
        const at = <usize>k << 2;
        storeUpTo(to + at, f32x4.mul(loadUpTo(from + at, share - k, 0), factor), share - k);
      }
    }
  }
}
