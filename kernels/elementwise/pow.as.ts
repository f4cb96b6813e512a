/**
 * xʸ of four lanes: each in float64 and rounded once, so that whole numbers come out whole. Not a kernel itself.
 */

export function pow4(x: v128, y: v128): v128 {
  if (v128.all_true<i32>(f32x4.eq(y, f32x4.splat(2)))) return f32x4.mul(x, x);
  let v = f32x4.splat(pow1(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  v = f32x4.replace_lane(v, 1, pow1(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  v = f32x4.replace_lane(v, 2, pow1(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(v, 3, pow1(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
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
