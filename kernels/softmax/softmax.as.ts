// softmax and logSoftmax, forward and backward.
//
// Legend: x, y, g, dx are [outer, n, inner]; a line is the n elements along the middle axis.
// `...Rows` take inner = 1: items are rows. `...Strips` take any inner: items are strips of 64 neighbouring lines, walked
// n times along memory; scratch holds two numbers per line of the strip.
// Sums: rows in four lanes, lane by lane, added at the end; strips along n in order.

import { exp4, log4, log1, madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { exponentials, shiftOf } from './rows.as';

/** Lines of −∞ alone (or with NaN) are shifted by 0, so that their exponentials are 0 (or NaN). */
@inline
function finiteShift(largest: v128): v128 {
  return v128.andnot(largest, f32x4.eq(largest, f32x4.splat(-Infinity)));
}

/** y = x · factor. */
@inline
function scaled(x: usize, y: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let k = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    storeUpTo(y + at, f32x4.mul(loadUpTo(x + at, n - k, 0), f), n - k);
  }
}

export function softmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    const total = exponentials(from, to, n, shiftOf(from, n));
    scaled(to, to, n, total == 0 ? 0 : 1 / total);
  }
}

export function logSoftmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    const shift = shiftOf(from, n);
    const total = exponentials(from, to, n, shift);
    const m = f32x4.splat(shift);
    const log = f32x4.splat(total == 0 ? 0 : log1(total));
    for (let k = 0; k < n; k += 4) {
      const at = <usize>k << 2;
      storeUpTo(to + at, f32x4.sub(f32x4.sub(loadUpTo(from + at, n - k, 0), m), log), n - k);
    }
  }
}

/** dx = y ⊙ (g − Σ g ⊙ y). */
export function softmaxBackwardRows(y: usize, g: usize, dx: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const start = <usize>row * bytes;
    let sums = f32x4.splat(0);
    for (let k = 0; k < n; k += 4) {
      const at = start + (<usize>k << 2);
      sums = madd(loadUpTo(g + at, n - k, 0), loadUpTo(y + at, n - k, 0), sums);
    }
    const s = f32x4.splat(sum4(sums));
    for (let k = 0; k < n; k += 4) {
      const at = start + (<usize>k << 2);
      const difference = f32x4.sub(loadUpTo(g + at, n - k, 0), s);
      storeUpTo(dx + at, f32x4.mul(loadUpTo(y + at, n - k, 0), difference), n - k);
    }
  }
}

/** dx = g − e^y Σ g; 0 where the whole row of y is −∞. */
export function logSoftmaxBackwardRows(y: usize, g: usize, dx: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const start = <usize>row * bytes;
    let sums = f32x4.splat(0);
    let tops = f32x4.splat(-Infinity);
    for (let k = 0; k < n; k += 4) {
      const at = start + (<usize>k << 2);
      sums = f32x4.add(sums, loadUpTo(g + at, n - k, 0));
      tops = f32x4.max(tops, loadUpTo(y + at, n - k, -Infinity));
    }
    if (!v128.any_true(f32x4.ne(tops, f32x4.splat(-Infinity)))) {
      memory.fill(dx + start, 0, bytes);
      continue;
    }
    const s = f32x4.splat(sum4(sums));
    for (let k = 0; k < n; k += 4) {
      const at = start + (<usize>k << 2);
      storeUpTo(dx + at, nmadd(exp4(loadUpTo(y + at, n - k, 0)), s, loadUpTo(g + at, n - k, 0)), n - k);
    }
  }
}

// ---- any inner ----

/** Address of the first element of strip `item`, and its width, in lines. */
@inline
function stripStart(item: i32, n: i32, inner: i32): usize {
  const strips = (inner + 63) >> 6;
  const outer = item / strips;
  return (<usize>outer * <usize>n * <usize>inner + ((<usize>(item - outer * strips)) << 6)) << 2;
}

@inline
function stripWidth(item: i32, inner: i32): i32 {
  const strips = (inner + 63) >> 6;
  return min(64, inner - ((item % strips) << 6));
}

@inline
function fillStrip(p: usize, value: f32): void {
  for (let c: usize = 0; c < 256; c += 16) v128.store(p + c, f32x4.splat(value));
}

