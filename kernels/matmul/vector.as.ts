// A vector times a matrix: bound by reading the matrix once, so nothing is copied.
//
// Legend: x [K] times B [K, N] for outer × inner batches. An item is 32 columns of one batch.
// Order of summation: by matmulVectorRows bias, then k = 0, 1, 2 ...; by matmulVectorColumns eight sums of every eighth
// product, added pairwise, then the last K mod 8 products, then the bias.

import { madd, sum4 } from '../runtime/cpu/simd.as';

/** B's rows are contiguous: its columns side by side in the lanes. */
export function matmulVectorRows(
  x: usize, xStep: usize, xOuter: usize, xInner: usize, b: usize, bStep: usize, bOuter: usize, bInner: usize,
  bias: usize, y: usize, n: i32, k: i32, inner: i32, begin: i32, end: i32,
): void {
  const blocks = (n + 31) >> 5;
  for (let item = begin; item < end; item++) {
    const batch = item / blocks, column = (item % blocks) << 5, at = <usize>column << 2;
    const from = x + <usize>(batch / inner) * xOuter + <usize>(batch % inner) * xInner;
    const matrix = b + <usize>(batch / inner) * bOuter + <usize>(batch % inner) * bInner + at;
    const to = y + (<usize>(batch * n) << 2) + at, start = bias == 0 ? 0 : bias + at;
    if (n - column >= 32) {
      sumColumns32(from, xStep, matrix, bStep, start, to, k);
    } else {
      const bytes = <usize>(n - column) << 2;
      let done: usize = 0;
      for (; done + 16 <= bytes; done += 16) {
        let sum = start == 0 ? f32x4.splat(0) : v128.load(start + done);
        for (let i: usize = 0; i < <usize>k; i++) {
          sum = madd(v128.load32_splat(from + i * xStep), v128.load(matrix + i * bStep + done), sum);
        }
        v128.store(to + done, sum);
      }
      for (; done < bytes; done += 4) {
        let sum = start == 0 ? f32x4.splat(0) : v128.load32_splat(start + done);
        for (let i: usize = 0; i < <usize>k; i++) {
          sum = madd(v128.load32_splat(from + i * xStep), v128.load32_splat(matrix + i * bStep + done), sum);
        }
        store<f32>(to + done, f32x4.extract_lane(sum, 0));
      }
    }
  }
}

function sumColumns32(x: usize, xStep: usize, b: usize, bStep: usize, start: usize, y: usize, k: i32): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  if (start != 0) {
    s0 = v128.load(start), s1 = v128.load(start, 16), s2 = v128.load(start, 32), s3 = v128.load(start, 48);
    s4 = v128.load(start, 64), s5 = v128.load(start, 80), s6 = v128.load(start, 96), s7 = v128.load(start, 112);
  }
  for (let i = 0; i < k; i++, x += xStep, b += bStep) {
    const value = v128.load32_splat(x);
    s0 = madd(value, v128.load(b), s0), s1 = madd(value, v128.load(b, 16), s1);
    s2 = madd(value, v128.load(b, 32), s2), s3 = madd(value, v128.load(b, 48), s3);
    s4 = madd(value, v128.load(b, 64), s4), s5 = madd(value, v128.load(b, 80), s5);
    s6 = madd(value, v128.load(b, 96), s6), s7 = madd(value, v128.load(b, 112), s7);
  }
  v128.store(y, s0), v128.store(y, s1, 16), v128.store(y, s2, 32), v128.store(y, s3, 48);
  v128.store(y, s4, 64), v128.store(y, s5, 80), v128.store(y, s6, 96), v128.store(y, s7, 112);
}

/** B's columns are contiguous, and so is x: steps along K side by side in the lanes. */
export function matmulVectorColumns(
  x: usize, xOuter: usize, xInner: usize, b: usize, bColumn: usize, bOuter: usize, bInner: usize,
  bias: usize, y: usize, n: i32, k: i32, inner: i32, begin: i32, end: i32,
): void {
  const blocks = (n + 31) >> 5;
  for (let item = begin; item < end; item++) {
    const batch = item / blocks, first = (item % blocks) << 5, last = min(n, first + 32);
    const from = x + <usize>(batch / inner) * xOuter + <usize>(batch % inner) * xInner;
    const matrix = b + <usize>(batch / inner) * bOuter + <usize>(batch % inner) * bInner;
    const to = y + (<usize>(batch * n) << 2);
    for (let column = first; column < last; column += 4) {
      const here = matrix + <usize>column * bColumn;
      const sums = dotFour(from, here, last - column > 1 ? bColumn : 0, last - column > 2 ? bColumn : 0,
        last - column > 3 ? bColumn : 0, k);
      storeSome(sums, min(4, last - column), bias == 0 ? 0 : bias + (<usize>column << 2), to + (<usize>column << 2));
    }
  }
}

/** The products of x with four columns: the first, and each `next` bytes after the one before. */
function dotFour(x: usize, b0: usize, next1: usize, next2: usize, next3: usize, k: i32): v128 {
  let b1 = b0 + next1, b2 = b1 + next2, b3 = b2 + next3;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  let i = 0;
  for (; i + 8 <= k; i += 8, x += 32, b0 += 32, b1 += 32, b2 += 32, b3 += 32) {
    const low = v128.load(x), high = v128.load(x, 16);
    s0 = madd(low, v128.load(b0), s0), s1 = madd(low, v128.load(b1), s1);
    s2 = madd(low, v128.load(b2), s2), s3 = madd(low, v128.load(b3), s3);
    t0 = madd(high, v128.load(b0, 16), t0), t1 = madd(high, v128.load(b1, 16), t1);
    t2 = madd(high, v128.load(b2, 16), t2), t3 = madd(high, v128.load(b3, 16), t3);
  }
  s0 = f32x4.add(s0, t0), s1 = f32x4.add(s1, t1), s2 = f32x4.add(s2, t2), s3 = f32x4.add(s3, t3);
  let sums = f32x4.splat(sum4(s0));
  sums = f32x4.replace_lane(sums, 1, sum4(s1));
  sums = f32x4.replace_lane(sums, 2, sum4(s2));
  sums = f32x4.replace_lane(sums, 3, sum4(s3));
  for (; i < k; i++, x += 4, b0 += 4, b1 += 4, b2 += 4, b3 += 4) {
    let values = v128.load32_splat(b0);
    values = f32x4.replace_lane(values, 1, load<f32>(b1));
    values = f32x4.replace_lane(values, 2, load<f32>(b2));
    values = f32x4.replace_lane(values, 3, load<f32>(b3));
    sums = madd(v128.load32_splat(x), values, sums);
  }
  return sums;
}

function storeSome(sums: v128, count: i32, bias: usize, to: usize): void {
  let sum = f32x4.extract_lane(sums, 0);
  store<f32>(to, bias == 0 ? sum : sum + load<f32>(bias));
  if (count < 2) return;
  sum = f32x4.extract_lane(sums, 1);
  store<f32>(to, bias == 0 ? sum : sum + load<f32>(bias, 4), 4);
  if (count < 3) return;
  sum = f32x4.extract_lane(sums, 2);
  store<f32>(to, bias == 0 ? sum : sum + load<f32>(bias, 8), 8);
  if (count < 4) return;
  sum = f32x4.extract_lane(sums, 3);
  store<f32>(to, bias == 0 ? sum : sum + load<f32>(bias, 12), 12);
}
