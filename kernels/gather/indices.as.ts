// Integer tensors that name classes, rows or places: their range, and bytes as int32.

/** y = x, unsigned bytes as int32. */
export function widen8(x: usize, y: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) store<i32>(y + (<usize>i << 2), <i32>load<u8>(x + <usize>i));
}

/**
 * Smallest and largest of n indices, and how many there are, those equal to `skip` left out. Items are blocks of 16384
 * indices; each writes its three numbers to `out`.
 */
export function indexBounds(index: usize, n: i32, skip: i32, out: usize, begin: i32, end: i32): void {
  const skipped = i32x4.splat(skip);
  for (let item = begin; item < end; item++) {
    const last = min(n, (item + 1) << 14);
    let low = i32x4.splat(i32.MAX_VALUE);
    let high = i32x4.splat(i32.MIN_VALUE);
    let count = i32x4.splat(0);
    let k = item << 14;
    for (; k + 4 <= last; k += 4) {
      const x = v128.load(index + (<usize>k << 2));
      const out = i32x4.eq(x, skipped);
      low = i32x4.min_s(low, v128.bitselect(low, x, out));
      high = i32x4.max_s(high, v128.bitselect(high, x, out));
      count = i32x4.add(count, i32x4.add(out, i32x4.splat(1)));
    }
    for (; k < last; k++) {
      const x = load<i32>(index + (<usize>k << 2));
      if (x == skip) continue;
      low = i32x4.min_s(low, i32x4.splat(x));
      high = i32x4.max_s(high, i32x4.splat(x));
      count = i32x4.replace_lane(count, 0, i32x4.extract_lane(count, 0) + 1);
    }
    low = i32x4.min_s(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
    high = i32x4.max_s(high, i32x4.shuffle(high, high, 2, 3, 0, 1));
    count = i32x4.add(count, i32x4.shuffle(count, count, 2, 3, 0, 1));
    const to = out + <usize>item * 12;
    store<i32>(to, min(i32x4.extract_lane(low, 0), i32x4.extract_lane(low, 1)));
    store<i32>(to, max(i32x4.extract_lane(high, 0), i32x4.extract_lane(high, 1)), 4);
    store<i32>(to, i32x4.extract_lane(count, 0) + i32x4.extract_lane(count, 1), 8);
  }
}
