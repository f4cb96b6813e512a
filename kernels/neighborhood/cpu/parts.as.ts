/** Sums beside the attention: delta of each row, and partial results in their order. */

import { loadUpTo, storeUpTo } from '../../runtime/cpu/partial.as';
import { madd, sum4 } from '../../runtime/cpu/simd.as';

/** delta = Σ_d dO · O − dLogsumexp; dO, O [rows, dim], `gradLogsumexp` [rows] or address 0. An item is a row. */
export function neighborhoodDelta(
  gradOutput: usize, output: usize, gradLogsumexp: usize, delta: usize, dim: i32, begin: i32, end: i32,
): void {
  const bytes = <usize>dim << 2, whole = <usize>(dim & ~3) << 2;
  for (let row = <usize>begin; row < <usize>end; row++) {
    const x = gradOutput + row * bytes, y = output + row * bytes;
    let lanes = f32x4.splat(0), d: usize = 0;
    for (; d < whole; d += 16) lanes = madd(v128.load(x + d), v128.load(y + d), lanes);
    let total = sum4(lanes);
    for (; d < bytes; d += 4) total += load<f32>(x + d) * load<f32>(y + d);
    if (gradLogsumexp) total -= load<f32>(gradLogsumexp + (row << 2));
    store<f32>(delta + (row << 2), total);
  }
}

/** y = x₀ + x₁ + … in this order, with `isMore` y + x₀ + …: `count` parts of `size` numbers. An item is four. */
export function addParts(parts: usize, y: usize, count: i32, size: i32, isMore: i32, begin: i32, end: i32): void {
  for (let item = begin; item < end; item++) {
    const at = <usize>item << 4, left = size - (item << 2);
    let sum = isMore ? loadUpTo(y + at, left, 0) : f32x4.splat(0);
    for (let part = 0; part < count; part++) {
      sum = f32x4.add(sum, loadUpTo(parts + ((<usize>part * <usize>size) << 2) + at, left, 0));
    }
    storeUpTo(y + at, sum, left);
  }
}
