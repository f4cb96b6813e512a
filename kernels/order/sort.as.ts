// The first `take` elements in order, and where they were, of each line along the middle axis of x [outer, n, inner]:
// values, indices [outer, take, inner]. Items are the outer · inner lines.
//
// An element becomes a pair: its key, an unsigned number in the order of the elements (NaN above all, -0 as 0), above
// its place. Pairs are ordered as one number, so equals stay in their order. Descending: the keys' bits are turned
// (flip −1). Short lines: insertion. A few of many: a heap of those found so far, the last of them on top. Else by
// radix, 8 bits at a time from the lowest; digits that all keys share are left out. Scratch: for a heap `take` pairs,
// else two times n pairs and 4 KiB of counts.

@inline const SHORT: i32 = 48;
/** A heap is taken where it is at most this part of the line; launched with as much scratch (sort.cpu.ts). */
@inline const HEAP_PART: i32 = 8;

@inline
function keyOf<T>(p: usize): u32 {
  if (sizeof<T>() == 1) return load<u8>(p);
  if (!isFloat<T>()) return load<u32>(p) ^ 0x80000000;
  const bits = load<u32>(p);
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0xffffffff;
  if (magnitude == 0) return 0x80000000;
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

@inline
function pairOf<T>(p: usize, k: i32, flip: u32): u64 {
  return (<u64>(keyOf<T>(p) ^ flip) << 32) | <u64>k;
}

/** Pairs of the line in rising order at `pairs`. */
@inline
function insertion<T>(x: usize, step: usize, n: i32, flip: u32, pairs: usize): void {
  for (let k = 0; k < n; k++) {
    const pair = pairOf<T>(x + <usize>k * step, k, flip);
    let p = pairs + (<usize>k << 3);
    while (p > pairs && load<u64>(p - 8) > pair) {
      store<u64>(p, load<u64>(p - 8));
      p -= 8;
    }
    store<u64>(p, pair);
  }
}

/** `pair` sinks from the top of the heap of `count` pairs: above each is one that is larger. */
function sink(heap: usize, count: i32, pair: u64): void {
  let at = 0;
  for (let child = 1; child < count; child = 2 * at + 1) {
    let p = heap + (<usize>child << 3);
    if (child + 1 < count && load<u64>(p, 8) > load<u64>(p)) {
      child++;
      p += 8;
    }
    if (load<u64>(p) <= pair) break;
    store<u64>(heap + (<usize>at << 3), load<u64>(p));
    at = child;
  }
  store<u64>(heap + (<usize>at << 3), pair);
}

/** Which of eight neighbours at p come before `limit`, or may (NaN), as bits. */
@inline
function mayPrecede<T>(p: usize, limit: v128, flip: u32): i32 {
  const a = v128.load(p);
  const b = v128.load(p, 16);
  let low: v128;
  let high: v128;
  if (isFloat<T>()) {
    low = flip == 0 ? f32x4.ge(a, limit) : f32x4.le(a, limit);
    high = flip == 0 ? f32x4.ge(b, limit) : f32x4.le(b, limit);
  } else {
    low = flip == 0 ? i32x4.ge_s(a, limit) : i32x4.le_s(a, limit);
    high = flip == 0 ? i32x4.ge_s(b, limit) : i32x4.le_s(b, limit);
  }
  return (i32x4.bitmask(low) | (i32x4.bitmask(high) << 4)) ^ 255;
}

/** The top of the heap of `take` pairs once it was offered element k. */
@inline
function offered<T>(x: usize, step: usize, k: i32, flip: u32, take: i32, heap: usize, top: u64): u64 {
  const pair = pairOf<T>(x + <usize>k * step, k, flip);
  if (pair >= top) return top;
  sink(heap, take, pair);
  return load<u64>(heap);
}

/** The `take` smallest pairs in rising order at `heap`; all are larger than no pair at first. */
@inline
function smallest<T>(x: usize, step: usize, n: i32, flip: u32, take: i32, heap: usize): void {
  memory.fill(heap, 0xff, <usize>take << 3);
  let top = u64.MAX_VALUE;
  let k = 0;
  if (sizeof<T>() == 4 && step == 4) {
    for (; k < take; k++) top = offered<T>(x, step, k, flip, take, heap, top);
    // The heap is full, and the others come after its top where their elements are equal: few need a look.
    for (; k + 8 <= n; k += 8) {
      const limit = v128.load32_splat(x + (<usize><u32>top << 2));
      for (let bits = mayPrecede<T>(x + (<usize>k << 2), limit, flip); bits != 0; bits &= bits - 1) {
        top = offered<T>(x, step, k + ctz<i32>(bits), flip, take, heap, top);
      }
    }
  }
  for (; k < n; k++) top = offered<T>(x, step, k, flip, take, heap, top);
  for (let count = take - 1; count > 0; count--) {
    const p = heap + (<usize>count << 3);
    const pair = load<u64>(p);
    store<u64>(p, load<u64>(heap));
    sink(heap, count, pair);
  }
}

/** One pass: pairs go from `from` to `to` by the digit at `shift`, whose counts are at `counts`. */
function scatter(from: usize, to: usize, n: i32, shift: u64, counts: usize): void {
  let sum: u32 = 0;
  for (let digit: usize = 0; digit < 1024; digit += 4) {
    const count = load<u32>(counts + digit);
    store<u32>(counts + digit, sum);
    sum += count;
  }
  const end = from + (<usize>n << 3);
  for (; from < end; from += 8) {
    const pair = load<u64>(from);
    const place = counts + (<usize>((pair >> shift) & 255) << 2);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    store<u64>(to + (<usize>at << 3), pair);
  }
}

/** Pairs in rising order, at the address that is given back. */
@inline
function radix<T>(x: usize, step: usize, n: i32, flip: u32, pairs: usize): usize {
  let other = pairs + (<usize>n << 3);
  const counts = other + (<usize>n << 3);
  memory.fill(counts, 0, 4096);
  for (let k = 0; k < n; k++) {
    const pair = pairOf<T>(x, k, flip);
    x += step;
    store<u64>(pairs + (<usize>k << 3), pair);
    for (let digit: usize = 0; digit < 4; digit++) {
      const place = counts + (digit << 10) + (<usize>((pair >> (32 + (digit << 3))) & 255) << 2);
      store<u32>(place, load<u32>(place) + 1);
    }
  }
  for (let digit: usize = 0; digit < 4; digit++) {
    const shift = 32 + (<u64>digit << 3);
    const here = counts + (digit << 10);
    if (load<u32>(here + (<usize>((load<u64>(pairs) >> shift) & 255) << 2)) == <u32>n) continue;
    scatter(pairs, other, n, shift, here);
    const swapped = pairs;
    pairs = other;
    other = swapped;
  }
  return pairs;
}

@inline
function sort<T>(
  x: usize, values: usize, indices: usize, n: i32, inner: i32, take: i32, flip: i32,
  first: i32, last: i32, scratch: usize,
): void {
  const step = <usize>inner * sizeof<T>();
  for (let line = first; line < last; line++) {
    const outer = line / inner;
    const column = line - outer * inner;
    const from = x + (<usize>outer * <usize>n * <usize>inner + <usize>column) * sizeof<T>();
    let pairs = scratch;
    if (n <= SHORT) insertion<T>(from, step, n, flip, pairs);
    else if (take <= n / HEAP_PART) smallest<T>(from, step, n, flip, take, pairs);
    else pairs = radix<T>(from, step, n, flip, pairs);
    let to = <usize>outer * <usize>take * <usize>inner + <usize>column;
    for (let k: usize = 0; k < <usize>take; k++) {
      const place = <usize>load<u32>(pairs + (k << 3));
      store<T>(values + to * sizeof<T>(), load<T>(from + place * step));
      store<i32>(indices + (to << 2), <i32>place);
      to += <usize>inner;
    }
  }
}

export function sortFloat(
  x: usize, values: usize, indices: usize, n: i32, inner: i32, take: i32, flip: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  sort<f32>(x, values, indices, n, inner, take, flip, begin, end, scratch);
}
export function sortInt(
  x: usize, values: usize, indices: usize, n: i32, inner: i32, take: i32, flip: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  sort<i32>(x, values, indices, n, inner, take, flip, begin, end, scratch);
}
export function sortByte(
  x: usize, values: usize, indices: usize, n: i32, inner: i32, take: i32, flip: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  sort<u8>(x, values, indices, n, inner, take, flip, begin, end, scratch);
}
