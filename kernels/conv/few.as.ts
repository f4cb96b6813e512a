// Groups of few rows, as in depthwise convolution: products are taken from the band as it lies, up to 32 neighbours at
// a time, since a copy of the values under the taps would cost more than the products.

import { zerosAt } from '../matmul/block.as';
import { lineTile1x16, lineTile1x32, lineTile2x16, lineTile4x8 } from '../matmul/tiles.as';
import { isFused, madd, sum4 } from '../runtime/cpu/simd.as';
import { Geometry, lineBytes, mapBytes, weightBytes } from './window.as';

/** Up to so many rows this is faster than packed panels. */
@inline
export const fewRows: i32 = 4;

/** Where in the scratch memory up to 4 rows of 32 results lie, of which not all exist: after the zeros. */
@inline
const lineAt: usize = 256;

/** output = weights · the values under `taps` taps, plus bias if `isFirst`, else what is there. */
export function convolveLines(
  g: Geometry, first: i32, last: i32, taps: i32, weights: usize, bias: usize, isFirst: bool,
  output: usize, scratch: usize,
): void {
  let biasStep: usize = 4;
  if (bias == 0) {
    store<f32>(scratch + zerosAt, 0);
    bias = scratch + zerosAt, biasStep = 0;
  }
  const mapRow = mapBytes(g), line = lineBytes(g);
  let column = first % g.width, start = scratch + g.bandAt;
  for (let p = first; p < last; column = 0, start += line) {
    const end = min(last, p + g.width - column);
    let from = start + (<usize>column << 2);
    while (p < end) {
      const width = widthOf(g.rows, end - p), count = min(width, end - p), bytes = <usize>count << 2;
      // Results beyond the line are those of the next one's beginning until that is reached.
      const isWhole = p + width <= (isFirst ? last : end);
      let to = output, toRow = mapRow;
      if (!isWhole) {
        to = scratch + lineAt, toRow = 128;
        if (!isFirst) copyLines(output, mapRow, g.rows, bytes, to, toRow);
      }
      convolveLine(
        g.rows, width, taps, weights, weightBytes(g), scratch + g.tapsAt, from, isFirst, bias, biasStep, to, toRow,
      );
      if (!isWhole) copyLines(to, toRow, g.rows, bytes, output, mapRow);
      p += count, from += bytes, output += bytes;
    }
  }
}

/** How many positions are handled next where `left` are left of a line. */
@inline
function widthOf(rows: i32, left: i32): i32 {
  // Without fused multiply-add, eight sums and their temporaries do not fit the registers.
  if (rows == 1) return left > 16 && isFused() ? 32 : 16;
  return rows == 2 ? 16 : 8;
}

/** Some positions of a line, of all rows. */
@inline
function convolveLine(
  rows: i32, width: i32, taps: i32, weights: usize, weightRow: usize, table: usize, from: usize,
  isFirst: bool, bias: usize, biasStep: usize, to: usize, toRow: usize,
): void {
  if (rows > 2) lineTile4x8(rows, taps, weights, weightRow, table, from, isFirst, bias, biasStep, to, toRow);
  else if (rows == 2) lineTile2x16(rows, taps, weights, weightRow, table, from, isFirst, bias, biasStep, to, toRow);
  else if (width == 32) lineTile1x32(taps, weights, weightRow, table, from, isFirst, bias, biasStep, to, toRow);
  else lineTile1x16(taps, weights, weightRow, table, from, isFirst, bias, biasStep, to, toRow);
}

/** Copies `bytes` bytes of each row. */
@inline
function copyLines(from: usize, fromRow: usize, rows: i32, bytes: usize, to: usize, toRow: usize): void {
  for (let row = 0; row < rows; row++, from += fromRow, to += toRow) {
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
  }
}

/** to (+)= the gradient at positions [first, last) · the values there under each tap. */
export function correlateLines(
  g: Geometry, first: i32, last: i32, taps: i32, gradient: usize, isFirst: bool, to: usize, scratch: usize,
): void {
  for (let row = 0; row < g.rows; row++, gradient += mapBytes(g), to += weightBytes(g)) {
    for (let tap = 0; tap < taps; tap += 4) correlateFour(g, first, last, tap, taps, gradient, isFirst, to, scratch);
  }
}

/** Four taps, the last one repeated where there are fewer. Lanes are summed apart; so are positions that fill none. */
function correlateFour(
  g: Geometry, first: i32, last: i32, tap: i32, taps: i32, gradient: usize, isFirst: bool, to: usize, scratch: usize,
): void {
  const table = scratch + g.tapsAt + (<usize>tap << 2), end = <usize>(taps - 1 - tap) << 2, line = lineBytes(g);
  const at0 = load<u32>(table), at1 = load<u32>(table + min<usize>(4, end));
  const at2 = load<u32>(table + min<usize>(8, end)), at3 = load<u32>(table + min<usize>(12, end));
  let sum0 = f32x4.splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0, rest = sum0;
  let odd0 = sum0, odd1 = sum0, odd2 = sum0, odd3 = sum0;
  let column = first % g.width, start = scratch + g.bandAt;
  for (let p = first; p < last; column = 0, start += line) {
    const stop = min(last, p + g.width - column);
    let from = start + (<usize>column << 2);
    for (; p + 8 <= stop; p += 8, from += 32, gradient += 32) {
      let x = v128.load(gradient);
      sum0 = madd(x, v128.load(from + at0), sum0), sum1 = madd(x, v128.load(from + at1), sum1);
      sum2 = madd(x, v128.load(from + at2), sum2), sum3 = madd(x, v128.load(from + at3), sum3);
      x = v128.load(gradient, 16);
      odd0 = madd(x, v128.load(from + at0, 16), odd0), odd1 = madd(x, v128.load(from + at1, 16), odd1);
      odd2 = madd(x, v128.load(from + at2, 16), odd2), odd3 = madd(x, v128.load(from + at3, 16), odd3);
    }
    if (p + 4 <= stop) {
      const x = v128.load(gradient);
      sum0 = madd(x, v128.load(from + at0), sum0), sum1 = madd(x, v128.load(from + at1), sum1);
      sum2 = madd(x, v128.load(from + at2), sum2), sum3 = madd(x, v128.load(from + at3), sum3);
      p += 4, from += 16, gradient += 16;
    }
    for (; p < stop; p++, from += 4, gradient += 4) {
      let values = v128.load32_splat(from + at0);
      values = f32x4.replace_lane(values, 1, load<f32>(from + at1));
      values = f32x4.replace_lane(values, 2, load<f32>(from + at2));
      values = f32x4.replace_lane(values, 3, load<f32>(from + at3));
      rest = madd(v128.load32_splat(gradient), values, rest);
    }
  }
  sum0 = f32x4.add(sum0, odd0), sum1 = f32x4.add(sum1, odd1);
  sum2 = f32x4.add(sum2, odd2), sum3 = f32x4.add(sum3, odd3);
  v128.store(scratch, f32x4.add(rest, f32x4(sum4(sum0), sum4(sum1), sum4(sum2), sum4(sum3))));
  for (let i = 0; i < min(4, taps - tap); i++) {
    const at = to + (<usize>(tap + i) << 2);
    store<f32>(at, (isFirst ? 0 : load<f32>(at)) + load<f32>(scratch + (<usize>i << 2)));
  }
}
