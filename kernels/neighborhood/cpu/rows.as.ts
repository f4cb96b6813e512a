/**
 * The arithmetic of the fused kernels, on rows of a multiple of four floats in scratch.
 *
 * Two neighbouring owners are worked on together, as their windows overlap: the rows that they see are one list, sorted
 * along the last axis, of which owner 0 sees [0, n0) and owner 1 [b1, n). Row i lies at box + list[i].
 * Order of summation: products of a row in four lanes, lanes as (0 + 2) + (1 + 3); sums over rows one by one in the
 * list's order. So a result does not depend on which of the two a token is.
 */

import { madd } from '../../runtime/cpu/simd.as';

/** scores0[i] = owner0 · row i for i < n0, scores1[i] = owner1 · row i for i >= b1; others, up to 3 past n, are any. */
export function dotsPair(
  scores0: usize, scores1: usize, owner0: usize, owner1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32, bytes: usize,
): void {
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2, rows = list + at;
    const row0 = box + load<u32>(rows), row1 = box + load<u32>(rows, 4);
    const row2 = box + load<u32>(rows, 8), row3 = box + load<u32>(rows, 12);
    if (i + 4 <= b1) dotsOne(scores0 + at, owner0, row0, row1, row2, row3, bytes);
    else if (i >= n0) dotsOne(scores1 + at, owner1, row0, row1, row2, row3, bytes);
    else dotsTwo(scores0 + at, scores1 + at, owner0, owner1, row0, row1, row2, row3, bytes);
  }
}

@inline
function dotsTwo(
  scores0: usize, scores1: usize, owner0: usize, owner1: usize,
  row0: usize, row1: usize, row2: usize, row3: usize, bytes: usize,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (let d: usize = 0; d < bytes; d += 16) {
    const x = v128.load(owner0 + d), y = v128.load(owner1 + d);
    const r0 = v128.load(row0 + d), r1 = v128.load(row1 + d), r2 = v128.load(row2 + d), r3 = v128.load(row3 + d);
    a0 = madd(x, r0, a0); b0 = madd(y, r0, b0);
    a1 = madd(x, r1, a1); b1 = madd(y, r1, b1);
    a2 = madd(x, r2, a2); b2 = madd(y, r2, b2);
    a3 = madd(x, r3, a3); b3 = madd(y, r3, b3);
  }
  v128.store(scores0, laneSums(a0, a1, a2, a3));
  v128.store(scores1, laneSums(b0, b1, b2, b3));
}

@inline
function dotsOne(
  scores: usize, owner: usize, row0: usize, row1: usize, row2: usize, row3: usize, bytes: usize,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (let d: usize = 0; d < bytes; d += 16) {
    const x = v128.load(owner + d);
    a0 = madd(x, v128.load(row0 + d), a0);
    a1 = madd(x, v128.load(row1 + d), a1);
    a2 = madd(x, v128.load(row2 + d), a2);
    a3 = madd(x, v128.load(row3 + d), a3);
  }
  v128.store(scores, laneSums(a0, a1, a2, a3));
}

/** (Σ a, Σ b, Σ c, Σ d). */
@inline
function laneSums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return f32x4.add(i64x2.shuffle(ab, cd, 0, 2), i64x2.shuffle(ab, cd, 1, 3));
}

/** sum0 += Σ weights0[i] · row i over [0, n0), sum1 += Σ weights1[i] · row i over [b1, n). */
export function addWeightedPair(
  sum0: usize, sum1: usize, weights0: usize, weights1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32, bytes: usize,
): void {
  let d: usize = 0;
  for (; d + 64 <= bytes; d += 64) addWeighted(4, sum0 + d, sum1 + d, weights0, weights1, box + d, list, n0, b1, n);
  for (; d + 32 <= bytes; d += 32) addWeighted(2, sum0 + d, sum1 + d, weights0, weights1, box + d, list, n0, b1, n);
  if (d < bytes) addWeighted(1, sum0 + d, sum1 + d, weights0, weights1, box + d, list, n0, b1, n);
}

/** The same for vectors 0 … width − 1 of each row, where width is 1, 2 or 4 and known when this is compiled. */
@inline
function addWeighted(
  width: i32, sum0: usize, sum1: usize, weights0: usize, weights1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32,
): void {
  const until0 = <usize>n0 << 2, from1 = <usize>b1 << 2, until1 = <usize>n << 2;
  let a0 = v128.load(sum0), a1 = a0, a2 = a0, a3 = a0, i: usize = 0;
  if (width > 1) a1 = v128.load(sum0, 16);
  if (width > 2) { a2 = v128.load(sum0, 32); a3 = v128.load(sum0, 48); }
  for (const until = min(from1, until0); i < until; i += 4) {
    const row = box + load<u32>(list + i), w = v128.load32_splat(weights0 + i);
    a0 = madd(w, v128.load(row), a0);
    if (width > 1) a1 = madd(w, v128.load(row, 16), a1);
    if (width > 2) { a2 = madd(w, v128.load(row, 32), a2); a3 = madd(w, v128.load(row, 48), a3); }
  }
  let c0 = v128.load(sum1), c1 = c0, c2 = c0, c3 = c0;
  if (width > 1) c1 = v128.load(sum1, 16);
  if (width > 2) { c2 = v128.load(sum1, 32); c3 = v128.load(sum1, 48); }
  for (i = from1; i < until0; i += 4) {
    const row = box + load<u32>(list + i), w = v128.load32_splat(weights0 + i), x = v128.load32_splat(weights1 + i);
    const r0 = v128.load(row);
    let r1 = r0, r2 = r0, r3 = r0;
    if (width > 1) r1 = v128.load(row, 16);
    if (width > 2) { r2 = v128.load(row, 32); r3 = v128.load(row, 48); }
    a0 = madd(w, r0, a0); c0 = madd(x, r0, c0);
    if (width > 1) { a1 = madd(w, r1, a1); c1 = madd(x, r1, c1); }
    if (width > 2) { a2 = madd(w, r2, a2); c2 = madd(x, r2, c2); a3 = madd(w, r3, a3); c3 = madd(x, r3, c3); }
  }
  for (i = max(until0, from1); i < until1; i += 4) {
    const row = box + load<u32>(list + i), x = v128.load32_splat(weights1 + i);
    c0 = madd(x, v128.load(row), c0);
    if (width > 1) c1 = madd(x, v128.load(row, 16), c1);
    if (width > 2) { c2 = madd(x, v128.load(row, 32), c2); c3 = madd(x, v128.load(row, 48), c3); }
  }
  storeSums(width, sum0, a0, a1, a2, a3);
  storeSums(width, sum1, c0, c1, c2, c3);
}

