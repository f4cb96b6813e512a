// Elements chosen by index along the middle of three axes, and the sums that undo it.
//
// Legend: x [outer, n, inner], y [outer, m, inner] for gathers; the other way round for scatterAdd.
// index [outer, m, inner], or [outer, m] when `shared`: one index for the whole row. Indices were checked before.
// No memory beside the buffers. scatterAdd adds in the order of the index, so its sums do not depend on threads.

/** y[o, k, i] = x[o, index[o, k, i], i]. Items are the outer · m rows of y. */
@inline
function gatherRows<T>(
  x: usize, index: usize, y: usize, n: i32, m: i32, inner: i32, shared: i32, begin: i32, end: i32,
): void {
  const width = sizeof<T>();
  const row = <usize>inner * width;
  let outer = begin / m;
  let k = begin - outer * m;
  for (let item = begin; item < end; item++) {
    const to = y + <usize>item * row;
    const lines = x + <usize>(outer * n) * row;
    if (shared) {
      const from = lines + <usize>load<i32>(index + (<usize>item << 2)) * row;
      if (inner == 1) store<T>(to, load<T>(from));
      else memory.copy(to, from, row);
    } else {
      const chosen = index + ((<usize>item * <usize>inner) << 2);
      for (let i: usize = 0; i < <usize>inner; i++) {
        store<T>(to + i * width, load<T>(lines + <usize>load<i32>(chosen + (i << 2)) * row + i * width));
      }
    }
    if (++k == m) {
      k = 0;
      outer++;
    }
  }
}

export function gather32(
  x: usize, index: usize, y: usize, n: i32, m: i32, inner: i32, shared: i32, begin: i32, end: i32,
): void {
  gatherRows<u32>(x, index, y, n, m, inner, shared, begin, end);
}

export function gather8(
  x: usize, index: usize, y: usize, n: i32, m: i32, inner: i32, shared: i32, begin: i32, end: i32,
): void {
  gatherRows<u8>(x, index, y, n, m, inner, shared, begin, end);
}

/** y[o, index[o, k, i], i] += x[o, k, i]; y starts as zeros. Items are strips of 16 columns of an outer block. */
export function scatterAdd(
  x: usize, index: usize, y: usize, n: i32, m: i32, inner: i32, shared: i32, begin: i32, end: i32,
): void {
  const strips = (inner + 15) >> 4;
  const row = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    const outer = item / strips;
    const first = (item - outer * strips) << 4;
    const width = min(16, inner - first);
    const sums = y + <usize>(outer * n) * row + (<usize>first << 2);
    for (let k = outer * m; k < (outer + 1) * m; k++) {
      const from = x + <usize>k * row + (<usize>first << 2);
      let i = 0;
      if (shared) {
        const to = sums + <usize>load<i32>(index + (<usize>k << 2)) * row;
        for (; i + 4 <= width; i += 4) {
          const at = <usize>i << 2;
          v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
        }
        for (; i < width; i++) {
          const at = <usize>i << 2;
          store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
        }
        continue;
      }
      const chosen = index + ((<usize>k * <usize>inner + <usize>first) << 2);
      for (; i < width; i++) {
        const at = <usize>i << 2;
        const to = sums + <usize>load<i32>(chosen + at) * row + at;
        store<f32>(to, load<f32>(to) + load<f32>(from + at));
      }
    }
  }
}

/** y[i, index[i]] = 1; y starts as zeros. */
export function setOnes(index: usize, y: usize, classes: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    store<i32>(y + ((<usize>i * <usize>classes + <usize>load<i32>(index + (<usize>i << 2))) << 2), 1);
  }
}
