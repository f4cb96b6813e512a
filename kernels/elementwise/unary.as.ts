// y = f(x), element by element. Loops, items and strides: loops.as.ts.

import { ABS, EXP, LOG, NEG, RSQRT, SIGN, SQRT, SQUARE } from './formulas.as';
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
