/**
 * What the elementwise kernels compute, four lanes at a time. Not a kernel itself: `op` is a constant in every call, so
 * that the compiler keeps one branch.
 */

import { erf4, exp4, half4, log4, madd, one4, rootHalf4, tanh4 } from '../runtime/cpu/simd.as';
import { pow4 } from './pow.as';

// Of one operand.
@inline export const NEG: i32 = 0;
@inline export const ABS: i32 = 1;
@inline export const SIGN: i32 = 2;
@inline export const SQUARE: i32 = 3;
@inline export const RELU: i32 = 4;
@inline export const EXP: i32 = 5;
@inline export const LOG: i32 = 6;
@inline export const SQRT: i32 = 7;
@inline export const RSQRT: i32 = 8;
@inline export const SIGMOID: i32 = 9;
@inline export const TANH: i32 = 10;
@inline export const SILU: i32 = 11;
@inline export const GELU: i32 = 12;
@inline export const GELU_TANH: i32 = 13;
@inline export const CAST: i32 = 14;
@inline export const IS_NONZERO: i32 = 15;
// Of two.
@inline export const ADD: i32 = 0;
@inline export const SUB: i32 = 1;
@inline export const MUL: i32 = 2;
@inline export const DIV: i32 = 3;
@inline export const MAXIMUM: i32 = 4;
@inline export const MINIMUM: i32 = 5;
@inline export const EQ: i32 = 6;
@inline export const NE: i32 = 7;
@inline export const LT: i32 = 8;
@inline export const LE: i32 = 9;
@inline export const GT: i32 = 10;
@inline export const GE: i32 = 11;
@inline export const POW: i32 = 12;
// Of the gradient and what the forward op saved: its output for relu, sigmoid and tanh, its input for the others.
@inline export const RELU_BACKWARD: i32 = 13;
@inline export const SIGMOID_BACKWARD: i32 = 14;
@inline export const TANH_BACKWARD: i32 = 15;
@inline export const SILU_BACKWARD: i32 = 16;
@inline export const GELU_BACKWARD: i32 = 17;
@inline export const GELU_TANH_BACKWARD: i32 = 18;

/** 1 / (1 + e^−x). */
@inline
function sigmoid4(x: v128): v128 {
  return f32x4.div(one4(), f32x4.add(one4(), exp4(f32x4.neg(x))));
}

@inline
function floats1(op: i32, x: v128): v128 {
  if (op == NEG) return f32x4.neg(x);
  if (op == ABS) return f32x4.abs(x);
  if (op == SIGN) return f32x4.sub(v128.and(f32x4.gt(x, zero()), one4()), v128.and(f32x4.lt(x, zero()), one4()));
  if (op == SQUARE) return f32x4.mul(x, x);
  if (op == RELU) return f32x4.pmax(x, zero()); // keeps NaN
  if (op == EXP) return exp4(x);
  if (op == LOG) return log4(x);
  if (op == SQRT) return f32x4.sqrt(x);
  if (op == RSQRT) return f32x4.div(one4(), f32x4.sqrt(x));
  if (op == SIGMOID) return sigmoid4(x);
  if (op == TANH) return tanh4(x);
  if (op == SILU) return f32x4.mul(x, sigmoid4(x));
  if (op == GELU) {
    const half = f32x4.mul(x, half4());
    return madd(half, erf4(f32x4.mul(x, rootHalf4())), half);
  }
  // ½ x (1 + tanh u) = x σ(2u), u = √(2/π) (x + 0.044715 x³)
  const cubic = f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.07135481282636289));
  return f32x4.mul(x, sigmoid4(f32x4.mul(x, f32x4.add(cubic, f32x4.splat(1.5957691216057308)))));
}

@inline
function integers1(op: i32, x: v128): v128 {
  if (op == NEG) return i32x4.neg(x);
  if (op == ABS) return i32x4.abs(x);
  if (op == SIGN) return i32x4.sub(i32x4.lt_s(x, zero()), i32x4.gt_s(x, zero()));
  if (op == SQUARE) return i32x4.mul(x, x);
  return i32x4.max_s(x, zero());
}

/** Real to integer cuts toward zero, saturates, and makes NaN 0; narrowing to a byte saturates where it is stored. */
@inline
function converted<TIn, TOut>(op: i32, x: v128): v128 {
  if (op == IS_NONZERO) return v128.and(isFloat<TIn>() ? f32x4.ne(x, zero()) : i32x4.ne(x, zero()), i32x4.splat(1));
  if (isFloat<TIn>() == isFloat<TOut>()) return x;
  return isFloat<TIn>() ? i32x4.trunc_sat_f32x4_s(x) : f32x4.convert_i32x4_s(x);
}

