// Products of x [outer, n, inner] along its middle axis, in the blocks and items of fold.as.ts: y [outer, ⌈n /
// block⌉, inner].
//
// Rows (inner = 1): four vectors of partial products take turns, folded as (0 · 1) · (2 · 3), then the lanes as (0 ·
// 2) · (1 · 3), then the tail. Columns: row after row into y. The divisor is not used. No other memory is used.

@inline const ROW_BLOCK: i32 = 4096;
@inline const COLUMN_BLOCK: i32 = 256;
@inline const COLUMNS: i32 = 4096;

@inline
function times<T>(a: v128, b: v128): v128 {
  return isFloat<T>() ? f32x4.mul(a, b) : i32x4.mul(a, b);
}

@inline
function one<T>(): v128 {
  return isFloat<T>() ? f32x4.splat(1) : i32x4.splat(1);
}

@inline
function rows<T>(x: usize, y: usize, n: i32, first: i32, last: i32): void {
  const blocks = (n + ROW_BLOCK - 1) / ROW_BLOCK;
  for (let item = first; item < last; item++) {
    const row = item / blocks;
    const start = (item - row * blocks) * ROW_BLOCK;
    let left = min(ROW_BLOCK, n - start);
    let p = x + ((<usize>row * <usize>n + <usize>start) << 2);
    let a = one<T>(), b = a, c = a, d = a;
    for (; left >= 16; left -= 16) {
      a = times<T>(a, v128.load(p));
      b = times<T>(b, v128.load(p, 16));
      c = times<T>(c, v128.load(p, 32));
      d = times<T>(d, v128.load(p, 48));
      p += 64;
    }
    a = times<T>(times<T>(a, b), times<T>(c, d));
    a = times<T>(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
    a = times<T>(a, i32x4.shuffle(a, a, 1, 0, 3, 2));
    for (; left > 0; left--) {
      a = times<T>(a, v128.load_splat<u32>(p));
      p += 4;
    }
    v128.store_lane<u32>(y + (<usize>item << 2), a, 0);
  }
}

@inline
function columns<T>(x: usize, y: usize, n: i32, inner: i32, first: i32, last: i32): void {
  const parts = (inner + COLUMNS - 1) / COLUMNS;
  const blocks = (n + COLUMN_BLOCK - 1) / COLUMN_BLOCK;
  for (let item = first; item < last; item++) {
    const band = item / parts;
    const outer = band / blocks;
    const top = (band - outer * blocks) * COLUMN_BLOCK;
    const column = (item - band * parts) * COLUMNS;
    const bytes = <usize>min(COLUMNS, inner - column) << 2;
    const to = y + ((<usize>band * <usize>inner + <usize>column) << 2);
    let from = x + (((<usize>outer * <usize>n + <usize>top) * <usize>inner + <usize>column) << 2);
    memory.copy(to, from, bytes);
    for (let k = min(COLUMN_BLOCK, n - top) - 1; k > 0; k--) {
      from += <usize>inner << 2;
      let at: usize = 0;
      for (; at + 16 <= bytes; at += 16) v128.store(to + at, times<T>(v128.load(to + at), v128.load(from + at)));
      for (; at < bytes; at += 4) {
        v128.store_lane<u32>(to + at, times<T>(v128.load_splat<u32>(to + at), v128.load_splat<u32>(from + at)), 0);
      }
    }
  }
}

export function prodFloatRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<f32>(x, y, n, begin, end);
}
export function prodIntRows(x: usize, y: usize, n: i32, divisor: f32, begin: i32, end: i32): void {
  rows<i32>(x, y, n, begin, end);
}
export function prodFloatColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<f32>(x, y, n, inner, begin, end);
}
export function prodIntColumns(x: usize, y: usize, n: i32, inner: i32, divisor: f32, begin: i32, end: i32): void {
  columns<i32>(x, y, n, inner, begin, end);
}
