// softmax and logSoftmax, forward and backward.
//
// Legend: x, y, g, dx are [outer, n, inner]; a line is the n elements along the middle axis.
// `...Rows` take inner = 1: items are rows. `...Strips` take any inner: items are strips of up to 1024 neighbouring
// lines, walked along memory; scratch holds two numbers per line of the strip.
// Sums: rows in four lanes, lane by lane, added at the end; strips along n in order.

import { expDown4, log4, log1, madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { exponentials, nextRow, scaleRow, shiftOf } from './rows.as';

/** Lines of −∞ alone (or with NaN) are shifted by 0, so that their exponentials are 0 (or NaN). */
@inline
function finiteShift(largest: v128): v128 {
  return v128.andnot(largest, f32x4.eq(largest, f32x4.splat(-Infinity)));
}

@inline
function scale(y: usize, left: i32, factor: v128): void {
  storeUpTo(y, f32x4.mul(loadUpTo(y, left, 0), factor), left);
}

export function softmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    const total = exponentials(from, to, n, shiftOf(from, n), nextRow(from, n, row + 1 == end));
    scaleRow(to, n, f32x4.splat(total == 0 ? 0 : 1 / total), f32x4.splat(0));
  }
}

@inline
function shifted(x: usize, y: usize, left: i32, m: v128, log: v128): void {
  storeUpTo(y, f32x4.sub(f32x4.sub(loadUpTo(x, left, 0), m), log), left);
}

export function logSoftmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    const shift = shiftOf(from, n);
    const total = exponentials(from, to, n, shift, nextRow(from, n, row + 1 == end));
    const m = f32x4.splat(shift);
    const log = f32x4.splat(total == 0 ? 0 : log1(total));
    let k = 0;
    for (; k + 4 <= n; k += 4) shifted(from + (<usize>k << 2), to + (<usize>k << 2), 4, m, log);
    if (k < n) shifted(from + (<usize>k << 2), to + (<usize>k << 2), n - k, m, log);
  }
}

@inline
function product(y: usize, g: usize, left: i32, sums: v128): v128 {
  return madd(loadUpTo(g, left, 0), loadUpTo(y, left, 0), sums);
}

@inline
function softmaxGradient(y: usize, g: usize, dx: usize, left: i32, total: v128): void {
  storeUpTo(dx, f32x4.mul(loadUpTo(y, left, 0), f32x4.sub(loadUpTo(g, left, 0), total)), left);
}

/** dx = y ⊙ (g − Σ g ⊙ y). */
export function softmaxBackwardRows(y: usize, g: usize, dx: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  const body = <usize>(n & ~3) << 2;
  for (let row = begin; row < end; row++) {
    const start = <usize>row * bytes;
    const stop = start + body;
    let sums = f32x4.splat(0);
    for (let at = start; at < stop; at += 16) sums = product(y + at, g + at, 4, sums);
    if ((n & 3) != 0) sums = product(y + stop, g + stop, n & 3, sums);
    const total = f32x4.splat(sum4(sums));
    for (let at = start; at < stop; at += 16) softmaxGradient(y + at, g + at, dx + at, 4, total);
    if ((n & 3) != 0) softmaxGradient(y + stop, g + stop, dx + stop, n & 3, total);
  }
}

@inline
function logSoftmaxGradient(y: usize, g: usize, dx: usize, left: i32, total: v128): void {
  storeUpTo(dx, nmadd(expDown4(loadUpTo(y, left, 0)), total, loadUpTo(g, left, 0)), left);
}

/** dx = g − e^y Σ g; 0 where the whole row of y is −∞. */
export function logSoftmaxBackwardRows(y: usize, g: usize, dx: usize, n: i32, begin: i32, end: i32): void {
  const bytes = <usize>n << 2;
  const body = <usize>(n & ~3) << 2;
  for (let row = begin; row < end; row++) {
    const start = <usize>row * bytes;
    const stop = start + body;
    let sums = f32x4.splat(0);
    let tops = f32x4.splat(-Infinity);
    for (let at = start; at < stop; at += 16) {
      sums = f32x4.add(sums, v128.load(g + at));
      tops = f32x4.max(tops, v128.load(y + at));
    }
    if ((n & 3) != 0) {
      sums = f32x4.add(sums, loadUpTo(g + stop, n & 3, 0));
      tops = f32x4.max(tops, loadUpTo(y + stop, n & 3, -Infinity));
    }
    if (!v128.any_true(f32x4.ne(tops, f32x4.splat(-Infinity)))) {
      memory.fill(dx + start, 0, bytes);
      continue;
    }
    const total = f32x4.splat(sum4(sums));
    for (let at = start; at < stop; at += 16) logSoftmaxGradient(y + at, g + at, dx + at, 4, total);
    if ((n & 3) != 0) logSoftmaxGradient(y + stop, g + stop, dx + stop, n & 3, total);
  }
}

// ---- any inner ----

