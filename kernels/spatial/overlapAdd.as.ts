// Sums of overlapping windows, the work behind fold and convolutions over depth.
//
// Legend: x [rows, columns, windows, size, inner] and y [rows, columns, length, inner], with any strides (in elements)
// but 1 for inner. Element t of window i adds to place i · step + t · dilation − padding of y.
// Items are the rows · columns. Order of summation: elements of windows, t ascending. No memory beside the buffers.

import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';

@inline
function addRow(x: usize, y: usize, n: i32): void {
  let k = 0;
  for (; k + 4 <= n; k += 4) {
    const at = <usize>k << 2;
    v128.store(y + at, f32x4.add(v128.load(y + at), v128.load(x + at)));
  }
  if (k == n) return;
  const at = <usize>k << 2;
  storeUpTo(y + at, f32x4.add(loadUpTo(y + at, n - k, 0), loadUpTo(x + at, n - k, 0)), n - k);
}

export function overlapAdd(
  x: usize, y: usize, columns: i32, inner: i32, x0: i32, x1: i32, y0: i32, y1: i32,
  windows: i32, size: i32, windowStride: i32, elementStride: i32,
  length: i32, placeStride: i32, step: i32, dilation: i32, padding: i32, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const row = item / columns, column = item - row * columns;
    const from = x + (<usize>(row * x0 + column * x1) << 2);
    const to = y + (<usize>(row * y0 + column * y1) << 2);
    if (inner == 1) {
      addPoints(from, to, windows, size, windowStride, elementStride, length, placeStride, step, dilation, padding);
      continue;
    }
    addRows(from, to, inner, windows, size, windowStride, elementStride, length, placeStride, step, dilation, padding);
  }
}

/** Place by place: a row of y is in the cache while its windows are added. */
function addRows(
  x: usize, y: usize, inner: i32, windows: i32, size: i32, windowStride: i32, elementStride: i32,
  length: i32, placeStride: i32, step: i32, dilation: i32, padding: i32,
): void {
  for (let place = 0; place < length; place++) {
    const to = y + (<usize>(place * placeStride) << 2);
    memory.fill(to, 0, <usize>inner << 2);
    for (let t = 0; t < size; t++) {
      const start = place + padding - t * dilation;
      if (start < 0) break;
      const window = start / step;
      if (window * step != start || window >= windows) continue;
      addRow(x + (<usize>(window * windowStride + t * elementStride) << 2), to, inner);
    }
  }
}

/** Element by element: the windows of each are neighbours. */
function addPoints(
  x: usize, y: usize, windows: i32, size: i32, windowStride: i32, elementStride: i32,
  length: i32, placeStride: i32, step: i32, dilation: i32, padding: i32,
): void {
  for (let place = 0; place < length; place++) store<f32>(y + (<usize>(place * placeStride) << 2), 0);
  for (let t = 0; t < size; t++) {
    const shift = t * dilation - padding;
    // Windows whose element lies inside: 0 ≤ window · step + shift < length.
    const first = shift < 0 ? (step - 1 - shift) / step : 0;
    const last = shift < length ? min(windows, (length - 1 - shift) / step + 1) : 0;
    if (first >= last) continue;
    let from = x + (<usize>(first * windowStride + t * elementStride) << 2);
    let to = y + (<usize>((first * step + shift) * placeStride) << 2);
    if (windowStride == 1 && step * placeStride == 1) {
      addRow(from, to, last - first);
      continue;
    }
    const xStep = <usize>windowStride << 2, yStep = <usize>(step * placeStride) << 2;
    for (let window = first; window < last; window++, from += xStep, to += yStep) {
      store<f32>(to, load<f32>(to) + load<f32>(from));
    }
  }
}
