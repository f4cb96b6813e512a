// Where in x [outer, n, inner], along its middle axis, the extreme value e [outer, inner] stands first: y, int32.
// An element is found when it equals e or is NaN (then e is NaN too). Rows (inner = 1): an item is a row, searched from
// its start. Columns: an item is up to 4096 columns of one outer index, walked from the last row to the first, so that
// the first match is written last. No memory beside the buffers.

@inline const COLUMNS: i32 = 4096;

@inline
function found<T>(x: v128, extreme: v128): v128 {
  return isFloat<T>() ? v128.or(f32x4.eq(x, extreme), f32x4.ne(x, x)) : i32x4.eq(x, extreme);
}

@inline
function rows<T>(x: usize, extremes: usize, y: usize, n: i32, first: i32, last: i32): void {
  for (let row = first; row < last; row++) {
    const start = x + (<usize>row * <usize>n << 2);
    const extreme = v128.load_splat<u32>(extremes + (<usize>row << 2));
    let k = 0;
    while (k + 4 <= n && !v128.any_true(found<T>(v128.load(start + (<usize>k << 2)), extreme))) k += 4;
    while (k < n && !v128.any_true(found<T>(v128.load_splat<u32>(start + (<usize>k << 2)), extreme))) k++;
    store<i32>(y + (<usize>row << 2), k);
  }
}

@inline
function columns<T>(x: usize, extremes: usize, y: usize, n: i32, inner: i32, first: i32, last: i32): void {
  const parts = (inner + COLUMNS - 1) / COLUMNS;
  for (let item = first; item < last; item++) {
    const outer = item / parts;
    const column = (item - outer * parts) * COLUMNS;
    const count = min(COLUMNS, inner - column);
    const at = <usize>(outer * inner + column) << 2;
    for (let k = n - 1; k >= 0; k--) {
      const row = x + (<usize>((outer * n + k) * inner + column) << 2);
      const place = i32x4.splat(k);
      let i = 0;
      for (; i + 4 <= count; i += 4) {
        const p = at + (<usize>i << 2);
        const here = found<T>(v128.load(row + (<usize>i << 2)), v128.load(extremes + p));
        v128.store(y + p, v128.bitselect(place, v128.load(y + p), here));
      }
      for (; i < count; i++) {
        const p = at + (<usize>i << 2);
        const here = found<T>(v128.load_splat<u32>(row + (<usize>i << 2)), v128.load_splat<u32>(extremes + p));
        if (v128.any_true(here)) store<i32>(y + p, k);
      }
    }
  }
}

export function placeFloatRows(x: usize, extremes: usize, y: usize, n: i32, begin: i32, end: i32): void {
  rows<f32>(x, extremes, y, n, begin, end);
}
export function placeIntRows(x: usize, extremes: usize, y: usize, n: i32, begin: i32, end: i32): void {
  rows<i32>(x, extremes, y, n, begin, end);
}
export function placeFloatColumns(
  x: usize, extremes: usize, y: usize, n: i32, inner: i32, begin: i32, end: i32,
): void {
  columns<f32>(x, extremes, y, n, inner, begin, end);
}
export function placeIntColumns(x: usize, extremes: usize, y: usize, n: i32, inner: i32, begin: i32, end: i32): void {
  columns<i32>(x, extremes, y, n, inner, begin, end);
}