/** Lines of a strip, as in softmax.cpu.ts: with few of them a walk along n would jump from page to page. */
@inline const STRIP: i32 = 1024;
/** Where in scratch the second number of a line lies, after the first. */
@inline const SECOND: usize = <usize>STRIP << 2;

/** Address of the first element of strip `item`. */
@inline
function stripStart(item: i32, n: i32, inner: i32): usize {
  const strips = (inner + STRIP - 1) / STRIP;
  const outer = item / strips;
  return (<usize>outer * <usize>n * <usize>inner + <usize>((item - outer * strips) * STRIP)) << 2;
}

/** Lines of strip `item`. */
@inline
function stripWidth(item: i32, inner: i32): i32 {
  const strips = (inner + STRIP - 1) / STRIP;
  return min(STRIP, inner - (item % strips) * STRIP);
}

/** Bytes of one number per line of a strip, in whole vectors. */
@inline
function stripBytes(width: i32): usize {
  return <usize>((width + 3) & ~3) << 2;
}

@inline
function fillStrip(p: usize, width: i32, value: f32): void {
  for (let at: usize = 0; at < stripBytes(width); at += 16) v128.store(p + at, f32x4.splat(value));
}

/** Scratch: the largest of each line, then the sums of its exponentials, which y becomes where `isKept`. */
@inline
function stripExponentials(
  x: usize, y: usize, n: i32, row: usize, width: i32, scratch: usize, isKept: bool,
): void {
  fillStrip(scratch, width, -Infinity);
  fillStrip(scratch + SECOND, width, 0);
  for (let k = 0, from = x; k < n; k++, from += row) {
    for (let c = 0; c < width; c += 4) {
      const at = <usize>c << 2;
      v128.store(scratch + at, f32x4.pmax(v128.load(scratch + at), loadUpTo(from + at, width - c, -Infinity)));
    }
  }
  for (let at: usize = 0; at < stripBytes(width); at += 16) {
    v128.store(scratch + at, finiteShift(v128.load(scratch + at)));
  }
  for (let k = 0, at = <usize>0; k < n; k++, at += row) {
    for (let c = 0; c < width; c += 4) {
      const lane = <usize>c << 2;
      const e = expDown4(f32x4.sub(loadUpTo(x + at + lane, width - c, 0), v128.load(scratch + lane)));
      v128.store(scratch + lane, f32x4.add(v128.load(scratch + lane, SECOND), e), SECOND);
      if (isKept) storeUpTo(y + at + lane, e, width - c);
    }
  }
}

export function softmaxStrips(x: usize, y: usize, n: i32, inner: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const start = stripStart(item, n, inner);
    const width = stripWidth(item, inner);
    stripExponentials(x + start, y + start, n, row, width, scratch, true);
    for (let at: usize = 0; at < stripBytes(width); at += 16) {
      const total = v128.load(scratch + at, SECOND);
      const factor = f32x4.div(f32x4.splat(1), total);
      v128.store(scratch + at, v128.andnot(factor, f32x4.eq(total, f32x4.splat(0))), SECOND);
    }
    for (let k = 0, to = y + start; k < n; k++, to += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        scale(to + lane, width - c, v128.load(scratch + lane, SECOND));
      }
    }
  }
}

export function logSoftmaxStrips(x: usize, y: usize, n: i32, inner: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const start = stripStart(item, n, inner);
    const width = stripWidth(item, inner);
    stripExponentials(x + start, y + start, n, row, width, scratch, false);
    for (let at: usize = 0; at < stripBytes(width); at += 16) {
      const total = v128.load(scratch + at, SECOND);
      v128.store(scratch + at, v128.andnot(log4(total), f32x4.eq(total, f32x4.splat(0))), SECOND);
    }
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const shifted = f32x4.sub(loadUpTo(x + at + lane, width - c, 0), v128.load(scratch + lane));
        storeUpTo(y + at + lane, f32x4.sub(shifted, v128.load(scratch + lane, SECOND)), width - c);
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
    fillStrip(scratch, width, 0);
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
    fillStrip(scratch, width, 0);
    fillStrip(scratch + SECOND, width, -Infinity);
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const top = f32x4.max(v128.load(scratch + lane, SECOND), loadUpTo(y + at + lane, width - c, -Infinity));
        v128.store(scratch + lane, f32x4.add(v128.load(scratch + lane), loadUpTo(g + at + lane, width - c, 0)));
        v128.store(scratch + lane, top, SECOND);
      }
    }
    for (let k = 0, at = start; k < n; k++, at += row) {
      for (let c = 0; c < width; c += 4) {
        const lane = <usize>c << 2;
        const e = expDown4(loadUpTo(y + at + lane, width - c, 0));
        const d = nmadd(e, v128.load(scratch + lane), loadUpTo(g + at + lane, width - c, 0));
        const isDead = f32x4.eq(v128.load(scratch + lane, SECOND), f32x4.splat(-Infinity));
        storeUpTo(dx + at + lane, v128.andnot(d, isDead), width - c);
      }
    }
  }
}
