// Layer normalisation over the last n elements of each row.
//
// Legend: x, y, g, dx [rows, n]; weight, bias [n]; mean, rstd [rows]; partials [blocks, 2, n].
// Forward: items are rows. Backward: items are fixed blocks of rows; each gives its rows of dx and its own sums for
// dweight and dbias, which `addRows` then adds in the order of the blocks.
// Sums: within a row in sixteen lanes, lane by lane; over rows in order.

import { madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { affine, rowSquares, rowSum } from './rows.as';

export function layerNormForward(
  x: usize, weight: usize, bias: usize, y: usize, mean: usize, rstd: usize, n: i32, eps: f32, begin: i32, end: i32,
): void {
  const bytes = <usize>n << 2;
  const body = <usize>(n & ~3) << 2;
  const pairs = <usize>(n & ~7) << 2;
  const share: f32 = 1 / <f32>n;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    const m = rowSum(from, n) * share;
    const r: f32 = 1 / sqrt(rowSquares(from, n, m) * share + eps);
    store<f32>(mean + (<usize>row << 2), m);
    store<f32>(rstd + (<usize>row << 2), r);
    const mm = f32x4.splat(m);
    const rr = f32x4.splat(r);
    let at: usize = 0;
    for (; at < pairs; at += 32) {
      affine(from + at, weight + at, bias + at, to + at, 4, mm, rr);
      affine(from + at + 16, weight + at + 16, bias + at + 16, to + at + 16, 4, mm, rr);
    }
    if (at < body) affine(from + at, weight + at, bias + at, to + at, 4, mm, rr);
    if ((n & 3) != 0) affine(from + body, weight + body, bias + body, to + body, n & 3, mm, rr);
  }
}

/** dx of one row; what the row owes to dweight and dbias is added to `sums`. `whole`: n is a multiple of 4. */
@inline
function backwardRow(
  x: usize, w: usize, g: usize, dx: usize, sums: usize, n: i32, m: v128, r: v128, whole: bool,
): void {
  const biases = sums + (<usize>n << 2);
  let u = f32x4.splat(0);
  let ux = f32x4.splat(0);
  for (let k = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const left = whole ? 4 : n - k;
    const gg = loadUpTo(g + at, left, 0);
    const normal = f32x4.mul(f32x4.sub(loadUpTo(x + at, left, 0), m), r);
    const dw = madd(gg, normal, loadUpTo(sums + at, left, 0));
    const db = f32x4.add(gg, loadUpTo(biases + at, left, 0));
    const uu = f32x4.mul(gg, loadUpTo(w + at, left, 0));
    u = f32x4.add(u, uu);
    ux = madd(uu, normal, ux);
    storeUpTo(sums + at, dw, left);
    storeUpTo(biases + at, db, left);
  }
  const meanU = f32x4.splat(sum4(u) / <f32>n);
  const meanUx = f32x4.splat(sum4(ux) / <f32>n);
  for (let k = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const left = whole ? 4 : n - k;
    const normal = f32x4.mul(f32x4.sub(loadUpTo(x + at, left, 0), m), r);
    const centred = f32x4.sub(f32x4.mul(loadUpTo(g + at, left, 0), loadUpTo(w + at, left, 0)), meanU);
    storeUpTo(dx + at, f32x4.mul(nmadd(normal, meanUx, centred), r), left);
  }
}

/** dx = r (u − mean u − x̂ mean(u ⊙ x̂)), u = g ⊙ weight; partials: Σ g ⊙ x̂ and Σ g of the block's rows. */
export function layerNormBackward(
  x: usize, weight: usize, mean: usize, rstd: usize, g: usize, dx: usize, partials: usize,
  n: i32, rows: i32, block: i32, begin: i32, end: i32,
): void {
  const bytes = <usize>n << 2;
  const whole = (n & 3) == 0;
  for (let item = begin; item < end; item++) {
    const sums = partials + <usize>item * 2 * bytes;
    memory.fill(sums, 0, 2 * bytes);
    const last = min(rows, (item + 1) * block);
    for (let row = item * block; row < last; row++) {
      const start = <usize>row * bytes;
      const m = f32x4.splat(load<f32>(mean + (<usize>row << 2)));
      const r = f32x4.splat(load<f32>(rstd + (<usize>row << 2)));
      if (whole) backwardRow(x + start, weight, g + start, dx + start, sums, n, m, r, true);
      else backwardRow(x + start, weight, g + start, dx + start, sums, n, m, r, false);
    }
  }
}

/** to[k] = Σ from[row][k] in the order of the rows, `stride` elements apart. Items are strips of 16 columns. */
export function addRows(from: usize, rows: i32, stride: i32, to: usize, width: i32, begin: i32, end: i32): void {
  const step = <usize>stride << 2;
  const last = min(end << 4, width);
  for (let k = begin << 4; k < last; k += 4) {
    const at = <usize>k << 2;
    let total = f32x4.splat(0);
    let p = from + at;
    for (let row = 0; row < rows; row++, p += step) total = f32x4.add(total, loadUpTo(p, width - k, 0));
    storeUpTo(to + at, total, width - k);
  }
}
