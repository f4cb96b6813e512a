// Rows divided by the root of the mean of their squares.
//
// Legend: x, y, g, dx [rows, n]; weight [n]; rstd [rows]; partials [blocks, n].
// Forward: items are rows. Backward: items are fixed blocks of rows; each gives its rows of dx and its own sum for
// dweight, which `addRows` then adds in the order of the blocks.
// Sums: within a row in sixteen lanes (backward: four), lane by lane; over rows in order.

import { madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { rowSquares } from './rows.as';

export function rmsNormForward(
  x: usize, weight: usize, y: usize, rstd: usize, n: i32, eps: f32, begin: i32, end: i32,
): void {
  const bytes = <usize>n << 2;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    const r: f32 = 1 / sqrt(rowSquares(from, n, 0) / <f32>n + eps);
    store<f32>(rstd + (<usize>row << 2), r);
    const scale = f32x4.splat(r);
    for (let k = 0; k < n; k += 4) {
      const at = <usize>k << 2;
      const normal = f32x4.mul(loadUpTo(from + at, n - k, 0), scale);
      storeUpTo(to + at, f32x4.mul(normal, loadUpTo(weight + at, n - k, 0)), n - k);
    }
  }
}

/** dx = r (u − x̂ mean(u ⊙ x̂)), u = g ⊙ weight; partials: Σ g ⊙ x̂ of the block's rows. */
export function rmsNormBackward(
  x: usize, weight: usize, rstd: usize, g: usize, dx: usize, partials: usize,
  n: i32, rows: i32, block: i32, begin: i32, end: i32,
): void {
  const bytes = <usize>n << 2;
  for (let item = begin; item < end; item++) {
    const sums = partials + <usize>item * bytes;
    memory.fill(sums, 0, bytes);
    const last = min(rows, (item + 1) * block);
    for (let row = item * block; row < last; row++) {
      const start = <usize>row * bytes;
      const r = v128.load32_splat(rstd + (<usize>row << 2));
      let ux = f32x4.splat(0);
      for (let k = 0; k < n; k += 4) {
        const at = <usize>k << 2, left = n - k;
        const product = f32x4.mul(loadUpTo(g + start + at, left, 0), f32x4.mul(loadUpTo(x + start + at, left, 0), r));
        storeUpTo(sums + at, f32x4.add(product, loadUpTo(sums + at, left, 0)), left);
        ux = madd(product, loadUpTo(weight + at, left, 0), ux);
      }
      const mean = f32x4.splat(sum4(ux) / <f32>n);
      for (let k = 0; k < n; k += 4) {
        const at = <usize>k << 2, left = n - k;
        const u = f32x4.mul(loadUpTo(g + start + at, left, 0), loadUpTo(weight + at, left, 0));
        const normal = f32x4.mul(loadUpTo(x + start + at, left, 0), r);
        storeUpTo(dx + start + at, f32x4.mul(nmadd(normal, mean, u), r), left);
      }
    }
  }
}
