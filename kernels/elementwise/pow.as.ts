/**
 * xʸ of four lanes: each in float64 and rounded once, so that whole numbers come out whole. Not a kernel itself.
 */

export function pow4(x: v128, y: v128): v128 {
  if (v128.all_true<i32>(f32x4.eq(y, f32x4.splat(2)))) return f32x4.mul(x, x);
  const magnitude = f32x4.abs(x);
  if (v128.all_true<i32>(isOrdinary(x, magnitude, y))) {
    const low = powersOf(f64x2.promote_low_f32x4(magnitude), f64x2.promote_low_f32x4(y));
    const upper = i32x4.shuffle(magnitude, y, 2, 3, 6, 7);
    const high = powersOf(
      f64x2.promote_low_f32x4(upper), f64x2.promote_low_f32x4(i32x4.shuffle(upper, upper, 2, 3, 2, 3)),
    );
    const power = i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
    // An odd y keeps the sign of x.
    return v128.or(power, v128.and(x, i32x4.shl(i32x4.trunc_sat_f32x4_s(y), 31)));
  }
  let v = f32x4.splat(pow1(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  v = f32x4.replace_lane(v, 1, pow1(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  v = f32x4.replace_lane(v, 2, pow1(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(v, 3, pow1(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}

/** Where neither the operands nor the sign need a case of their own: finite, x not 0, |y| small, x > 0 or y whole. */
@inline
function isOrdinary(x: v128, magnitude: v128, y: v128): v128 {
  const zero = f32x4.splat(0);
  const isFinite = v128.and(f32x4.gt(magnitude, zero), f32x4.lt(magnitude, f32x4.splat(Infinity)));
  const hasSign = v128.or(f32x4.gt(x, zero), f32x4.eq(f32x4.trunc(y), y));
  return v128.and(v128.and(isFinite, hasSign), f32x4.lt(f32x4.abs(y), f32x4.splat(16777216)));
}

/** `powerOf` for two ordinary x. */
function powersOf(x: v128, y: v128): v128 {
  const t = f64x2.mul(y, logs2(x));
  return exps2(f64x2.min(f64x2.max(t, f64x2.splat(-200)), f64x2.splat(200)));
}

/** 1 where y = 0 or x = 1, NaN where one is NaN or a negative finite x meets a y with a fraction. */
function pow1(x: f32, y: f32): f32 {
  if (y == 2) return x * x;
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return NaN;
  const isWhole = trunc<f32>(y) == y;
  const isOdd = isWhole && abs<f32>(y) < 16777216 && (<i32>y & 1) != 0;
  if (x < 0 && !isWhole && x != -Infinity) return NaN;
  const magnitude = powerOf(<f64>abs<f32>(x), <f64>y);
  return isOdd ? copysign<f32>(magnitude, x) : magnitude;
}

/** xʸ for x ≥ 0. */
function powerOf(x: f64, y: f64): f32 {
  if (x == 1) return 1;
  if (x == 0 || x == Infinity) return (x == 0) == y > 0 ? 0 : Infinity;
  const t = y * log2(x);
  return t > 129 ? Infinity : t < -151 ? 0 : <f32>exp2(t);
}

/** x = 2ᵉ m with m in [√½, √2); ln m = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1) / (m + 1); error 4e-11 relative. */
function log2(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  const e = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const m = reinterpret<f64>(bits - (e << 52));
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return <f64>e + (p * z + 1) * s * 2.8853900817779268;
}

/** `log2` of two numbers, the octave told by the upper half of their bits. */
@inline
function logs2(x: v128): v128 {
  const upper = i32x4.shuffle(x, x, 1, 3, 1, 3);
  const e = i32x4.shr_s(i32x4.sub(upper, i32x4.splat(0x3fe6a09e)), 20);
  const m = i64x2.sub(x, i64x2.shl(i64x2.extend_low_i32x4_s(e), 52));
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(1.0 / 13);
  p = horner(p, z, 1.0 / 11);
  p = horner(p, z, 1.0 / 9);
  p = horner(p, z, 1.0 / 7);
  p = horner(p, z, 1.0 / 5);
  p = horner(p, z, 1.0 / 3);
  p = f64x2.mul(f64x2.mul(horner(p, z, 1), s), f64x2.splat(2.8853900817779268));
  return f64x2.add(f64x2.convert_low_i32x4_s(e), p);
}

/** p · x + coefficient. */
@inline
function horner(p: v128, x: v128, coefficient: f64): v128 {
  return f64x2.add(f64x2.mul(p, x), f64x2.splat(coefficient));
}

/** `exp2` of two numbers. */
@inline
function exps2(t: v128): v128 {
  const n = f64x2.nearest(t);
  const r = f64x2.mul(f64x2.sub(t, n), f64x2.splat(0.6931471805599453));
  let p = f64x2.splat(1.0 / 362880);
  p = horner(p, r, 1.0 / 40320);
  p = horner(p, r, 1.0 / 5040);
  p = horner(p, r, 1.0 / 720);
  p = horner(p, r, 1.0 / 120);
  p = horner(p, r, 1.0 / 24);
  p = horner(p, r, 1.0 / 6);
  p = horner(p, r, 0.5);
  p = horner(p, r, 1);
  p = horner(p, r, 1);
  const whole = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  return f64x2.mul(p, i64x2.shl(i64x2.add(whole, i64x2.splat(1023)), 52));
}

/** 2ᵗ = 2ⁿ eʳ, |r| ≤ ½ ln 2, by Taylor's series; error 1e-11 relative. */
function exp2(t: f64): f64 {
  const n = nearest<f64>(t);
  const r = (t - n) * 0.6931471805599453;
  let p: f64 = 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}
