// y = f(x), element by element. Loops, items and strides: loops.as.ts.

import {
  ABS, CEIL, CLAMP, COS, ERF, EXP, EXPM1, FLOOR, HUBER, LOG, LOG1P, NEG, RECIPROCAL, ROUND, RSQRT, SIGN, SIN, SQRT,
  SQUARE, TRUNC,
} from './formulas.as';
import { unary } from './loops.as';

export function negFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(NEG, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function negInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(NEG, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function absFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(ABS, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function absInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(ABS, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function signFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SIGN, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function signInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(SIGN, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function squareFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SQUARE, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function squareInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(SQUARE, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function expFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(EXP, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function logFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(LOG, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function sqrtFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SQRT, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function rsqrtFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(RSQRT, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function reciprocalFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(RECIPROCAL, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function log1pFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(LOG1P, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function expm1Float(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(EXPM1, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function sinFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SIN, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function cosFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(COS, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function erfFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(ERF, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function floorFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(FLOOR, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function floorInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(FLOOR, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function ceilFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(CEIL, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function ceilInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(CEIL, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function roundFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(ROUND, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function roundInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(ROUND, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function truncFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(TRUNC, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function truncInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(TRUNC, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function clampToFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, low: f32, high: f32, begin: i32, end: i32,
): void {
  unary<f32, f32>(CLAMP, x, y, n1, n2, x0, x1, x2, begin, end, f32x4.splat(low), f32x4.splat(high));
}
export function clampToInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, low: i32, high: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(CLAMP, x, y, n1, n2, x0, x1, x2, begin, end, i32x4.splat(low), i32x4.splat(high));
}
export function huberOfFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, delta: f32, begin: i32, end: i32,
): void {
  unary<f32, f32>(HUBER, x, y, n1, n2, x0, x1, x2, begin, end, f32x4.splat(delta));
}