/** Scratch: the largest of each line, then the sums of its exponentials. y = the exponentials. */
@inline
function stripExponentials(x: usize, y: usize, n: i32, row: usize, width: i32, scratch: usize): void {
  fillStrip(scratch, -Infinity);
  fillStrip(scratch + 256, 0);
  for (let k = 0, from = x; k < n; k++, from += row) {
    for (let c = 0; c < width; c += 4) {
      const at = <usize>c << 2;
      v128.store(scratch + at, f32x4.pmax(v128.load(scratch + at), loadUpTo(from + at, width - c, -Infinity)));
    }
  }
  for (let at: usize = 0; at < 256; at += 16) v128.store(scratch + at, finiteShift(v128.load(scratch + at)));
  for (let k = 0, at = <usize>0; k < n; k++, at += row) {
    for (let c = 0; c < width; c += 4) {
      const lane = <usize>c << 2;
      const e = exp4(f32x4.sub(loadUpTo(x + at + lane, width - c, 0), v128.load(scratch + lane)));
      v128.store(scratch + lane, f32x4.add(v128.load(scratch + lane, 256), e), 256);
      storeUpTo(y + at + lane, e, width - c);
    }
  }
}

export function softmaxStrips(x: usize, y: usize, n: i32, inner: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const start = stripStart(item, n, inner);
    const width = stripWidth(item, inner);
    stripExponentials(x + start, y + start, n, row, width, scratch);
    for (let at: usize = 0; at < 256; at += 16) {
      const total = v128.load(scratch + at, 256);
      const factor = f32x4.div(f32x4.splat(1), total);
      v128.store(scratch + at, v128.andnot(factor, f32x4.eq(total, f32x4.splat(0))), 256);
    }
    for (let k = 0, to = y + start; k < n; k++, to += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        storeUpTo(to + lane, f32x4.mul(loadUpTo(to + lane, width - c, 0), v128.load(scratch + lane, 256)), width - c);
      }
    }
  }
}

export function logSoftmaxStrips(x: usize, y: usize, n: i32, inner: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const start = stripStart(item, n, inner);
    const width = stripWidth(item, inner);
    stripExponentials(x + start, y + start, n, row, width, scratch);
    for (let at: usize = 0; at < 256; at += 16) {
      const total = v128.load(scratch + at, 256);
      v128.store(scratch + at, v128.andnot(log4(total), f32x4.eq(total, f32x4.splat(0))), 256);
    }
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const shifted = f32x4.sub(loadUpTo(x + at + lane, width - c, 0), v128.load(scratch + lane));
        storeUpTo(y + at + lane, f32x4.sub(shifted, v128.load(scratch + lane, 256)), width - c);
      }
    }
  }
}

export function softmaxBackwardStrips(
  y: usize, g: usize, dx: usize, n: i32, inner: i32, begin: i32, end: i32, scratch: usize,
): void {
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const start = stripStart(item, n, inner);
    const width = stripWidth(item, inner);
    fillStrip(scratch, 0);
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const part = loadUpTo(y + at + lane, width - c, 0);
        v128.store(scratch + lane, madd(loadUpTo(g + at + lane, width - c, 0), part, v128.load(scratch + lane)));
      }
    }
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const difference = f32x4.sub(loadUpTo(g + at + lane, width - c, 0), v128.load(scratch + lane));
        storeUpTo(dx + at + lane, f32x4.mul(loadUpTo(y + at + lane, width - c, 0), difference), width - c);
      }
    }
  }
}

export function logSoftmaxBackwardStrips(
  y: usize, g: usize, dx: usize, n: i32, inner: i32, begin: i32, end: i32, scratch: usize,
): void {
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const start = stripStart(item, n, inner);
    const width = stripWidth(item, inner);
    fillStrip(scratch, 0);
    fillStrip(scratch + 256, -Infinity);
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const top = f32x4.max(v128.load(scratch + lane, 256), loadUpTo(y + at + lane, width - c, -Infinity));
        v128.store(scratch + lane, f32x4.add(v128.load(scratch + lane), loadUpTo(g + at + lane, width - c, 0)));
        v128.store(scratch + lane, top, 256);
      }
    }
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const e = exp4(loadUpTo(y + at + lane, width - c, 0));
        const d = nmadd(e, v128.load(scratch + lane), loadUpTo(g + at + lane, width - c, 0));
        const isDead = f32x4.eq(v128.load(scratch + lane, 256), f32x4.splat(-Infinity));
        storeUpTo(dx + at + lane, v128.andnot(d, isDead), width - c);
      }
    }
  }
}
