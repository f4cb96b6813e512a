/**
 * What the elementwise kernels compute, four lanes at a time. Not a kernel itself: `op` is a constant in every call, so
 * that the compiler keeps one branch.
 */

import {
  erf4, exp4, gelu4, half4, log4, madd, one4, rootHalf4, softplus4, tanh4,
} from '../runtime/cpu/simd.as';
import { pow4 } from './pow.as';
import {
  angle4, erfExact4, expm14, integerModulo4, log1p4, modulo4, sine4,
} from './transcendental.as';

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
@inline export const RECIPROCAL: i32 = 16;
@inline export const FLOOR: i32 = 17;
@inline export const CEIL: i32 = 18;
@inline export const ROUND: i32 = 19;
@inline export const TRUNC: i32 = 20;
@inline export const CLAMP: i32 = 21;
@inline export const LEAKY_RELU: i32 = 22;
@inline export const HARDSWISH: i32 = 23;
@inline export const HUBER: i32 = 24;
// With more numbers than two vectors at a time would find registers for.
@inline export const LOG1P: i32 = 25;
@inline export const EXPM1: i32 = 26;
@inline export const SIN: i32 = 27;
@inline export const COS: i32 = 28;
@inline export const ERF: i32 = 29;
@inline export const SOFTPLUS: i32 = 30;
@inline export const ELU: i32 = 31;
@inline export const MISH: i32 = 32;
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
@inline export const CLAMP_BACKWARD: i32 = 19;
@inline export const LEAKY_RELU_BACKWARD: i32 = 20;
@inline export const HARDSWISH_BACKWARD: i32 = 21;
@inline export const SOFTPLUS_BACKWARD: i32 = 22;
@inline export const ELU_BACKWARD: i32 = 23;
@inline export const MISH_BACKWARD: i32 = 24;
// Of two again.
@inline export const MOD: i32 = 25;
@inline export const ATAN2: i32 = 26;
@inline export const AND: i32 = 27;
@inline export const OR: i32 = 28;
@inline export const XOR: i32 = 29;
@inline export const CROSS_ENTROPY: i32 = 30;

/** 1 / (1 + e^−x). */
@inline
function sigmoid4(x: v128): v128 {
  return f32x4.div(one4(), f32x4.add(one4(), exp4(f32x4.neg(x))));
}

@inline
function floats1(op: i32, x: v128, a: v128, b: v128): v128 {
  if (op >= RECIPROCAL) return op < LOG1P ? plain1(op, x, a, b) : smooth1(op, x, a, b);
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
  if (op == GELU) return gelu4(x);
  // ½ x (1 + tanh u) = x σ(2u), u = √(2/π) (x + 0.044715 x³)
  const cubic = f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.07135481282636289));
  return f32x4.mul(x, sigmoid4(f32x4.mul(x, f32x4.add(cubic, f32x4.splat(1.5957691216057308)))));
}

/** Of x and the op's numbers a and b. */
@inline
function plain1(op: i32, x: v128, a: v128, b: v128): v128 {
  if (op == RECIPROCAL) return f32x4.div(one4(), x);
  if (op == FLOOR) return f32x4.floor(x);
  if (op == CEIL) return f32x4.ceil(x);
  if (op == ROUND) return f32x4.nearest(x);
  if (op == TRUNC) return f32x4.trunc(x);
  if (op == CLAMP) return f32x4.min(f32x4.max(x, a), b);
  if (op == LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, a), f32x4.gt(x, zero()));
  if (op == HARDSWISH) {
    const gate = f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), zero()), f32x4.splat(6));
    return f32x4.mul(f32x4.mul(x, gate), f32x4.splat(0.16666666666666666));
  }
  // c (|x| − c/2), c = min(|x|, a)
  const size = f32x4.abs(x);
  const cut = f32x4.pmin(size, a);
  return f32x4.mul(cut, f32x4.sub(size, f32x4.mul(half4(), cut)));
}

