/**
 * Four-lane float32 arithmetic shared by the CPU kernels. No kernels: nothing here is exported from the module.
 *
 * The scalar forms run the vector form on a splat, so that the tail of a row has the bits its body would have.
 * Errors given are the largest that the tests find against float64.
 */

/** a · b + c, in one rounding where the build has relaxed SIMD. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c − a · b, in one rounding where the build has relaxed SIMD. */
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** p · x + coefficient: one step of Horner's rule. */
@inline
function horner(p: v128, x: v128, coefficient: f32): v128 {
  return madd(p, x, f32x4.splat(coefficient));
}

/** (x₀ + x₂) + (x₁ + x₃). */
@inline
export function sum4(x: v128): f32 {
  const pairs = f32x4.add(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of four; NaN if one is NaN. */
@inline
export function max4(x: v128): f32 {
  const pairs = f32x4.max(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** eˣ within 1e-7 relative. e^−∞ = 0, overflow gives ∞, denormal results are rounded once. */
@inline
export function exp4(x: v128): v128 {
  // e^−104 rounds to 0 and e^89 to ∞. pmin and pmax keep a NaN that is their first operand.
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  // eˣ = 2ⁿ eʳ, |r| ≤ ½ ln 2. Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
  const magic = f32x4.splat(12582912);
  const rounded = madd(x, f32x4.splat(1.4426950408889634), magic);
  const n = f32x4.sub(rounded, magic);
  // ln 2 in two parts; the first has 9 bits, so that n times it is exact.
  let r = nmadd(n, f32x4.splat(0.693359375), x);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = horner(p, r, 1.3981999507e-3);
  p = horner(p, r, 8.3334519073e-3);
  p = horner(p, r, 4.1665795894e-2);
  p = horner(p, r, 1.6666665459e-1);
  p = horner(p, r, 5.0000001201e-1);
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  // 2ⁿ in two factors: n reaches −150 and 128, further than one float's exponent.
  const exponent = i32x4.sub(rounded, magic);
  const half = i32x4.shr_s(exponent, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(exponent, half)));
}

/** 2ⁿ for integers −126 … 127. */
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** ln x within 1e-7 relative. ln 0 = −∞, ln x of negatives is NaN, denormals are exact. */
@inline
export function log4(x: v128): v128 {
  // Denormals are raised by 2²³ first.
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const bits = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  // x = 2ᵉ m with m in [√½, √2): the offset moves the border of an octave to √½.
  const offset = i32x4.sub(bits, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.sub(i32x4.shr_s(offset, 23), v128.and(small, i32x4.splat(23)));
  const mantissa = i32x4.add(v128.and(offset, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(exponent);
  const r = f32x4.sub(mantissa, f32x4.splat(1));
  const r2 = f32x4.mul(r, r);
  let p = f32x4.splat(7.0376836292e-2);
  p = horner(p, r, -1.1514610310e-1);
  p = horner(p, r, 1.1676998740e-1);
  p = horner(p, r, -1.2420140846e-1);
  p = horner(p, r, 1.4249322787e-1);
  p = horner(p, r, -1.6668057665e-1);
  p = horner(p, r, 2.0000714765e-1);
  p = horner(p, r, -2.4999993993e-1);
  p = horner(p, r, 3.3333331174e-1);
  let y = f32x4.mul(f32x4.mul(p, r), r2);
  y = nmadd(e, f32x4.splat(2.12194440e-4), y);
  y = nmadd(r2, f32x4.splat(0.5), y);
  y = madd(e, f32x4.splat(0.693359375), f32x4.add(r, y));
  // x − x is 0 for finite x, NaN for ∞ and NaN; sqrt of a negative is NaN.
  const infinity = f32x4.splat(Infinity);
  y = v128.bitselect(x, y, f32x4.eq(x, infinity));
  y = v128.bitselect(f32x4.neg(infinity), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** erf x = 2/√π ∫₀ˣ e^−t² dt within 5e-7 absolute: an odd polynomial over an even one, |x| cut at 4. */
@inline
export function erf4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(4)), f32x4.splat(-4));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-2.72614225801306e-10);
  p = horner(p, z, 2.77068142495902e-8);
  p = horner(p, z, -2.10102402082508e-6);
  p = horner(p, z, -5.69250639462346e-5);
  p = horner(p, z, -7.34990630326855e-4);
  p = horner(p, z, -2.95459980854025e-3);
  p = horner(p, z, -1.60960333262415e-2);
  let q = f32x4.splat(-1.45660718464996e-5);
  q = horner(q, z, -2.13374055278905e-4);
  q = horner(q, z, -1.68282697438203e-3);
  q = horner(q, z, -7.37332916720468e-3);
  q = horner(q, z, -1.42647390514189e-2);
  return f32x4.div(f32x4.mul(x, p), q);
}

/** tanh x within 1.5e-7 relative: x + x³ P(x²) near 0, else 1 − 2 / (e^2|x| + 1) always with the sign of x. */
@inline
export function tanh4(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = horner(p, z, 2.06390887954e-2);
  p = horner(p, z, -5.37397155531e-2);
  p = horner(p, z, 1.33314422036e-1);
  p = horner(p, z, -3.33332819422e-1);
  const near = madd(f32x4.mul(p, z), x, x);
  const one = f32x4.splat(1);
  const grown = f32x4.add(exp4(f32x4.add(magnitude, magnitude)), one);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), grown));
  const y = v128.bitselect(near, far, f32x4.lt(magnitude, f32x4.splat(0.625)));
  return v128.bitselect(x, y, f32x4.splat(-0.0));
}

@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

@inline
export function log1(x: f32): f32 {
  return f32x4.extract_lane(log4(f32x4.splat(x)), 0);
}

@inline
export function erf1(x: f32): f32 {
  return f32x4.extract_lane(erf4(f32x4.splat(x)), 0);
}

@inline
export function tanh1(x: f32): f32 {
  return f32x4.extract_lane(tanh4(f32x4.splat(x)), 0);
}
