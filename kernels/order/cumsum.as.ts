// Running sums of x [outer, n, inner] along its middle axis: y of the same shape; backwards when `reverse`. f32 is
// added in f64, in the order of the axis; i32 wraps.
//
// Lines are walked in blocks; items are (outer, block, strip of 16 columns). Where a line has several blocks, a first
// launch leaves each block's total, a second makes of them what comes before each block, and the third starts there:
// `carries` [outer, blocks, inner], 8 bytes each, 0 for none. No other memory is used.

@inline const STRIP: i32 = 16;

/**
 * Adds `count` elements that lie `step` bytes apart to `sum`, and stores each sum at the same distance from `y`. Four
 * are added up by themselves first, so that only their total waits for the sum before.
 */
@inline
function scanLine<T, A>(x: usize, y: usize, count: i32, step: usize, sum: A): void {
  for (; count >= 4; count -= 4) {
    const a = <A>load<T>(x);
    const b = a + <A>load<T>(x + step);
    const c = b + <A>load<T>(x + 2 * step);
    const d = c + <A>load<T>(x + 3 * step);
    store<T>(y, <T>(sum + a));
    store<T>(y + step, <T>(sum + b));
    store<T>(y + 2 * step, <T>(sum + c));
    sum += d;
    store<T>(y + 3 * step, <T>sum);
    x += 4 * step;
    y += 4 * step;
  }
  for (; count > 0; count--) {
    sum += <A>load<T>(x);
    store<T>(y, <T>sum);
    x += step;
    y += step;
  }
}

@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
}

@inline
function narrow(a: v128, b: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}

/** Sixteen columns of f32 side by side. */
function scanStrip(x: usize, y: usize, count: i32, step: usize, carry: usize): void {
  let a = f64x2.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  if (carry != 0) {
    a = v128.load(carry), b = v128.load(carry, 16), c = v128.load(carry, 32), d = v128.load(carry, 48);
    e = v128.load(carry, 64), f = v128.load(carry, 80), g = v128.load(carry, 96), h = v128.load(carry, 112);
  }
  for (let k = 0; k < count; k++) {
    const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
    a = f64x2.add(a, low(x0)), b = f64x2.add(b, high(x0)), c = f64x2.add(c, low(x1)), d = f64x2.add(d, high(x1));
    e = f64x2.add(e, low(x2)), f = f64x2.add(f, high(x2)), g = f64x2.add(g, low(x3)), h = f64x2.add(h, high(x3));
    v128.store(y, narrow(a, b));
    v128.store(y, narrow(c, d), 16);
    v128.store(y, narrow(e, f), 32);
    v128.store(y, narrow(g, h), 48);
    x += step;
    y += step;
  }
}

@inline
function scan<T, A>(
  x: usize, y: usize, n: i32, inner: i32, block: i32, carries: usize, reverse: i32, first: i32, last: i32,
): void {
  const blocks = (n + block - 1) / block;
  const strips = (inner + STRIP - 1) / STRIP;
  const step = (reverse ? -<isize>inner : <isize>inner) << 2;
  for (let item = first; item < last; item++) {
    const band = item / strips;
    const outer = band / blocks;
    const walked = (band - outer * blocks) * block;
    const column = (item - band * strips) * STRIP;
    const k = reverse ? n - 1 - walked : walked;
    const at = ((<usize>outer * <usize>n + <usize>k) * <usize>inner + <usize>column) << 2;
    const carry = carries == 0 ? 0 : carries + ((<usize>band * <usize>inner + <usize>column) << 3);
    const count = min(block, n - walked);
    const width = min(STRIP, inner - column);
    if (isFloat<T>() && width == STRIP) {
      scanStrip(x + at, y + at, count, step, carry);
      continue;
    }
    for (let i: usize = 0; i < <usize>width; i++) {
      const before = carry == 0 ? <A>0 : load<A>(carry + (i << 3));
      scanLine<T, A>(x + at + (i << 2), y + at + (i << 2), count, step, before);
    }
  }
}

/** Of `count` elements `step` bytes apart, every fourth by itself, then (0 + 1) + (2 + 3), then the rest. */
@inline
function totalOf<T, A>(x: usize, count: i32, step: usize): A {
  let a: A = 0, b: A = 0, c: A = 0, d: A = 0;
  for (; count >= 4; count -= 4) {
    a += <A>load<T>(x);
    b += <A>load<T>(x + step);
    c += <A>load<T>(x + 2 * step);
    d += <A>load<T>(x + 3 * step);
    x += 4 * step;
  }
  let sum: A = a + b + (c + d);
  for (; count > 0; count--) {
    sum += <A>load<T>(x);
    x += step;
  }
  return sum;
}

/** Items as above: each leaves its columns' sums in `carries`. */
@inline
function totals<T, A>(
  x: usize, n: i32, inner: i32, block: i32, carries: usize, reverse: i32, first: i32, last: i32,
): void {
  const blocks = (n + block - 1) / block;
  const strips = (inner + STRIP - 1) / STRIP;
  const row = <usize>inner << 2;
  for (let item = first; item < last; item++) {
    const band = item / strips;
    const outer = band / blocks;
    const walked = (band - outer * blocks) * block;
    const column = (item - band * strips) * STRIP;
    const count = min(block, n - walked);
    const k = reverse ? n - walked - count : walked;
    const from = x + (((<usize>outer * <usize>n + <usize>k) * <usize>inner + <usize>column) << 2);
    const to = carries + ((<usize>band * <usize>inner + <usize>column) << 3);
    const width = min(STRIP, inner - column);
    for (let i: usize = 0; i < <usize>width; i++) {
      store<A>(to + (i << 3), totalOf<T, A>(from + (i << 2), count, row));
    }
  }
}

/** Totals become the sums of those before them. Items are the outer · inner lines. */
@inline
function before<A>(carries: usize, blocks: i32, inner: i32, first: i32, last: i32): void {
  for (let line = first; line < last; line++) {
    const outer = line / inner;
    let p = carries + ((<usize>outer * <usize>blocks * <usize>inner + <usize>(line - outer * inner)) << 3);
    let sum: A = 0;
    for (let k = 0; k < blocks; k++) {
      const total = load<A>(p);
      store<A>(p, sum);
      sum += total;
      p += <usize>inner << 3;
    }
  }
}

export function cumsumFloat(
  x: usize, y: usize, n: i32, inner: i32, block: i32, carries: usize, reverse: i32, begin: i32, end: i32,
): void {
  scan<f32, f64>(x, y, n, inner, block, carries, reverse, begin, end);
}
export function cumsumInt(
  x: usize, y: usize, n: i32, inner: i32, block: i32, carries: usize, reverse: i32, begin: i32, end: i32,
): void {
  scan<i32, i32>(x, y, n, inner, block, carries, reverse, begin, end);
}
export function cumsumTotalsFloat(
  x: usize, n: i32, inner: i32, block: i32, carries: usize, reverse: i32, begin: i32, end: i32,
): void {
  totals<f32, f64>(x, n, inner, block, carries, reverse, begin, end);
}
export function cumsumTotalsInt(
  x: usize, n: i32, inner: i32, block: i32, carries: usize, reverse: i32, begin: i32, end: i32,
): void {
  totals<i32, i32>(x, n, inner, block, carries, reverse, begin, end);
}
export function cumsumBeforeFloat(carries: usize, blocks: i32, inner: i32, begin: i32, end: i32): void {
  before<f64>(carries, blocks, inner, begin, end);
}
export function cumsumBeforeInt(carries: usize, blocks: i32, inner: i32, begin: i32, end: i32): void {
  before<i32>(carries, blocks, inner, begin, end);
}
