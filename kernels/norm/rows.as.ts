/**
 * Sums over a row, in sixteen lanes, and its affine map: shared by layer and batch normalisation. Not a kernel itself.
 */

import { madd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';

@inline
export function rowSum(x: usize, n: i32): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let k = 0;
  for (; k + 16 <= n; k += 16) {
    const p = x + (<usize>k << 2);
    a = f32x4.add(a, v128.load(p));
    b = f32x4.add(b, v128.load(p, 16));
    c = f32x4.add(c, v128.load(p, 32));
    d = f32x4.add(d, v128.load(p, 48));
  }
  for (; k < n; k += 4) a = f32x4.add(a, loadUpTo(x + (<usize>k << 2), n - k, 0));
  return sum4(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** Σ (x − mean)². */
@inline
export function rowSquares(x: usize, n: i32, mean: f32): f32 {
  const m = f32x4.splat(mean);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let k = 0;
  for (; k + 16 <= n; k += 16) {
    const p = x + (<usize>k << 2);
    const e = f32x4.sub(v128.load(p), m);
    const f = f32x4.sub(v128.load(p, 16), m);
    const g = f32x4.sub(v128.load(p, 32), m);
    const h = f32x4.sub(v128.load(p, 48), m);
    a = madd(e, e, a);
    b = madd(f, f, b);
    c = madd(g, g, c);
    d = madd(h, h, d);
  }
  for (; k < n; k += 4) {
    const e = f32x4.sub(loadUpTo(x + (<usize>k << 2), n - k, mean), m);
    a = madd(e, e, a);
  }
  return sum4(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** y = (x − mean) · scale · weight + bias, for up to four elements. */
@inline
export function affine(x: usize, w: usize, b: usize, y: usize, left: i32, m: v128, r: v128): void {
  const normal = f32x4.mul(f32x4.sub(loadUpTo(x, left, 0), m), r);
  storeUpTo(y, madd(normal, loadUpTo(w, left, 0), loadUpTo(b, left, 0)), left);
}
