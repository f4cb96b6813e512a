// out = f(x, y), element by element, with broadcasting. Loops, items and strides: loops.as.ts.

import {
  ADD, AND, ATAN2, CROSS_ENTROPY, DIV, EQ, GE, GT, LE, LT, MAXIMUM, MINIMUM, MOD, MUL, NE, OR, POW, SUB, XOR,
} from './formulas.as';
import { binary } from './loops.as';

export function addFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(ADD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function addInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, i32>(ADD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function subFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(SUB, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function subInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, i32>(SUB, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function mulFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(MUL, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function mulInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, i32>(MUL, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function maximumFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(MAXIMUM, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function maximumInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, i32>(MAXIMUM, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function minimumFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(MINIMUM, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function minimumInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, i32>(MINIMUM, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function divFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(DIV, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function powFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(POW, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function eqFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, u8>(EQ, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function eqInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, u8>(EQ, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function neFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, u8>(NE, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function neInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, u8>(NE, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function ltFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, u8>(LT, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function ltInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, u8>(LT, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function leFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, u8>(LE, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function leInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, u8>(LE, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function gtFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, u8>(GT, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function gtInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, u8>(GT, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function geFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, u8>(GE, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function geInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, u8>(GE, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function modFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(MOD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function modInt(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<i32, i32>(MOD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function atan2Float(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(ATAN2, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function binaryCrossEntropyFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(CROSS_ENTROPY, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function bitsAndByte(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<u8, u8>(AND, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function bitsOrByte(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<u8, u8>(OR, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function bitsXorByte(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<u8, u8>(XOR, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
