// Weighted sums of neighbours along one axis.
//
// Legend: x [outer, length, inner], y [outer, rows, inner]; table [rows, width]: first column, count, weights.
// Items are the outer · rows lines of y, or the outer rows where inner is 1. No memory beside the buffers.
// Order of summation: neighbours, t ascending.

import { madd } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';

export function resampleLines(
  x: usize, y: usize, table: usize, width: i32, length: i32, rows: i32, inner: i32, begin: i32, end: i32,
): void {
  const line = <usize>inner << 2;
  const whole = inner & ~3;
  for (let item = begin; item < end; item++) {
    const outer = item / rows, row = item - outer * rows;
    const entry = table + (<usize>(row * width) << 2);
    const from = x + <usize>(outer * length + load<i32>(entry)) * line;
    const to = y + <usize>item * line;
    const count = load<i32>(entry, 4);
    const weights = entry + 8;
    for (let k = 0; k < whole; k += 4) {
      let sum = f32x4.splat(0);
      let p = from + (<usize>k << 2);
      for (let t = 0; t < count; t++, p += line) {
        sum = madd(v128.load(p), v128.load32_splat(weights + (<usize>t << 2)), sum);
      }
      v128.store(to + (<usize>k << 2), sum);
    }
    const left = inner - whole;
    if (left == 0) continue;
    let sum = f32x4.splat(0);
    let p = from + (<usize>whole << 2);
    for (let t = 0; t < count; t++, p += line) {
      sum = madd(loadUpTo(p, left, 0), v128.load32_splat(weights + (<usize>t << 2)), sum);
    }
    storeUpTo(to + (<usize>whole << 2), sum, left);
  }
}

/** The same for inner = 1. */
export function resampleRows(
  x: usize, y: usize, table: usize, width: i32, length: i32, rows: i32, begin: i32, end: i32,
): void {
  const step = <usize>width << 2;
  for (let item = begin; item < end; item++) {
    const from = x + (<usize>(item * length) << 2);
    const to = y + (<usize>(item * rows) << 2);
    let entry = table;
    for (let row = 0; row < rows; row++, entry += step) {
      const p = from + (<usize>load<i32>(entry) << 2);
      const count = <usize>load<i32>(entry, 4) << 2;
      let sum: f32 = 0;
      for (let t: usize = 0; t < count; t += 4) sum += load<f32>(entry + t, 8) * load<f32>(p + t);
      store<f32>(to + (<usize>row << 2), sum);
    }
  }
}