@inline
function smooth1(op: i32, x: v128, a: v128, b: v128): v128 {
  if (op == LOG1P) return log1p4(x);
  if (op == EXPM1) return expm14(x);
  if (op == SIN) return sine4(x, 0);
  if (op == COS) return sine4(x, 1);
  if (op == ERF) return erfExact4(x);
  if (op == SOFTPLUS) {
    const t = f32x4.mul(x, a);
    return v128.bitselect(x, f32x4.div(softplus4(t), a), f32x4.gt(t, b));
  }
  if (op == ELU) return v128.bitselect(x, f32x4.mul(a, expm14(x)), f32x4.gt(x, zero()));
  // tanh(ln(1 + e)) = n / (n + 2), n = e (e + 2), e = eˣ
  const n = mishOf(exp4(f32x4.pmin(x, f32x4.splat(20))));
  return f32x4.mul(x, f32x4.div(n, f32x4.add(n, f32x4.splat(2))));
}

/** e (e + 2) */
@inline
function mishOf(e: v128): v128 {
  return f32x4.mul(e, f32x4.add(e, f32x4.splat(2)));
}

@inline
function integers1(op: i32, x: v128, a: v128, b: v128): v128 {
  if (op >= FLOOR && op <= TRUNC) return x;
  if (op == CLAMP) return i32x4.min_s(i32x4.max_s(x, a), b);
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
export function apply1<TIn, TOut>(op: i32, x: v128, a: v128, b: v128): v128 {
  if (op == CAST || op == IS_NONZERO) return converted<TIn, TOut>(op, x);
  return isFloat<TIn>() ? floats1(op, x, a, b) : integers1(op, x, a, b);
}

@inline
function floats2(op: i32, x: v128, y: v128, a: v128, b: v128): v128 {
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
  if (op == MOD) return modulo4(x, y);
  if (op == ATAN2) return angle4(x, y);
  if (op == CROSS_ENTROPY) return crossEntropy4(x, y);
  if (op == CLAMP_BACKWARD) return v128.and(x, v128.and(f32x4.ge(y, a), f32x4.le(y, b)));
  if (op > CLAMP_BACKWARD) return f32x4.mul(x, slopeWith(op, y, a, b));
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
  if (op == GE) return bit(i32x4.ge_s(x, y));
  if (op == MOD) return integerModulo4(x, y);
  if (op == AND) return v128.and(x, y);
  return op == OR ? v128.or(x, y) : v128.xor(x, y);
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

/** The derivative of an activation with the numbers a and b, or of one by parts, from its input. */
@inline
function slopeWith(op: i32, x: v128, a: v128, b: v128): v128 {
  if (op == LEAKY_RELU_BACKWARD) return v128.bitselect(one4(), a, f32x4.gt(x, zero()));
  if (op == HARDSWISH_BACKWARD) {
    const rising = madd(x, f32x4.splat(0.3333333333333333), half4());
    const upTo3 = v128.bitselect(one4(), rising, f32x4.ge(x, f32x4.splat(3)));
    return v128.andnot(upTo3, f32x4.lt(x, f32x4.splat(-3)));
  }
  if (op == SOFTPLUS_BACKWARD) {
    const t = f32x4.mul(x, a);
    return v128.bitselect(one4(), sigmoid4(t), f32x4.gt(t, b));
  }
  if (op == ELU_BACKWARD) return v128.bitselect(f32x4.mul(a, exp4(x)), one4(), f32x4.le(x, zero()));
  // n / (n + 2) + 4 x e (1 + e) / (n + 2)², from x = 20 on 1
  const cut = f32x4.pmin(x, f32x4.splat(20));
  const e = exp4(cut);
  const n = mishOf(e);
  const inverse = f32x4.div(one4(), f32x4.add(n, f32x4.splat(2)));
  const bend = f32x4.mul(f32x4.mul(f32x4.splat(4), cut), f32x4.mul(f32x4.mul(e, f32x4.add(one4(), e)), inverse));
  return f32x4.mul(f32x4.add(n, bend), inverse);
}

/** −y max(ln x, −100) − (1 − y) max(ln(1 − x), −100). */
@inline
function crossEntropy4(x: v128, y: v128): v128 {
  const least = f32x4.splat(-100);
  const yes = f32x4.pmax(log4(x), least);
  const no = f32x4.pmax(log1p4(f32x4.neg(x)), least);
  return f32x4.neg(f32x4.add(f32x4.mul(y, yes), f32x4.mul(f32x4.sub(one4(), y), no)));
}

@inline
export function apply2<T>(op: i32, x: v128, y: v128, a: v128, b: v128): v128 {
  return isFloat<T>() ? floats2(op, x, y, a, b) : integers2(op, x, y);
}
