// Batch normalisation: statistics over the batch and the positions, per channel.
//
// Legend: x, y, g, dx [n, channels, inner]; weight, bias, mean, rstd [channels]. A channel is n segments of `inner`
// neighbouring elements. Items are channels, or rows (segments) where said. No memory beside the buffers.
// Sums: within a segment in float32 lanes, over segments in float64, in order. A segment's mean and the squares around
// it are taken while it is in the cache, and joined to those before by the formula of Chan, Golub and LeVeque (1979).

import { madd, nmadd, sum4 } from '../runtime/cpu/simd.as';
import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { affine, rowSquares, rowSum } from './rows.as';

@inline
function affineRow(x: usize, y: usize, n: i32, m: v128, scale: v128, weight: usize, bias: usize): void {
  const s = f32x4.mul(scale, v128.load32_splat(weight));
  const b = v128.load32_splat(bias);
  const body = <usize>(n & ~3) << 2;
  for (let at: usize = 0; at < body; at += 16) v128.store(y + at, madd(f32x4.sub(v128.load(x + at), m), s, b));
  if ((n & 3) == 0) return;
  storeUpTo(y + body, madd(f32x4.sub(loadUpTo(x + body, n & 3, 0), m), s, b), n & 3);
}

export function batchNormForward(
  x: usize, weight: usize, bias: usize, y: usize, mean: usize, rstd: usize,
  n: i32, channels: i32, inner: i32, eps: f32, begin: i32, end: i32,
): void {
  const segment = <usize>inner << 2;
  const step = <usize>channels * segment;
  const length = <f64>inner;
  const share = 1 / length;
  const count = <f64>n * length;
  for (let channel = begin; channel < end; channel++) {
    const at = <usize>channel << 2;
    const from = x + <usize>channel * segment;
    const to = y + <usize>channel * segment;
    // Of the segments so far: the mean, and the squares around it.
    let centre: f64 = 0;
    let squares: f64 = 0;
    for (let i = 0; i < n; i++) {
      const start = from + <usize>i * step;
      const sum = <f64>rowSum(start, inner);
      const own = sum * share;
      const near = <f32>own;
      const gap = own - <f64>near;
      const distance = own - centre;
      const part = 1 / <f64>(i + 1);
      squares += <f64>rowSquares(start, inner, near) - length * gap * gap;
      squares += distance * distance * length * <f64>i * part;
      centre += distance * part;
    }
    const m = <f32>centre;
    const r = <f32>(1 / sqrt<f64>(squares / count + <f64>eps));
    store<f32>(mean + at, m);
    store<f32>(rstd + at, r);
    for (let i = 0; i < n; i++) {
      const start = <usize>i * step;
      affineRow(from + start, to + start, inner, f32x4.splat(m), f32x4.splat(r), weight + at, bias + at);
    }
  }
}

@inline
function gradient(x: usize, g: usize, dx: usize, left: i32, m: v128, r: v128, u: v128, ux: v128, scale: v128): void {
  const normal = f32x4.mul(f32x4.sub(loadUpTo(x, left, 0), m), r);
  storeUpTo(dx, f32x4.mul(nmadd(normal, ux, f32x4.sub(loadUpTo(g, left, 0), u)), scale), left);
}

