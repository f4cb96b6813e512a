// Maximum and average over windows of images.
//
// Legend: maps [height, width] → [rows, columns]; an item is one map (one channel of one image). Windows of a maximum
// are given by kernel, stride, padding and dilation; those of an average by a table: for each row of the result the
// first source row, the one after the last, and the count to divide by; then the same for each column.
// Order of summation: a window's elements row by row, runs of eight and more in four lanes; in a gradient, windows row
// by row.

import { sum4 } from '../runtime/cpu/simd.as';

/** The largest of each window, and where it is in its map: the first of equals, or the last NaN. −∞ and −1 of none. */
export function maxPoolForward(
  x: usize, values: usize, indices: usize, height: i32, width: i32, rows: i32, columns: i32,
  kernelY: i32, kernelX: i32, strideY: i32, strideX: i32, padY: i32, padX: i32, dilationY: i32, dilationX: i32,
  begin: i32, end: i32,
): void {
  const isPairs = kernelY == 2 && kernelX == 2 && strideY == 2 && strideX == 2 && padY == 0 && padX == 0
    && dilationY == 1 && dilationX == 1 && rows << 1 <= height && columns << 1 <= width;
  const size = <usize>(rows * columns) << 2;
  for (let item = begin; item < end; item++) {
    const map = x + (<usize>(item * height * width) << 2);
    for (let row = 0; row < rows; row++) {
      const at = <usize>item * size + (<usize>(row * columns) << 2);
      let column = 0;
      if (isPairs) column = maxOfPairs(map, row, width, columns, values + at, indices + at);
      const top = row * strideY - padY;
      const first = firstInside(top, dilationY), last = lastInside(top, dilationY, kernelY, height);
      for (; column < columns; column++) {
        const left = column * strideX - padX;
        const right = left + (kernelX - 1) * dilationX + 3 * strideX;
        if (left >= 0 && right < width && column + 4 <= columns && first < last) {
          const to = at + (<usize>column << 2), more = (last - first - 1) / dilationY;
          maxOfFour(
            map, first * width + left, more, dilationY * width, kernelX, dilationX, strideX, values + to, indices + to,
          );
          column += 3;
          continue;
        }
        const from = firstInside(left, dilationX), to = lastInside(left, dilationX, kernelX, width);
        let best: f32 = -Infinity, index = -1;
        for (let y = first; y < last; y += dilationY) {
          for (let x = from; x < to; x += dilationX) {
            const value = load<f32>(map + (<usize>(y * width + x) << 2));
            if (value > best || value != value || index < 0) {
              best = value;
              index = y * width + x;
            }
          }
        }
        store<f32>(values + at + (<usize>column << 2), best);
        store<i32>(indices + at + (<usize>column << 2), index);
      }
    }
  }
}

/** Four elements of a row, `step` apart; none beyond the last is read. */
@inline
function loadEvery(p: usize, step: i32): v128 {
  if (step == 1) return v128.load(p);
  if (step == 2) return i32x4.shuffle(v128.load(p), v128.load(p, 12), 0, 2, 5, 7);
  const bytes = <usize>step << 2;
  let v = v128.load32_zero(p);
  v = v128.load_lane<u32>(p + bytes, v, 1);
  v = v128.load_lane<u32>(p + 2 * bytes, v, 2);
  return v128.load_lane<u32>(p + 3 * bytes, v, 3);
}

/** Four neighbouring windows of `more` + 1 lines that lie inside their map, the first element at `place`. */
function maxOfFour(
  map: usize, place: i32, more: i32, lineStep: i32, kernel: i32, dilation: i32, stride: i32, value: usize, index: usize,
): void {
  let at = i32x4.add(i32x4.splat(place), i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride)));
  const next = i32x4.splat(dilation), nextLine = i32x4.splat(lineStep);
  let best = loadEvery(map + (<usize>place << 2), stride), winner = at;
  for (let line = 0; line <= more; line++) {
    let p = map + (<usize>(place + line * lineStep) << 2), here = at;
    for (let i = 0; i < kernel; i++) {
      const x = loadEvery(p, stride), wins = v128.or(f32x4.gt(x, best), f32x4.ne(x, x));
      best = v128.bitselect(x, best, wins), winner = v128.bitselect(here, winner, wins);
      here = i32x4.add(here, next), p += <usize>dilation << 2;
    }
    at = i32x4.add(at, nextLine);
  }
  v128.store(value, best);
  v128.store(index, winner);
}

