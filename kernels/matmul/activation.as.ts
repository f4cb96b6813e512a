/**
 * What may be applied to the results of a product, in place: 1 is relu, 2 gelu, 3 silu, as activations.ts lists them.
 * Not a kernel itself.
 */

import { GELU, RELU, SILU, apply1 } from '../elementwise/formulas.as';
import { loadPart, storePart } from '../elementwise/lanes.as';

@inline
function apply(op: i32, x: v128): v128 {
  return apply1<f32, f32>(op, x, f32x4.splat(0), f32x4.splat(0));
}

/** `lines` of `n` neighbours, `step` bytes apart. */
@inline
function lines(op: i32, y: usize, n: i32, count: i32, step: usize): void {
  for (let line = 0; line < count; line++, y += step) {
    let at = y;
    let left = n;
    for (; left >= 8; left -= 8, at += 32) {
      const low = apply(op, v128.load(at));
      const high = apply(op, v128.load(at, 16));
      v128.store(at, low);
      v128.store(at, high, 16);
    }
    for (; left > 0; left -= 4, at += 16) {
      if (left >= 4) v128.store(at, apply(op, v128.load(at)));
      else storePart<f32>(at, apply(op, loadPart<f32>(at, 1, left)), left);
    }
  }
}

/** y = f(y) on `count` lines of `n` neighbours, `step` bytes apart. */
export function activateLines(activation: i32, y: usize, n: i32, count: i32, step: usize): void {
  if (activation == 1) lines(RELU, y, n, count, step);
  else if (activation == 2) lines(GELU, y, n, count, step);
  else if (activation == 3) lines(SILU, y, n, count, step);
}
