// Activations by parts or with numbers of their own, and their gradients. Loops, items and strides: loops.as.ts.

import {
  CLAMP_BACKWARD, ELU, ELU_BACKWARD, HARDSWISH, HARDSWISH_BACKWARD, LEAKY_RELU, LEAKY_RELU_BACKWARD, MISH,
  MISH_BACKWARD, SOFTPLUS, SOFTPLUS_BACKWARD,
} from './formulas.as';
import { binary, unary } from './loops.as';

export function clampBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  low: f32, high: f32, begin: i32, end: i32,
): void {
  binary<f32, f32>(
    CLAMP_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end, f32x4.splat(low), f32x4.splat(high),
  );
}
export function leakyReluFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, slope: f32, begin: i32, end: i32,
): void {
  unary<f32, f32>(LEAKY_RELU, x, y, n1, n2, x0, x1, x2, begin, end, f32x4.splat(slope));
}
export function leakyReluBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  slope: f32, begin: i32, end: i32,
): void {
  binary<f32, f32>(LEAKY_RELU_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end, f32x4.splat(slope));
}
export function softplusFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, beta: f32, threshold: f32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SOFTPLUS, x, y, n1, n2, x0, x1, x2, begin, end, f32x4.splat(beta), f32x4.splat(threshold));
}
export function softplusBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  beta: f32, threshold: f32, begin: i32, end: i32,
): void {
  binary<f32, f32>(
    SOFTPLUS_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end, f32x4.splat(beta), f32x4.splat(threshold),
  );
}
export function eluFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, alpha: f32, begin: i32, end: i32,
): void {
  unary<f32, f32>(ELU, x, y, n1, n2, x0, x1, x2, begin, end, f32x4.splat(alpha));
}
export function eluBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  alpha: f32, begin: i32, end: i32,
): void {
  binary<f32, f32>(ELU_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end, f32x4.splat(alpha));
}
export function hardswishFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(HARDSWISH, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function hardswishBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(HARDSWISH_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function mishFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(MISH, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function mishBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(MISH_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