/** The first of start, start + step, ... that is not negative. */
@inline
function firstInside(start: i32, step: i32): i32 {
  return start < 0 ? start + ((step - 1 - start) / step) * step : start;
}

/** One more than the last source index that a window may touch. */
@inline
function lastInside(start: i32, step: i32, kernel: i32, size: i32): i32 {
  return min(size, start + (kernel - 1) * step + 1);
}

/** Where the next four of n begin after those at `i`: at the end again where less than four are left. */
@inline
function nextFour(i: i32, n: i32): i32 {
  return i + 4 < n ? min(i + 4, n - 4) : n;
}

/** Windows of 2 × 2 side by side, four at a time. Returns how many columns of the result are done. */
function maxOfPairs(map: usize, row: i32, width: i32, columns: i32, values: usize, indices: usize): i32 {
  if (columns < 4) return 0;
  const even = i32x4(0, 2, 4, 6);
  for (let column = 0; column < columns; column = nextFour(column, columns)) {
    const upper = map + (<usize>(2 * (row * width + column)) << 2), lower = upper + (<usize>width << 2);
    const a = v128.load(upper), b = v128.load(upper, 16), c = v128.load(lower), d = v128.load(lower, 16);
    let index = i32x4.add(even, i32x4.splat(2 * row * width + 2 * column));
    let place = index;
    let best = i32x4.shuffle(a, b, 0, 2, 4, 6);
    let value = i32x4.shuffle(a, b, 1, 3, 5, 7);
    let wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
    best = v128.bitselect(value, best, wins), index = v128.bitselect(i32x4.add(place, i32x4.splat(1)), index, wins);
    place = i32x4.add(place, i32x4.splat(width));
    value = i32x4.shuffle(c, d, 0, 2, 4, 6);
    wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
    best = v128.bitselect(value, best, wins), index = v128.bitselect(place, index, wins);
    value = i32x4.shuffle(c, d, 1, 3, 5, 7);
    wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
    best = v128.bitselect(value, best, wins), index = v128.bitselect(i32x4.add(place, i32x4.splat(1)), index, wins);
    v128.store(values + (<usize>column << 2), best);
    v128.store(indices + (<usize>column << 2), index);
  }
  return columns;
}

/** output[map, indices[map, i]] += gradient[map, i], from zero: maps of `size` from maps of `count`. */
export function maxPoolScatter(
  gradient: usize, indices: usize, output: usize, size: i32, count: i32, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const map = output + (<usize>(item * size) << 2);
    memory.fill(map, 0, <usize>size << 2);
    for (let i = item * count; i < (item + 1) * count; i++) {
      const index = load<i32>(indices + (<usize>i << 2));
      if (index < 0) continue;
      const at = map + (<usize>index << 2);
      store<f32>(at, load<f32>(at) + load<f32>(gradient + (<usize>i << 2)));
    }
  }
}

/** output[map, i] = x[map, indices[map, i]], 0 where the index is −1. */
export function maxPoolGather(
  x: usize, indices: usize, output: usize, size: i32, count: i32, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const map = x + (<usize>(item * size) << 2);
    for (let i = item * count; i < (item + 1) * count; i++) {
      const index = load<i32>(indices + (<usize>i << 2));
      store<f32>(output + (<usize>i << 2), index < 0 ? 0 : load<f32>(map + (<usize>index << 2)));
    }
  }
}

