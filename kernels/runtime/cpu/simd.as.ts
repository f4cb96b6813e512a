/**
 * Four-lane float32 arithmetic shared by the CPU kernels. No kernels: nothing here is exported from the module.
 *
 * The scalar forms run the vector form on a splat, so that the tail of a row has the bits its body would have.
 * Errors given are the largest that the tests find against float64.
 */

/** a · b + c, in one rounding where the engine has relaxed SIMD (see unfused.ts) and the processor can. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** c − a · b, in one rounding as `madd`. */
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_nmadd(a, b, c);
}

/**
 * Where the numbers of the functions below lie: in the first page, which is the launcher's, above its job (job.ts). V8
 * builds a vector that is written into the code anew at each use, in three instructions; a load is one.
 */
@inline const NUMBERS: usize = 8192;
@inline const EXP: usize = NUMBERS;
@inline const LOG: usize = NUMBERS + 64;
@inline const ERF: usize = NUMBERS + 128;
@inline const TANH: usize = NUMBERS + 192;
@inline const ONE: usize = NUMBERS + 224;
@inline const DOWN: usize = NUMBERS + 240;
@inline const ARTANH: usize = NUMBERS + 272;
@inline const HALF: usize = NUMBERS + 228;
@inline const ROOT_HALF: usize = NUMBERS + 232;
@inline const GELU: usize = NUMBERS + 288;
@inline const FUSED: usize = NUMBERS + 352;

/** Number `index` of those at `p`, in each lane. */
@inline
function number(p: usize, index: i32): v128 {
  return v128.load32_splat(p + (<usize>index << 2));
}

/** 1 in each lane. */
@inline
export function one4(): v128 {
  return number(ONE, 0);
}

/** √½ in each lane. */
@inline
export function rootHalf4(): v128 {
  return number(ROOT_HALF, 0);
}

/** ½ in each lane. */
@inline
export function half4(): v128 {
  return number(HALF, 0);
}

@inline
function put4(p: usize, a: f32, b: f32, c: f32, d: f32): void {
  store<f32>(p, a);
  store<f32>(p, b, 4);
  store<f32>(p, c, 8);
  store<f32>(p, d, 12);
}

/** Writes the numbers; the launcher has it done before anything else runs. */
@inline
export function writeNumbers(): void {
  // e⁸⁹ is ∞, e⁻¹⁰⁴ rounds to 0; 1.5 · 2²³; ln 2 in two parts, the first with 9 bits, so that n times it is exact.
  put4(EXP, 89, -104, 1.4426950408889634, 12582912);
  put4(EXP + 16, 0.693359375, 2.12194440e-4, 1.9875691500e-4, 1.3981999507e-3);
  put4(EXP + 32, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1);
  store<i32>(EXP + 48, 127);
  // The polynomial of degree 5 with the least relative error on |r| ≤ ½ ln 2 that is 1 at 0; −127 ln 2, cut.
  put4(DOWN, 8.29027220607e-3, 4.18981611729e-2, 1.66676387191e-1, 4.99991476536e-1);
  put4(DOWN + 16, 9.99999701977e-1, -88.02, 0, 0);
  put4(ARTANH, 0.28178335257392034, 0.2796060267634125, 0.4002491028754064, 0.666663146818613);
  put4(LOG, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1);
  put4(LOG + 16, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1);
  put4(LOG + 32, 3.3333331174e-1, 1.17549435e-38, 8388608, Infinity);
  store<i32>(LOG + 48, 0x3f3504f3);
  store<i32>(LOG + 52, 0x007fffff);
  store<i32>(LOG + 56, 23);
  store<f32>(LOG + 60, NaN);
  put4(ERF, 4, -4, -2.72614225801306e-10, 2.77068142495902e-8);
  put4(ERF + 16, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4, -2.95459980854025e-3);
  put4(ERF + 32, -1.60960333262415e-2, -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3);
  put4(ERF + 48, -7.37332916720468e-3, -1.42647390514189e-2, 0, 0);
  // Those of erf x √½, of x². Cut beside 4 √2 where the fraction is 1, fused or not, so that x Φ(x) is 0 or x beyond.
  put4(GELU, 5.656857490539551, -5.656857490539551, -3.01199012050038e-12, 6.12239882530041e-10);
  put4(GELU + 16, -9.28530207850775e-08, -5.03151234198254e-06, -0.000129929214703174, -0.00104460878015564);
  put4(GELU + 32, -0.01138161431519, -9.10379490406225e-07, -2.66717569098631e-05, -0.000420706743595508);
  put4(GELU + 48, -0.00368666458360234, -0.0142647390514189, 0, 0);
  put4(TANH, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1);
  put4(TANH + 16, -3.33332819422e-1, 0.625, 2, -0.0);
  put4(ONE, 1, 0.5, 0.7071067811865476, 0);
  // (1 + 2⁻¹²)² − 1 − 2⁻¹¹ is 2⁻²⁴, which a product that is rounded has lost.
  put4(FUSED, 1.000244140625, -1.00048828125, 0, 0);
  const a = number(FUSED, 0);
  store<f32>(FUSED + 8, f32x4.extract_lane(madd(a, a, number(FUSED, 1)), 0));
}

