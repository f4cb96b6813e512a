// Whether any, or all, of x [outer, n, inner] along its middle axis are not 0 (NaN is not), in blocks: y, bytes,
// [outer, ⌈n / block⌉, inner]; y is walked again until one block is left (truth.cpu.ts). Items are a block by up to
// 256 columns. A row's block ends where it is decided. No memory beside the buffers.

@inline const STRIP: i32 = 256;

/** The bits of sixteen bytes that make a T other than 0. */
@inline
function bits<T>(p: usize): v128 {
  return isFloat<T>() ? v128.and(v128.load(p), i32x4.splat(0x7fffffff)) : v128.load(p);
}

@inline
function areAll<T>(x: v128): bool {
  return sizeof<T>() == 1 ? i8x16.all_true(x) : i32x4.all_true(x);
}

/** Of `count` neighbours. */
@inline
function ofRun<T>(isAny: bool, x: usize, count: i32): bool {
  const lanes = 16 / <i32>sizeof<T>();
  let p = x;
  let left = count;
  for (; left >= lanes; left -= lanes) {
    if (isAny ? v128.any_true(bits<T>(p)) : !areAll<T>(bits<T>(p))) return isAny;
    p += 16;
  }
  for (; left > 0; left--) {
    if ((load<T>(p) != 0) == isAny) return isAny;
    p += sizeof<T>();
  }
  return !isAny;
}

/** 1 in each byte of sixteen neighbours that are not 0. */
@inline
function ones<T>(p: usize): v128 {
  const one = i8x16.splat(1);
  const zero = i32x4.splat(0);
  if (sizeof<T>() == 1) return v128.and(i8x16.ne(v128.load(p), zero), one);
  const a = i16x8.narrow_i32x4_s(i32x4.ne(bits<T>(p), zero), i32x4.ne(bits<T>(p + 16), zero));
  const b = i16x8.narrow_i32x4_s(i32x4.ne(bits<T>(p + 32), zero), i32x4.ne(bits<T>(p + 48), zero));
  return v128.and(i8x16.narrow_i16x8_s(a, b), one);
}

@inline
function truth<T>(
  isAny: bool, x: usize, y: usize, n: i32, inner: i32, block: i32, first: i32, last: i32,
): void {
  const blocks = (n + block - 1) / block;
  const strips = (inner + STRIP - 1) / STRIP;
  const row = <usize>inner * sizeof<T>();
  for (let item = first; item < last; item++) {
    const band = item / strips;
    const outer = band / blocks;
    const top = (band - outer * blocks) * block;
    const column = (item - band * strips) * STRIP;
    const to = y + <usize>band * <usize>inner + <usize>column;
    let from = x + (<usize>outer * <usize>n + <usize>top) * row + <usize>column * sizeof<T>();
    const height = min(block, n - top);
    if (inner == 1) {
      store<u8>(to, <u8>ofRun<T>(isAny, from, height));
      continue;
    }
    const width = min(STRIP, inner - column);
    memory.fill(to, <u8>!isAny, width);
    for (let k = 0; k < height; k++) {
      let i: usize = 0;
      for (; i + 16 <= <usize>width; i += 16) {
        const before = v128.load(to + i);
        const here = ones<T>(from + i * sizeof<T>());
        v128.store(to + i, isAny ? v128.or(before, here) : v128.and(before, here));
      }
      for (; i < <usize>width; i++) {
        const isSet = <u8>(load<T>(from + i * sizeof<T>()) != 0);
        store<u8>(to + i, isAny ? load<u8>(to + i) | isSet : load<u8>(to + i) & isSet);
      }
      from += row;
    }
  }
}

export function anyFloat(x: usize, y: usize, n: i32, inner: i32, block: i32, begin: i32, end: i32): void {
  truth<f32>(true, x, y, n, inner, block, begin, end);
}
export function anyInt(x: usize, y: usize, n: i32, inner: i32, block: i32, begin: i32, end: i32): void {
  truth<i32>(true, x, y, n, inner, block, begin, end);
}
export function anyByte(x: usize, y: usize, n: i32, inner: i32, block: i32, begin: i32, end: i32): void {
  truth<u8>(true, x, y, n, inner, block, begin, end);
}
export function allFloat(x: usize, y: usize, n: i32, inner: i32, block: i32, begin: i32, end: i32): void {
  truth<f32>(false, x, y, n, inner, block, begin, end);
}
export function allInt(x: usize, y: usize, n: i32, inner: i32, block: i32, begin: i32, end: i32): void {
  truth<i32>(false, x, y, n, inner, block, begin, end);
}
export function allByte(x: usize, y: usize, n: i32, inner: i32, block: i32, begin: i32, end: i32): void {
  truth<u8>(false, x, y, n, inner, block, begin, end);
}