/** Row i of the box += weights0[i] · owner0 for i in [0, n0), and += weights1[i] · owner1 for i in [b1, n). */
export function spreadPair(
  owner0: usize, owner1: usize, weights0: usize, weights1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32, bytes: usize,
): void {
  let d: usize = 0;
  for (; d + 64 <= bytes; d += 64) spread(4, owner0 + d, owner1 + d, weights0, weights1, box + d, list, n0, b1, n);
  for (; d + 32 <= bytes; d += 32) spread(2, owner0 + d, owner1 + d, weights0, weights1, box + d, list, n0, b1, n);
  if (d < bytes) spread(1, owner0 + d, owner1 + d, weights0, weights1, box + d, list, n0, b1, n);
}

/** The same for vectors 0 … width − 1 of each row, where width is 1, 2 or 4 and known when this is compiled. */
@inline
function spread(
  width: i32, owner0: usize, owner1: usize, weights0: usize, weights1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32,
): void {
  const until0 = <usize>n0 << 2, from1 = <usize>b1 << 2, until1 = <usize>n << 2;
  let i: usize = 0;
  for (const until = min(from1, until0); i < until; i += 4) {
    spreadOne(width, owner0, v128.load32_splat(weights0 + i), box + load<u32>(list + i));
  }
  const x0 = v128.load(owner0), y0 = v128.load(owner1);
  let x1 = x0, x2 = x0, x3 = x0, y1 = y0, y2 = y0, y3 = y0;
  if (width > 1) { x1 = v128.load(owner0, 16); y1 = v128.load(owner1, 16); }
  if (width > 2) {
    x2 = v128.load(owner0, 32); y2 = v128.load(owner1, 32);
    x3 = v128.load(owner0, 48); y3 = v128.load(owner1, 48);
  }
  for (i = from1; i < until0; i += 4) {
    const row = box + load<u32>(list + i), w = v128.load32_splat(weights0 + i), z = v128.load32_splat(weights1 + i);
    v128.store(row, madd(z, y0, madd(w, x0, v128.load(row))));
    if (width > 1) v128.store(row, madd(z, y1, madd(w, x1, v128.load(row, 16))), 16);
    if (width > 2) {
      v128.store(row, madd(z, y2, madd(w, x2, v128.load(row, 32))), 32);
      v128.store(row, madd(z, y3, madd(w, x3, v128.load(row, 48))), 48);
    }
  }
  for (i = max(until0, from1); i < until1; i += 4) {
    spreadOne(width, owner1, v128.load32_splat(weights1 + i), box + load<u32>(list + i));
  }
}

@inline
function spreadOne(width: i32, owner: usize, weight: v128, row: usize): void {
  v128.store(row, madd(weight, v128.load(owner), v128.load(row)));
  if (width > 1) v128.store(row, madd(weight, v128.load(owner, 16), v128.load(row, 16)), 16);
  if (width > 2) {
    v128.store(row, madd(weight, v128.load(owner, 32), v128.load(row, 32)), 32);
    v128.store(row, madd(weight, v128.load(owner, 48), v128.load(row, 48)), 48);
  }
}

@inline
function storeSums(width: i32, sum: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(sum, a);
  if (width > 1) v128.store(sum, b, 16);
  if (width > 2) { v128.store(sum, c, 32); v128.store(sum, d, 48); }
}

/** target = factor · source, padded with zeros to a multiple of four floats. */
export function packRow(target: usize, source: usize, dim: i32, factor: f32): void {
  if (dim & 3) v128.store(target + (<usize>(dim & ~3) << 2), f32x4.splat(0));
  unpackRow(target, source, dim, factor);
}

/** target = factor · source. */
export function unpackRow(target: usize, source: usize, dim: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const whole = <usize>(dim & ~3) << 2, bytes = <usize>dim << 2;
  let d: usize = 0;
  for (; d < whole; d += 16) v128.store(target + d, f32x4.mul(v128.load(source + d), factors));
  for (; d < bytes; d += 4) store<f32>(target + d, load<f32>(source + d) * factor);
}