/** Whether `madd` rounds once. */
@inline
export function isFused(): bool {
  return load<f32>(FUSED + 8) != 0;
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
  // pmin and pmax keep a NaN that is their first operand.
  x = f32x4.pmax(f32x4.pmin(x, number(EXP, 0)), number(EXP, 1));
  // eˣ = 2ⁿ eʳ, |r| ≤ ½ ln 2. Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
  const magic = number(EXP, 3);
  const rounded = madd(x, number(EXP, 2), magic);
  const n = f32x4.sub(rounded, magic);
  const r = madd(n, number(EXP, 5), nmadd(n, number(EXP, 4), x));
  const p = expFraction(r);
  // 2ⁿ in two factors: n reaches −150 and 128, further than one float's exponent.
  const exponent = i32x4.sub(rounded, magic);
  const half = i32x4.shr_s(exponent, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(exponent, half)));
}

/** eˣ for x ≤ 0 within 2e-7 relative, denormal results rounded once, 0 below −87.7: half the work of exp4. */
@inline
export function expDown4(x: v128): v128 {
  x = f32x4.pmax(x, number(DOWN, 5));
  const magic = number(EXP, 3);
  const rounded = madd(x, number(EXP, 2), magic);
  const n = f32x4.sub(rounded, magic);
  const r = madd(n, number(EXP, 5), nmadd(n, number(EXP, 4), x));
  let p = madd(number(DOWN, 0), r, number(DOWN, 1));
  p = madd(p, r, number(DOWN, 2));
  p = madd(p, r, number(DOWN, 3));
  p = madd(p, r, number(DOWN, 4));
  p = madd(p, r, one4());
  // The low bits of `rounded` are n: shifted and added to the exponent of 1 they make 2ⁿ, and 0 of n = −127.
  return f32x4.mul(p, i32x4.add(i32x4.shl(rounded, 23), one4()));
}

/** eʳ for |r| ≤ ½ ln 2. */
@inline
function expFraction(r: v128): v128 {
  let p = madd(number(EXP, 6), r, number(EXP, 7));
  p = madd(p, r, number(EXP, 8));
  p = madd(p, r, number(EXP, 9));
  p = madd(p, r, number(EXP, 10));
  p = madd(p, r, number(EXP, 11));
  return f32x4.add(madd(p, f32x4.mul(r, r), r), one4());
}

/** 2ⁿ for integers −126 … 127. */
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, number(EXP, 12)), 23);
}