/** dweight = Σ g ⊙ x̂, dbias = Σ g, dx = r · weight (g − mean g − x̂ mean(g ⊙ x̂)). */
export function batchNormBackward(
  x: usize, weight: usize, mean: usize, rstd: usize, g: usize, dx: usize, dweight: usize, dbias: usize,
  n: i32, channels: i32, inner: i32, begin: i32, end: i32,
): void {
  const segment = <usize>inner << 2;
  const step = <usize>channels * segment;
  const body = <usize>(inner & ~3) << 2;
  const rest = inner & 3;
  const count = <f64>n * <f64>inner;
  for (let channel = begin; channel < end; channel++) {
    const at = <usize>channel << 2;
    const m = v128.load32_splat(mean + at);
    const r = v128.load32_splat(rstd + at);
    let total: f64 = 0;
    let totalNormal: f64 = 0;
    for (let i = 0; i < n; i++) {
      const start = <usize>channel * segment + <usize>i * step;
      let sums = f32x4.splat(0);
      let products = sums;
      for (let p = start; p < start + body; p += 16) {
        const gg = v128.load(g + p);
        sums = f32x4.add(sums, gg);
        products = madd(gg, f32x4.mul(f32x4.sub(v128.load(x + p), m), r), products);
      }
      if (rest != 0) {
        const gg = loadUpTo(g + start + body, rest, 0);
        sums = f32x4.add(sums, gg);
        products = madd(gg, f32x4.mul(f32x4.sub(loadUpTo(x + start + body, rest, 0), m), r), products);
      }
      total += <f64>sum4(sums);
      totalNormal += <f64>sum4(products);
    }
    store<f32>(dbias + at, <f32>total);
    store<f32>(dweight + at, <f32>totalNormal);
    const u = f32x4.splat(<f32>(total / count));
    const ux = f32x4.splat(<f32>(totalNormal / count));
    const scale = f32x4.mul(r, v128.load32_splat(weight + at));
    for (let i = 0; i < n; i++) {
      const start = <usize>channel * segment + <usize>i * step;
      const stop = start + body;
      for (let p = start; p < stop; p += 16) gradient(x + p, g + p, dx + p, 4, m, r, u, ux, scale);
      if (rest != 0) gradient(x + stop, g + stop, dx + stop, rest, m, r, u, ux, scale);
    }
  }
}

/** scale = 1 / √(variance + eps). Items are channels. */
export function channelScale(variance: usize, scale: usize, eps: f32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    store<f32>(scale + (<usize>i << 2), 1 / sqrt<f32>(load<f32>(variance + (<usize>i << 2)) + eps));
  }
}

/** y = (x − mean) · scale · weight + bias with given statistics. Items are the n · channels rows. */
export function normalizeSegments(
  x: usize, mean: usize, scale: usize, weight: usize, bias: usize, y: usize, channels: i32, inner: i32,
  begin: i32, end: i32,
): void {
  const segment = <usize>inner << 2;
  for (let row = begin; row < end; row++) {
    const start = <usize>row * segment;
    const at = <usize>(row % channels) << 2;
    const m = v128.load32_splat(mean + at);
    affineRow(x + start, y + start, inner, m, v128.load32_splat(scale + at), weight + at, bias + at);
  }
}

/** The same for inner = 1. Items are the n rows of channels. */
export function normalizeRows(
  x: usize, mean: usize, scale: usize, weight: usize, bias: usize, y: usize, channels: i32, begin: i32, end: i32,
): void {
  for (let row = begin; row < end; row++) {
    const start = (<usize>row * <usize>channels) << 2;
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const left = channels - c;
      const m = loadUpTo(mean + at, left, 0);
      affine(x + start + at, weight + at, bias + at, y + start + at, left, m, loadUpTo(scale + at, left, 0));
    }
  }
}

/** running = (1 − momentum) running + momentum · batch, the variance unbiased by `correction`. Items are channels. */
export function batchNormUpdate(
  runningMean: usize, runningVar: usize, mean: usize, rstd: usize, momentum: f64, eps: f64, correction: f64,
  begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const at = <usize>i << 2;
    const r = <f64>load<f32>(rstd + at);
    const variance = max<f64>(1 / (r * r) - eps, 0) * correction;
    store<f32>(runningMean + at, <f32>((1 - momentum) * load<f32>(runningMean + at) + momentum * load<f32>(mean + at)));
    store<f32>(runningVar + at, <f32>((1 - momentum) * load<f32>(runningVar + at) + momentum * variance));
  }
}
