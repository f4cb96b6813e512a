// out = condition ? x : y, element by element, with broadcasting. Condition is bytes of 0 or 1. Items: loops.as.ts.

import { RUN, load4, loadPart, store4, storePart } from './lanes.as';

@inline
function choose(condition: v128, x: v128, y: v128): v128 {
  return v128.bitselect(x, y, i32x4.ne(condition, i32x4.splat(0)));
}

@inline
function select<T>(
  c: usize, x: usize, y: usize, out: usize, n1: i32, n2: i32, c0: i32, c1: i32, c2: i32, x0: i32, x1: i32, x2: i32,
  y0: i32, y1: i32, y2: i32, first: i32, last: i32,
): void {
  const width = sizeof<T>();
  const runs = (n2 + RUN - 1) / RUN;
  for (let item = first; item < last; item++) {
    const row = item / runs;
    const start = (item - row * runs) * RUN;
    const i = row / n1;
    const j = row - i * n1;
    let left = min(RUN, n2 - start);
    let cAt = c + <usize>(i * c0 + j * c1 + start * c2);
    let xAt = x + <usize>(i * x0 + j * x1 + start * x2) * width;
    let yAt = y + <usize>(i * y0 + j * y1 + start * y2) * width;
    let to = out + <usize>(row * n2 + start) * width;
    for (; left >= 4; left -= 4) {
      store4<T>(to, choose(load4<u8>(cAt, c2), load4<T>(xAt, x2), load4<T>(yAt, y2)));
      cAt += <usize>c2 << 2;
      xAt += <usize>x2 * (4 * width);
      yAt += <usize>y2 * (4 * width);
      to += 4 * width;
    }
    if (left == 0) continue;
    storePart<T>(to, choose(loadPart<u8>(cAt, c2, left), loadPart<T>(xAt, x2, left), loadPart<T>(yAt, y2, left)), left);
  }
}

/** Elements of 4 bytes. */
export function where32(
  c: usize, x: usize, y: usize, out: usize, n1: i32, n2: i32, c0: i32, c1: i32, c2: i32, x0: i32, x1: i32, x2: i32,
  y0: i32, y1: i32, y2: i32, begin: i32, end: i32,
): void {
  select<u32>(c, x, y, out, n1, n2, c0, c1, c2, x0, x1, x2, y0, y1, y2, begin, end);
}

/** Elements of 1 byte. */
export function where8(
  c: usize, x: usize, y: usize, out: usize, n1: i32, n2: i32, c0: i32, c1: i32, c2: i32, x0: i32, x1: i32, x2: i32,
  y0: i32, y1: i32, y2: i32, begin: i32, end: i32,
): void {
  select<u8>(c, x, y, out, n1, n2, c0, c1, c2, x0, x1, x2, y0, y1, y2, begin, end);
}
