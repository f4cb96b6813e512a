// Reductions of x [outer, n, inner] along its middle axis, in blocks: y [outer, ⌈n / block⌉, inner], one result per
// block. Further launches over y fold the blocks, until one is left (fold.cpu.ts).
//
// Rows (inner = 1): block = 4096, an item is one block. In stretches of 256, four vectors of partial results take turns
// and are folded as (0 + 1) + (2 + 3); then the stretches in order, then the lanes as (0 + 2) + (1 + 3), then the tail.
// Columns (inner > 1): block = 256, an item is one block by up to 4096 columns. Eight rows are folded pairwise, then
// added to what y has; the remaining rows one by one.
//
// `divisor` divides the result (1 but in the last launch of a mean). Elements are f32 or i32. No other memory is used.

import { expDown4 } from '../runtime/cpu/simd.as';

@inline const ROW_BLOCK: i32 = 4096;
/** Few additions in a row keep the rounding error small. */
@inline const STRETCH: i32 = 256;
@inline const COLUMN_BLOCK: i32 = 256;
@inline const COLUMNS: i32 = 4096;

@inline const SUM: i32 = 0;
@inline const MAX: i32 = 1;
@inline const MIN: i32 = 2;
/** Σ (x − shift)²: the sum behind variance, shift the mean. */
@inline const SQUARES: i32 = 3;
/** Σ e^(x − shift): the sum behind logsumexp, shift the maximum. Where that is not finite the sum means nothing. */
@inline const EXPONENTIALS: i32 = 4;

@inline
function term(op: i32, x: v128, shift: v128): v128 {
  if (op < SQUARES) return x;
  const d = f32x4.sub(x, shift);
  return op == SQUARES ? f32x4.mul(d, d) : expDown4(d);
}

@inline
function fold<T>(op: i32, a: v128, b: v128): v128 {
  if (isFloat<T>()) return op == MAX ? f32x4.max(a, b) : op == MIN ? f32x4.min(a, b) : f32x4.add(a, b);
  return op == MAX ? i32x4.max_s(a, b) : op == MIN ? i32x4.min_s(a, b) : i32x4.add(a, b);
}

/** What changes nothing when it is folded in. */
@inline
function neutral<T>(op: i32): v128 {
  if (op == MAX) return isFloat<T>() ? f32x4.splat(-Infinity) : i32x4.splat(i32.MIN_VALUE);
  if (op == MIN) return isFloat<T>() ? f32x4.splat(Infinity) : i32x4.splat(i32.MAX_VALUE);
  return i32x4.splat(0);
}

/** The fold of `count` (a multiple of 16) neighbours, one in each lane for every fourth. */
@inline
function foldWhole<T>(op: i32, x: usize, count: i32, shift: v128): v128 {
  const end = x + (<usize>count << 2);
  let a = neutral<T>(op);
  let b = a;
  let c = a;
  let d = a;
  for (let p = x; p < end; p += 64) {
    a = fold<T>(op, a, term(op, v128.load(p), shift));
    b = fold<T>(op, b, term(op, v128.load(p, 16), shift));
    c = fold<T>(op, c, term(op, v128.load(p, 32), shift));
    d = fold<T>(op, d, term(op, v128.load(p, 48), shift));
  }
  return fold<T>(op, fold<T>(op, a, b), fold<T>(op, c, d));
}

