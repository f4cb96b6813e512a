// Layer normalisation over the last n elements of each row.
//
// Legend: x, y, g, dx [rows, n]; weight, bias [n]; mean, rstd [rows]; partials [blocks, 2, n].
// Forward: items are rows. Backward: items are fixed blocks of rows; each gives its rows of dx and its own sums for
// dweight and dbias, which `addRows` then adds in the order of the blocks.
// Sums: within a row in sixteen lanes, lane by lane; over rows in order.

import { madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { affine, rowSquares } from './rows.as';

export function layerNormForward(
  x: usize, weight: usize, bias: usize, y: usize, mean: usize, rstd: usize, n: i32, eps: f32, begin: i32, end: i32,
): void {
  const bytes = <usize>n << 2;
  const fours = <usize>(n & ~15) << 2;
  // The next row's statistics are on their way while this row is written.
  statistics(x + <usize>begin * bytes, n, eps, mean + (<usize>begin << 2), rstd + (<usize>begin << 2));
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    const meanAt = mean + (<usize>row << 2), rstdAt = rstd + (<usize>row << 2);
    if (row + 1 < end) statistics(from + bytes, n, eps, meanAt + 4, rstdAt + 4);
    const mm = v128.load32_splat(meanAt);
    const rr = v128.load32_splat(rstdAt);
    let p = from, w = weight, b = bias, q = to;
    for (const stop = from + fours; p < stop; p += 64, w += 64, b += 64, q += 64) {
      v128.store(q, madd(f32x4.mul(f32x4.sub(v128.load(p), mm), rr), v128.load(w), v128.load(b)));
      v128.store(q, madd(f32x4.mul(f32x4.sub(v128.load(p, 16), mm), rr), v128.load(w, 16), v128.load(b, 16)), 16);
      v128.store(q, madd(f32x4.mul(f32x4.sub(v128.load(p, 32), mm), rr), v128.load(w, 32), v128.load(b, 32)), 32);
      v128.store(q, madd(f32x4.mul(f32x4.sub(v128.load(p, 48), mm), rr), v128.load(w, 48), v128.load(b, 48)), 48);
    }
    for (let left = n & 15; left > 0; left -= 4, p += 16, w += 16, b += 16, q += 16) affine(p, w, b, q, left, mm, rr);
  }
}

/**
 * Writes mean and 1 / √(variance + eps) of a row. One visit gives Σ x and Σ x²; Σ x² − n mean² is the sum of squares,
 * but where the mean is large beside the deviations, or x is not finite, that takes a second visit.
 */
function statistics(x: usize, n: i32, eps: f32, mean: usize, rstd: usize): void {
  let a = f32x4.splat(0), b = a, aa = a, bb = a, cc = a, dd = a;
  let k = 0;
  for (; k + 16 <= n; k += 16) {
    const p = x + (<usize>k << 2);
    const e = v128.load(p), f = v128.load(p, 16), g = v128.load(p, 32), h = v128.load(p, 48);
    a = f32x4.add(a, f32x4.add(e, f)), b = f32x4.add(b, f32x4.add(g, h));
    aa = madd(e, e, aa), bb = madd(f, f, bb), cc = madd(g, g, cc), dd = madd(h, h, dd);
  }
  for (; k < n; k += 4) {
    const e = loadUpTo(x + (<usize>k << 2), n - k, 0);
    a = f32x4.add(a, e), aa = madd(e, e, aa);
  }
  const share: f32 = 1 / <f32>n, sum = sum4(f32x4.add(a, b)), m = sum * share;
  const all = sum4(f32x4.add(f32x4.add(aa, bb), f32x4.add(cc, dd)));
  let squares = all - sum * m;
  if (!(all <= 4 * squares)) squares = rowSquares(x, n, m);
  store<f32>(mean, m);
  store<f32>(rstd, 1 / sqrt(squares * share + eps));
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
