// Group normalisation: statistics over the channels and positions of each group of each sample.
//
// Legend: x, y, g, dx [n, groups, each, inner]; weight, bias [groups, each]; mean, rstd [n, groups]; sums, shifts
// [n, groups, each]. Items are the n · groups groups, each of neighbouring elements. No memory beside the buffers.
// Sums: within a channel in float32 lanes, over channels in float64, in order.

import { madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { rowSquares, rowSum } from './rows.as';

export function groupNormForward(
  x: usize, weight: usize, bias: usize, y: usize, mean: usize, rstd: usize,
  groups: i32, each: i32, inner: i32, eps: f32, begin: i32, end: i32,
): void {
  const line = <usize>inner << 2;
  const count = <f64>each * <f64>inner;
  for (let item = begin; item < end; item++) {
    const first = <usize>item * <usize>each * line;
    let sum: f64 = 0;
    for (let c = 0; c < each; c++) sum += <f64>rowSum(x + first + <usize>c * line, inner);
    const m = <f32>(sum / count);
    let squares: f64 = 0;
    for (let c = 0; c < each; c++) squares += <f64>rowSquares(x + first + <usize>c * line, inner, m);
    const r = <f32>(1 / sqrt<f64>(squares / count + <f64>eps));
    store<f32>(mean + (<usize>item << 2), m);
    store<f32>(rstd + (<usize>item << 2), r);
    for (let c = 0; c < each; c++) {
      const parameter = <usize>(item % groups * each + c) << 2;
      const scale = f32x4.splat(r * load<f32>(weight + parameter)), shift = v128.load32_splat(bias + parameter);
      const start = first + <usize>c * line;
      for (let k = 0; k < inner; k += 4) {
        const at = start + (<usize>k << 2);
        const centred = f32x4.sub(loadUpTo(x + at, inner - k, 0), f32x4.splat(m));
        storeUpTo(y + at, madd(centred, scale, shift), inner - k);
      }
    }
  }
}

/** sums = Σ g ⊙ x̂ and shifts = Σ g of each channel; dx = r (u − mean u − x̂ mean(u ⊙ x̂)), u = g · weight. */
export function groupNormBackward(
  x: usize, weight: usize, mean: usize, rstd: usize, g: usize, dx: usize, sums: usize, shifts: usize,
  groups: i32, each: i32, inner: i32, begin: i32, end: i32,
): void {
  const line = <usize>inner << 2;
  const count = <f64>each * <f64>inner;
  for (let item = begin; item < end; item++) {
    const channel = item * each;
    const parameters = weight + (<usize>(item % groups * each) << 2);
    const m = v128.load32_splat(mean + (<usize>item << 2)), r = v128.load32_splat(rstd + (<usize>item << 2));
    let u: f64 = 0, ux: f64 = 0;
    for (let c = 0; c < each; c++) {
      const start = <usize>(channel + c) * line;
      let total = f32x4.splat(0), products = total;
      for (let k = 0; k < inner; k += 4) {
        const at = start + (<usize>k << 2);
        const gg = loadUpTo(g + at, inner - k, 0);
        total = f32x4.add(total, gg);
        products = madd(gg, f32x4.mul(f32x4.sub(loadUpTo(x + at, inner - k, 0), m), r), products);
      }
      const sum = sum4(products), shift = sum4(total);
      store<f32>(sums + (<usize>(channel + c) << 2), sum);
      store<f32>(shifts + (<usize>(channel + c) << 2), shift);
      const w = <f64>load<f32>(parameters + (<usize>c << 2));
      u += w * <f64>shift;
      ux += w * <f64>sum;
    }
    const meanU = f32x4.splat(<f32>(u / count)), meanUx = f32x4.splat(<f32>(ux / count));
    for (let c = 0; c < each; c++) {
      const start = <usize>(channel + c) * line;
      const w = v128.load32_splat(parameters + (<usize>c << 2));
      for (let k = 0; k < inner; k += 4) {
        const at = start + (<usize>k << 2);
        const normal = f32x4.mul(f32x4.sub(loadUpTo(x + at, inner - k, 0), m), r);
        const centred = f32x4.sub(f32x4.mul(loadUpTo(g + at, inner - k, 0), w), meanU);
        storeUpTo(dx + at, f32x4.mul(nmadd(normal, meanUx, centred), r), inner - k);
      }
    }
  }
}