/** The fold of `count` neighbours, in every lane. */
@inline
function foldRun<T>(op: i32, x: usize, count: i32, shift: v128): v128 {
  let p = x;
  let left = count;
  let a = neutral<T>(op);
  while (left >= 16) {
    const size = min(left & ~15, STRETCH);
    a = fold<T>(op, a, foldWhole<T>(op, p, size, shift));
    p += <usize>size << 2;
    left -= size;
  }
  for (; left >= 4; left -= 4) {
    a = fold<T>(op, a, term(op, v128.load(p), shift));
    p += 16;
  }
  a = fold<T>(op, a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  a = fold<T>(op, a, i32x4.shuffle(a, a, 1, 0, 3, 2));
  for (; left > 0; left--) {
    a = fold<T>(op, a, term(op, v128.load_splat<u32>(p), shift));
    p += 4;
  }
  return a;
}

@inline
function rows<T>(op: i32, x: usize, shifts: usize, y: usize, n: i32, divisor: f32, first: i32, last: i32): void {
  const blocks = (n + ROW_BLOCK - 1) / ROW_BLOCK;
  for (let item = first; item < last; item++) {
    const row = item / blocks;
    const start = (item - row * blocks) * ROW_BLOCK;
    const shift = op < SQUARES ? i32x4.splat(0) : v128.load_splat<u32>(shifts + (<usize>row << 2));
    const a = foldRun<T>(op, x + (<usize>(row * n + start) << 2), min(ROW_BLOCK, n - start), shift);
    if (isFloat<T>()) store<f32>(y + (<usize>item << 2), f32x4.extract_lane(a, 0) / divisor);
    else store<i32>(y + (<usize>item << 2), i32x4.extract_lane(a, 0));
  }
}

/** Four neighbours, or one in every lane. */
@inline
function wide(p: usize, isWide: bool): v128 {
  return isWide ? v128.load(p) : v128.load_splat<u32>(p);
}

/** The fold of `height` (8 or 1) rows that are `step` bytes apart, in four columns or one. */
@inline
function foldRows<T>(op: i32, height: i32, p: usize, step: usize, shift: v128, isWide: bool): v128 {
  const a = term(op, wide(p, isWide), shift);
  if (height == 1) return a;
  const ab = fold<T>(op, a, term(op, wide(p + step, isWide), shift));
  const c = term(op, wide(p + 2 * step, isWide), shift);
  const cd = fold<T>(op, c, term(op, wide(p + 3 * step, isWide), shift));
  const abcd = fold<T>(op, ab, cd);
  const q = p + 4 * step;
  const e = term(op, wide(q, isWide), shift);
  const ef = fold<T>(op, e, term(op, wide(q + step, isWide), shift));
  const g = term(op, wide(q + 2 * step, isWide), shift);
  const gh = fold<T>(op, g, term(op, wide(q + 3 * step, isWide), shift));
  return fold<T>(op, abcd, fold<T>(op, ef, gh));
}

/** Folds `height` rows of `count` columns into y. */
@inline
function foldInto<T>(op: i32, height: i32, x: usize, shifts: usize, y: usize, step: usize, count: i32): void {
  const end = x + (<usize>count << 2);
  const whole = x + (<usize>(count & ~3) << 2);
  let s = shifts;
  let to = y;
  let p = x;
  for (; p < whole; p += 16) {
    const shift = op < SQUARES ? i32x4.splat(0) : v128.load(s);
    const sum = foldRows<T>(op, height, p, step, shift, true);
    v128.store(to, fold<T>(op, v128.load(to), sum));
    s += 16;
    to += 16;
  }
  for (; p < end; p += 4) {
    const shift = op < SQUARES ? i32x4.splat(0) : v128.load_splat<u32>(s);
    const sum = foldRows<T>(op, height, p, step, shift, false);
    v128.store_lane<u32>(to, fold<T>(op, v128.load_splat<u32>(to), sum), 0);
    s += 4;
    to += 4;
  }
}

@inline
function columns<T>(
  op: i32, x: usize, shifts: usize, y: usize, n: i32, inner: i32, divisor: f32, first: i32, last: i32,
): void {
  const parts = (inner + COLUMNS - 1) / COLUMNS;
  const blocks = (n + COLUMN_BLOCK - 1) / COLUMN_BLOCK;
  const step = <usize>inner << 2;
  for (let item = first; item < last; item++) {
    const band = item / parts;
    const outer = band / blocks;
    const top = (band - outer * blocks) * COLUMN_BLOCK;
    const column = (item - band * parts) * COLUMNS;
    const count = min(COLUMNS, inner - column);
    const to = y + (<usize>(band * inner + column) << 2);
    const shift = shifts + (<usize>(outer * inner + column) << 2);
    fill(to, count, neutral<T>(op));
    let p = x + (<usize>((outer * n + top) * inner + column) << 2);
    let left = min(COLUMN_BLOCK, n - top);
    for (; left >= 8; left -= 8) {
      foldInto<T>(op, 8, p, shift, to, step, count);
      p += step << 3;
    }
    for (; left > 0; left--) {
      foldInto<T>(op, 1, p, shift, to, step, count);
      p += step;
    }
    if (isFloat<T>() && divisor != 1) divide(to, count, divisor);
  }
}

function fill(y: usize, count: i32, value: v128): void {
  for (let i = 0; i < count; i++) v128.store_lane<u32>(y + (<usize>i << 2), value, 0);
}

function divide(y: usize, count: i32, divisor: f32): void {
  for (let i = 0; i < count; i++) store<f32>(y + (<usize>i << 2), load<f32>(y + (<usize>i << 2)) / divisor);
}

export function sumFloatRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<f32>(SUM, x, 0, y, n, divisor, begin, end);
}
export function sumFloatColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<f32>(SUM, x, 0, y, n, inner, divisor, begin, end);
}
export function sumIntRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<i32>(SUM, x, 0, y, n, divisor, begin, end);
}
export function sumIntColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<i32>(SUM, x, 0, y, n, inner, divisor, begin, end);
}
export function maxFloatRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<f32>(MAX, x, 0, y, n, divisor, begin, end);
}
export function maxFloatColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<f32>(MAX, x, 0, y, n, inner, divisor, begin, end);
}
export function maxIntRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<i32>(MAX, x, 0, y, n, divisor, begin, end);
}
export function maxIntColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<i32>(MAX, x, 0, y, n, inner, divisor, begin, end);
}
export function minFloatRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<f32>(MIN, x, 0, y, n, divisor, begin, end);
}
export function minFloatColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<f32>(MIN, x, 0, y, n, inner, divisor, begin, end);
}
export function minIntRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<i32>(MIN, x, 0, y, n, divisor, begin, end);
}
export function minIntColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<i32>(MIN, x, 0, y, n, inner, divisor, begin, end);
}
export function squaresFloatRows(
  x: usize, shifts: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32,
): void {
  rows<f32>(SQUARES, x, shifts, y, n, divisor, begin, end);
}
export function squaresFloatColumns(
  x: usize, shifts: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32,
): void {
  columns<f32>(SQUARES, x, shifts, y, n, inner, divisor, begin, end);
}
export function exponentialsFloatRows(
  x: usize, shifts: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32,
): void {
  rows<f32>(EXPONENTIALS, x, shifts, y, n, divisor, begin, end);
}
export function exponentialsFloatColumns(
  x: usize, shifts: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32,
): void {
  columns<f32>(EXPONENTIALS, x, shifts, y, n, inner, divisor, begin, end);
}
