// Activations y = f(x) and their gradients out = g f′, g the gradient of y. Loops, items and strides: loops.as.ts.

import { GELU, GELU_TANH, RELU, SIGMOID, SILU, TANH } from './formulas.as';
import {
  GELU_BACKWARD, GELU_TANH_BACKWARD, RELU_BACKWARD, SIGMOID_BACKWARD, SILU_BACKWARD, TANH_BACKWARD,
} from './formulas.as';
import { binary, unary } from './loops.as';

export function reluInt(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<i32, i32>(RELU, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function reluFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(RELU, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function reluBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(RELU_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function sigmoidFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SIGMOID, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function sigmoidBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(SIGMOID_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function tanhFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(TANH, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function tanhBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(TANH_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function siluFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(SILU, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function siluBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(SILU_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function geluErfFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(GELU, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function geluErfBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(GELU_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
export function geluTanhFloat(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, begin: i32, end: i32,
): void {
  unary<f32, f32>(GELU_TANH, x, y, n1, n2, x0, x1, x2, begin, end);
}
export function geluTanhBackwardFloat(
  x: usize, y: usize, out: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
  begin: i32, end: i32,
): void {
  binary<f32, f32>(GELU_TANH_BACKWARD, x, y, out, n1, n2, x0, x1, x2, y0, y1, y2, begin, end);
}