@inline
function zero(): v128 {
  return i32x4.splat(0);
}

@inline
export function apply1<TIn, TOut>(op: i32, x: v128): v128 {
  if (op >= CAST) return converted<TIn, TOut>(op, x);
  return isFloat<TIn>() ? floats1(op, x) : integers1(op, x);
}

@inline
function floats2(op: i32, x: v128, y: v128): v128 {
  if (op == ADD) return f32x4.add(x, y);
  if (op == SUB) return f32x4.sub(x, y);
  if (op == MUL) return f32x4.mul(x, y);
  if (op == DIV) return f32x4.div(x, y);
  if (op == MAXIMUM) return f32x4.max(x, y);
  if (op == MINIMUM) return f32x4.min(x, y);
  if (op == EQ) return bit(f32x4.eq(x, y));
  if (op == NE) return bit(f32x4.ne(x, y));
  if (op == LT) return bit(f32x4.lt(x, y));
  if (op == LE) return bit(f32x4.le(x, y));
  if (op == GT) return bit(f32x4.gt(x, y));
  if (op == GE) return bit(f32x4.ge(x, y));
  if (op == POW) return pow4(x, y);
  if (op == RELU_BACKWARD) return v128.andnot(x, f32x4.le(y, zero()));
  return f32x4.mul(x, slope(op, y));
}

@inline
function integers2(op: i32, x: v128, y: v128): v128 {
  if (op == ADD) return i32x4.add(x, y);
  if (op == SUB) return i32x4.sub(x, y);
  if (op == MUL) return i32x4.mul(x, y);
  if (op == MAXIMUM) return i32x4.max_s(x, y);
  if (op == MINIMUM) return i32x4.min_s(x, y);
  if (op == EQ) return bit(i32x4.eq(x, y));
  if (op == NE) return bit(i32x4.ne(x, y));
  if (op == LT) return bit(i32x4.lt_s(x, y));
  if (op == LE) return bit(i32x4.le_s(x, y));
  if (op == GT) return bit(i32x4.gt_s(x, y));
  return bit(i32x4.ge_s(x, y));
}

/** The integer 1 in the lanes of a mask, 0 elsewhere: a bool once it is narrowed. */
@inline
function bit(mask: v128): v128 {
  return v128.and(mask, i32x4.splat(1));
}

/** The derivative of an activation, from its output (sigmoid, tanh) or its input. */
@inline
function slope(op: i32, x: v128): v128 {
  if (op == SIGMOID_BACKWARD) return f32x4.mul(x, f32x4.sub(one4(), x));
  if (op == TANH_BACKWARD) return f32x4.sub(one4(), f32x4.mul(x, x));
  if (op == SILU_BACKWARD) return selfGatedSlope(sigmoid4(x), x);
  const x2 = f32x4.mul(x, x);
  if (op == GELU_BACKWARD) {
    // Φ(x) + x φ(x)
    const half = half4();
    const density = f32x4.mul(exp4(f32x4.mul(x2, f32x4.splat(-0.5))), f32x4.splat(0.3989422804014327));
    const below = f32x4.add(half, f32x4.mul(half, erf4(f32x4.mul(x, rootHalf4()))));
    return f32x4.add(below, f32x4.mul(x, density));
  }
  // x σ(v), v = 2√(2/π) (x + 0.044715 x³): σ + x v′ σ (1 − σ)
  const cubic = f32x4.mul(x2, f32x4.splat(0.07135481282636289));
  const linear = f32x4.splat(1.5957691216057308);
  const v = f32x4.mul(x, f32x4.add(cubic, linear));
  const rise = f32x4.mul(x, f32x4.add(f32x4.mul(cubic, f32x4.splat(3)), linear));
  return selfGatedSlope(sigmoid4(v), rise);
}

/** σ (1 + r (1 − σ)): the derivative of x σ(v) with r = x v′. */
@inline
function selfGatedSlope(s: v128, r: v128): v128 {
  return f32x4.mul(s, f32x4.add(one4(), f32x4.mul(r, f32x4.sub(one4(), s))));
}

@inline
export function apply2<T>(op: i32, x: v128, y: v128): v128 {
  return isFloat<T>() ? floats2(op, x, y) : integers2(op, x, y);
}
