// Conversions between float32, int32 and bytes (uint8, bool). Loops, items and strides: loops.as.ts.

import { CAST, IS_NONZERO } from './formulas.as';
import { unary } from './loops.as';

export function castFloatToInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, i32>(CAST, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castFloatToByte(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, u8>(CAST, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castIntToFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, f32>(CAST, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castIntToByte(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, u8>(CAST, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castByteToFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<u8, f32>(CAST, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castByteToInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<u8, i32>(CAST, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castFloatToBool(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, u8>(IS_NONZERO, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castIntToBool(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, u8>(IS_NONZERO, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function castByteToBool(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<u8, u8>(IS_NONZERO, x, y, n1, n2, x0, x1, x2, begin, end);
}