/** y = the sum of each window / its count. `isPairs`: windows of 2 × 2 side by side. */
export function averagePoolForward(
  x: usize, y: usize, table: usize, isPairs: i32, height: i32, width: i32, rows: i32, columns: i32,
  begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const map = x + (<usize>(item * height * width) << 2);
    for (let row = 0; row < rows; row++) {
      const to = y + (<usize>((item * rows + row) * columns) << 2), range = table + <usize>row * 12;
      const first = load<i32>(range), last = load<i32>(range, 4), count = load<i32>(range, 8);
      let column = 0;
      if (isPairs) column = averageOfPairs(map + (<usize>(2 * row * width) << 2), width, columns, to);
      let span = table + <usize>(rows + column) * 12;
      for (; column < columns; column++, span += 12) {
        const from = load<i32>(span), until = load<i32>(span, 4);
        if (column + 4 <= columns && isEven(span, from, until)) {
          const step = load<i32>(span, 12) - from, sum = sumOfFour(map, first, last, width, from, until, step);
          const counts = f32x4.splat(<f32>(count * load<i32>(span, 8)));
          v128.store(to + (<usize>column << 2), f32x4.div(sum, counts));
          column += 3, span += 36;
          continue;
        }
        let sum: f32 = 0;
        for (let line = first; line < last; line++) sum = sumOfRun(map, line * width + from, line * width + until, sum);
        store<f32>(to + (<usize>column << 2), sum / <f32>(count * load<i32>(span, 8)));
      }
    }
  }
}

/** Whether the four columns from `span` on have windows alike, at equal distances. */
@inline
function isEven(span: usize, from: i32, until: i32): bool {
  const step = load<i32>(span, 12) - from, count = load<i32>(span, 8);
  return load<i32>(span, 24) == from + 2 * step && load<i32>(span, 36) == from + 3 * step
    && load<i32>(span, 16) == until + step && load<i32>(span, 28) == until + 2 * step
    && load<i32>(span, 40) == until + 3 * step
    && load<i32>(span, 20) == count && load<i32>(span, 32) == count && load<i32>(span, 44) == count;
}

/** The sums of four windows, `step` columns apart. */
@inline
function sumOfFour(map: usize, first: i32, last: i32, width: i32, from: i32, until: i32, step: i32): v128 {
  let sum = f32x4.splat(0);
  for (let line = first; line < last; line++) {
    const stop = map + (<usize>(line * width + until) << 2);
    for (let p = map + (<usize>(line * width + from) << 2); p < stop; p += 4) sum = f32x4.add(sum, loadEvery(p, step));
  }
  return sum;
}

/** sum + the elements [from, until) of a map: long runs in four lanes. */
@inline
function sumOfRun(map: usize, from: i32, until: i32, sum: f32): f32 {
  let at = from;
  if (until - from >= 8) {
    let lanes = f32x4.splat(0);
    for (; at + 4 <= until; at += 4) lanes = f32x4.add(lanes, v128.load(map + (<usize>at << 2)));
    sum += sum4(lanes);
  }
  for (; at < until; at++) sum += load<f32>(map + (<usize>at << 2));
  return sum;
}

function averageOfPairs(map: usize, width: i32, columns: i32, to: usize): i32 {
  if (columns < 4) return 0;
  for (let column = 0; column < columns; column = nextFour(column, columns)) {
    const upper = map + (<usize>column << 3), lower = upper + (<usize>width << 2);
    const a = v128.load(upper), b = v128.load(upper, 16), c = v128.load(lower), d = v128.load(lower, 16);
    let sum = f32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
    sum = f32x4.add(sum, i32x4.shuffle(c, d, 0, 2, 4, 6));
    sum = f32x4.add(sum, i32x4.shuffle(c, d, 1, 3, 5, 7));
    v128.store(to + (<usize>column << 2), f32x4.mul(sum, f32x4.splat(0.25)));
  }
  return columns;
}

/** output = for each element, the sum over the windows that hold it of their gradient / their count. */
export function averagePoolBackward(
  gradient: usize, output: usize, table: usize, height: i32, width: i32, rows: i32, columns: i32, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const map = output + (<usize>(item * height * width) << 2);
    memory.fill(map, 0, <usize>(height * width) << 2);
    let from = gradient + (<usize>(item * rows * columns) << 2);
    for (let row = 0; row < rows; row++) {
      const range = table + <usize>row * 12;
      const first = load<i32>(range), last = load<i32>(range, 4), count = load<i32>(range, 8);
      let span = table + <usize>rows * 12;
      for (let column = 0; column < columns; column++, span += 12, from += 4) {
        const left = load<i32>(span), right = load<i32>(span, 4);
        const share = load<f32>(from) / <f32>(count * load<i32>(span, 8));
        for (let line = first; line < last; line++) {
          for (let i = line * width + left; i < line * width + right; i++) {
            const at = map + (<usize>i << 2);
            store<f32>(at, load<f32>(at) + share);
          }
        }
      }
    }
  }
}
