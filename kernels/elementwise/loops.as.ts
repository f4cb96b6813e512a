/**
 * The loops of the elementwise kernels. Not a kernel itself.
 *
 * Legend: three loops of sizes n0, n1, n2; an operand x advances by x0, x1, x2 elements per step of each (0 repeats an
 * element, negative walks back), the output is contiguous. A row (n2 elements) is cut into runs; an item is one run:
 * item = row · runs + run, row = 0 … n0 · n1 − 1. Elements do not depend on each other.
 */

import { GELU_TANH, LOG, LOG1P, POW, TANH, TANH_BACKWARD, apply1, apply2 } from './formulas.as';
import { RUN, load4, loadPart, store4, storePart } from './lanes.as';

/** Items [first, last) of y = f(x; a, b). */
@inline
export function unary<TIn, TOut>(
  op: i32, x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, first: i32, last: i32,
  a: v128 = i32x4.splat(0), b: v128 = i32x4.splat(0),
): void {
  const runs = (n2 + RUN - 1) / RUN;
  for (let item = first; item < last; item++) {
    const row = item / runs;
    const start = (item - row * runs) * RUN;
    const i = row / n1;
    let left = min(RUN, n2 - start);
    let from = x + <usize>(i * x0 + (row - i * n1) * x1 + start * x2) * sizeof<TIn>();
    let to = y + <usize>(row * n2 + start) * sizeof<TOut>();
    // Two at a time share the numbers they load; where these are many, registers do not suffice for it.
    const hasRoom = op < LOG1P && op != LOG && op != TANH && op != GELU_TANH;
    if (hasRoom && x2 == 1 && sizeof<TIn>() == 4 && sizeof<TOut>() == 4) {
      for (; left >= 8; left -= 8, from += 32, to += 32) {
        const low = apply1<TIn, TOut>(op, v128.load(from), a, b);
        const high = apply1<TIn, TOut>(op, v128.load(from, 16), a, b);
        v128.store(to, low);
        v128.store(to, high, 16);
      }
    }
    for (; left >= 4; left -= 4) {
      store4<TOut>(to, apply1<TIn, TOut>(op, load4<TIn>(from, x2), a, b));
      from += <usize>x2 * (4 * sizeof<TIn>());
      to += 4 * sizeof<TOut>();
    }
    if (left > 0) storePart<TOut>(to, apply1<TIn, TOut>(op, loadPart<TIn>(from, x2, left), a, b), left);
  }
}

/** out = f(x, y) for as many of `left` elements as make eights; how many. y advances by `step`, 1 or 0. */
@inline
function pairs<T, TOut>(op: i32, x: usize, y: usize, out: usize, left: i32, step: i32, a: v128, b: v128): i32 {
  const done = left & ~7;
  const stop = x + (<usize>done << 2);
  for (; x < stop; x += 32) {
    const low = apply2<T>(op, v128.load(x), step == 1 ? v128.load(y) : v128.load32_splat(y), a, b);
    const high = apply2<T>(op, v128.load(x, 16), step == 1 ? v128.load(y, 16) : v128.load32_splat(y), a, b);
    store4<TOut>(out, low);
    store4<TOut>(out + 4 * sizeof<TOut>(), high);
    y += <usize>step << 5;
    out += 8 * sizeof<TOut>();
  }
  return done;
}

/** Items [first, last) of out = f(x, y; a, b). */
@inline
export function binary<T, TOut>(
  op: i32, x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  first: i32, last: i32, a: v128 = i32x4.splat(0), b: v128 = i32x4.splat(0),
): void {
  const runs = (n2 + RUN - 1) / RUN;
  for (let item = first; item < last; item++) {
    const row = item / runs;
    const start = (item - row * runs) * RUN;
    const i = row / n1;
    const j = row - i * n1;
    let left = min(RUN, n2 - start);
    let xAt = x + <usize>(i * x0 + j * x1 + start * x2) * sizeof<T>();
    let yAt = y + <usize>(i * y0 + j * y1 + start * y2) * sizeof<T>();
    let to = out + <usize>(row * n2 + start) * sizeof<TOut>();
    // Walks without a step to look up for what is cheaper than that: neighbours with neighbours or with one number.
    if (op != POW && op <= TANH_BACKWARD && sizeof<T>() == 4 && x2 == 1 && (y2 & ~1) == 0) {
      const done = y2 == 1
        ? pairs<T, TOut>(op, xAt, yAt, to, left, 1, a, b)
        : pairs<T, TOut>(op, xAt, yAt, to, left, 0, a, b);
      left -= done;
      xAt += <usize>done << 2;
      yAt += <usize>(done * y2) << 2;
      to += <usize>done * sizeof<TOut>();
    }
    for (; left >= 4; left -= 4) {
      store4<TOut>(to, apply2<T>(op, load4<T>(xAt, x2), load4<T>(yAt, y2), a, b));
      xAt += <usize>x2 * (4 * sizeof<T>());
      yAt += <usize>y2 * (4 * sizeof<T>());
      to += 4 * sizeof<TOut>();
    }
    if (left == 0) continue;
    storePart<TOut>(to, apply2<T>(op, loadPart<T>(xAt, x2, left), loadPart<T>(yAt, y2, left), a, b), left);
  }
}
