// Groups of few rows, as in depthwise convolution: products are taken from the band as it lies, 8 or 4 neighbours at a
// time, since a copy of the values under the taps would cost more than the products.

import { madd, sum4 } from '../runtime/cpu/simd.as';
import { Geometry, mapBytes, placeOf, weightBytes } from './window.as';

/** Up to so many rows this is faster than packed panels. */
@inline
export const fewRows: i32 = 4;

/** output = weights · the values under `taps` taps, plus bias if `isFirst`, else what is there. */
export function convolveLines(
  g: Geometry, first: i32, last: i32, taps: i32, weights: usize, bias: usize, isFirst: bool,
  output: usize, scratch: usize,
): void {
  for (let row = 0; row < g.rows; row++, weights += weightBytes(g)) {
    const start: f32 = bias == 0 ? 0 : load<f32>(bias + (<usize>row << 2));
    let to = output + <usize>row * mapBytes(g);
    for (let p = first; p < last;) {
      const end = min(last, p + g.width - p % g.width);
      let from = scratch + g.bandAt + placeOf(g, p, first / g.width);
      for (; p < end; p += 8, from += 32) {
        const count = min(8, end - p);
        convolveEight(from, scratch + g.tapsAt, taps, weights, start, isFirst, to, count, scratch);
        to += <usize>count << 2;
      }
      p = end;
    }
  }
}

/** Eight positions of which `count` are stored. */
@inline
function convolveEight(
  from: usize, table: usize, taps: i32, weights: usize, start: f32, isFirst: bool, to: usize, count: i32, spare: usize,
): void {
  const at = count == 8 ? to : spare;
  let low = f32x4.splat(start), high = low;
  if (!isFirst) {
    if (count < 8) memory.copy(spare, to, <usize>count << 2);
    low = v128.load(at), high = v128.load(at, 16);
  }
  for (const end = table + (<usize>taps << 2); table < end; table += 4, weights += 4) {
    const place = from + load<u32>(table), weight = v128.load32_splat(weights);
    low = madd(v128.load(place), weight, low), high = madd(v128.load(place, 16), weight, high);
  }
  v128.store(at, low), v128.store(at, high, 16);
  if (count < 8) for (let i: usize = 0; i < <usize>count << 2; i += 4) store<f32>(to + i, load<f32>(spare + i));
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
  const table = scratch + g.tapsAt + (<usize>tap << 2), end = <usize>(taps - 1 - tap) << 2;
  const at0 = load<u32>(table), at1 = load<u32>(table + min<usize>(4, end));
  const at2 = load<u32>(table + min<usize>(8, end)), at3 = load<u32>(table + min<usize>(12, end));
  let sum0 = f32x4.splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0, rest = sum0;
  for (let p = first; p < last;) {
    const stop = min(last, p + g.width - p % g.width);
    let from = scratch + g.bandAt + placeOf(g, p, first / g.width);
    for (; p + 4 <= stop; p += 4, from += 16, gradient += 16) {
      const x = v128.load(gradient);
      sum0 = madd(x, v128.load(from + at0), sum0), sum1 = madd(x, v128.load(from + at1), sum1);
      sum2 = madd(x, v128.load(from + at2), sum2), sum3 = madd(x, v128.load(from + at3), sum3);
    }
    for (; p < stop; p++, from += 4, gradient += 4) {
      let values = v128.load32_splat(from + at0);
      values = f32x4.replace_lane(values, 1, load<f32>(from + at1));
      values = f32x4.replace_lane(values, 2, load<f32>(from + at2));
      values = f32x4.replace_lane(values, 3, load<f32>(from + at3));
      rest = madd(v128.load32_splat(gradient), values, rest);
    }
  }
  v128.store(scratch, f32x4.add(rest, f32x4(sum4(sum0), sum4(sum1), sum4(sum2), sum4(sum3))));
  for (let i = 0; i < min(4, taps - tap); i++) {
    const at = to + (<usize>(tap + i) << 2);
    store<f32>(at, (isFirst ? 0 : load<f32>(at)) + load<f32>(scratch + (<usize>i << 2)));
  }
}