/** ln x within 1e-7 relative. ln 0 = −∞, ln x of negatives is NaN, denormals are exact. */
@inline
export function log4(x: v128): v128 {
  // Denormals are raised by 2²³ first.
  const small = f32x4.lt(x, number(LOG, 9));
  const bits = v128.bitselect(f32x4.mul(x, number(LOG, 10)), x, small);
  // x = 2ᵉ m with m in [√½, √2): the offset moves the border of an octave to √½.
  const border = number(LOG, 12);
  const offset = i32x4.sub(bits, border);
  const exponent = i32x4.sub(i32x4.shr_s(offset, 23), v128.and(small, number(LOG, 14)));
  const mantissa = i32x4.add(v128.and(offset, number(LOG, 13)), border);
  const e = f32x4.convert_i32x4_s(exponent);
  const r = f32x4.sub(mantissa, one4());
  const r2 = f32x4.mul(r, r);
  let p = madd(number(LOG, 0), r, number(LOG, 1));
  p = madd(p, r, number(LOG, 2));
  p = madd(p, r, number(LOG, 3));
  p = madd(p, r, number(LOG, 4));
  p = madd(p, r, number(LOG, 5));
  p = madd(p, r, number(LOG, 6));
  p = madd(p, r, number(LOG, 7));
  p = madd(p, r, number(LOG, 8));
  let y = f32x4.mul(f32x4.mul(p, r), r2);
  y = nmadd(e, number(EXP, 5), y);
  y = nmadd(r2, half4(), y);
  y = madd(e, number(EXP, 4), f32x4.add(r, y));
  // x − x is 0 for finite x, NaN for ∞ and NaN; sqrt of a negative is NaN.
  const infinity = number(LOG, 11);
  y = v128.bitselect(x, y, f32x4.eq(x, infinity));
  y = v128.bitselect(f32x4.neg(infinity), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(y, number(LOG, 15), f32x4.ge(x, f32x4.splat(0)));
}

/** ln(1 + eˣ) within 3e-7 relative: max(x, 0) + 2 artanh s, s = t / (2 + t) ≤ ⅓, t = e^−|x|. */
@inline
export function softplus4(x: v128): v128 {
  const t = exp4(f32x4.neg(f32x4.abs(x)));
  const two = number(TANH, 6);
  const s = f32x4.div(t, f32x4.add(t, two));
  const z = f32x4.mul(s, s);
  let p = madd(number(ARTANH, 0), z, number(ARTANH, 1));
  p = madd(p, z, number(ARTANH, 2));
  p = madd(p, z, number(ARTANH, 3));
  p = madd(p, z, two);
  return madd(p, s, f32x4.pmax(x, number(ONE, 3)));
}

/** erf x = 2/√π ∫₀ˣ e^−t² dt within 5e-7 absolute: an odd polynomial over an even one, |x| cut at 4. */
@inline
export function erf4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, number(ERF, 0)), number(ERF, 1));
  const z = f32x4.mul(x, x);
  let p = madd(number(ERF, 2), z, number(ERF, 3));
  p = madd(p, z, number(ERF, 4));
  p = madd(p, z, number(ERF, 5));
  p = madd(p, z, number(ERF, 6));
  p = madd(p, z, number(ERF, 7));
  p = madd(p, z, number(ERF, 8));
  let q = madd(number(ERF, 9), z, number(ERF, 10));
  q = madd(q, z, number(ERF, 11));
  q = madd(q, z, number(ERF, 12));
  q = madd(q, z, number(ERF, 13));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** ½ x (1 + erf(x √½)) = x Φ(x), the fraction as in erf4. */
@inline
export function gelu4(x: v128): v128 {
  const half = f32x4.mul(x, half4());
  const t = f32x4.pmax(f32x4.pmin(x, number(GELU, 0)), number(GELU, 1));
  const z = f32x4.mul(t, t);
  let p = madd(number(GELU, 2), z, number(GELU, 3));
  p = madd(p, z, number(GELU, 4));
  p = madd(p, z, number(GELU, 5));
  p = madd(p, z, number(GELU, 6));
  p = madd(p, z, number(GELU, 7));
  p = madd(p, z, number(GELU, 8));
  let q = madd(number(GELU, 9), z, number(GELU, 10));
  q = madd(q, z, number(GELU, 11));
  q = madd(q, z, number(GELU, 12));
  q = madd(q, z, number(GELU, 13));
  return madd(half, f32x4.div(f32x4.mul(t, p), q), half);
}

/** tanh x within 1.5e-7 relative: x + x³ P(x²) near 0, else 1 − 2 / (e^2|x| + 1) always with the sign of x. */
@inline
export function tanh4(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = madd(number(TANH, 0), z, number(TANH, 1));
  p = madd(p, z, number(TANH, 2));
  p = madd(p, z, number(TANH, 3));
  p = madd(p, z, number(TANH, 4));
  const near = madd(f32x4.mul(p, z), x, x);
  const grown = f32x4.add(exp4(f32x4.add(magnitude, magnitude)), one4());
  const far = f32x4.sub(one4(), f32x4.div(number(TANH, 6), grown));
  const y = v128.bitselect(near, far, f32x4.lt(magnitude, number(TANH, 5)));
  return v128.bitselect(x, y, number(TANH, 7));
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
