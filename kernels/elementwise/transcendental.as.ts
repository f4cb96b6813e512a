/**
 * Transcendental functions of four lanes beside those of simd.as.ts. Not a kernel itself. Errors given are the largest
 * that the tests find against float64, in units of the last place (ulp).
 */

import { exp4, half4, log4, madd, nmadd, one4 } from '../runtime/cpu/simd.as';

@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** Magnitude of the first, sign of the second. */
@inline
function withSign(magnitude: v128, sign: v128): v128 {
  return v128.bitselect(sign, magnitude, splat(-0.0));
}

/** ln(1 + x) within 2.5 ulp: ln u with u = 1 + x as rounded, and what the rounding took, over u. */
export function log1p4(x: v128): v128 {
  const u = f32x4.add(one4(), x);
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, one4())), u);
  const isPlain = v128.and(f32x4.gt(u, splat(0)), f32x4.lt(u, splat(1e8)));
  const y = f32x4.add(log4(u), v128.and(lost, isPlain));
  return v128.bitselect(x, y, f32x4.eq(x, splat(0)));
}

/** eˣ − 1 within 2 ulp: 2ⁿ (q + 1) − 1 = 2ⁿ (q + (1 − 2⁻ⁿ)), q = eʳ − 1, |r| ≤ ½ ln 2. −1 from −20 down. */
export function expm14(x: v128): v128 {
  const t = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-20));
  const n = f32x4.nearest(f32x4.mul(t, splat(1.4426950408889634)));
  const r = madd(n, splat(2.12194440e-4), nmadd(n, splat(0.693359375), t));
  let p = madd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = madd(p, r, splat(8.3334519073e-3));
  p = madd(p, r, splat(4.1665795894e-2));
  p = madd(p, r, splat(1.6666665459e-1));
  p = madd(p, r, splat(5.0000001201e-1));
  const q = madd(p, f32x4.mul(r, r), r);
  const e = i32x4.trunc_sat_f32x4_s(n);
  const fraction = power2(i32x4.neg(i32x4.min_s(e, i32x4.splat(30))));
  const half = i32x4.shr_s(e, 1);
  const sum = f32x4.add(q, f32x4.sub(one4(), fraction));
  return withSign(f32x4.mul(f32x4.mul(sum, power2(half)), power2(i32x4.sub(e, half))), x);
}

/** 2ⁿ for integers −126 … 127. */
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** Up to here n · π/2 is exact in the parts below. */
@inline const MOST_ANGLE: f32 = 12867;

/**
 * sin(x + quarter · π/2) within 1.5 ulp: x = n π/2 + r by Cody and Waite, π/2 in three parts of 11 bits and a rest, up
 * to |x| = 12867; beyond by Payne and Hanek, one lane after the other.
 */
export function sine4(x: v128, quarter: i32): v128 {
  let n = f32x4.nearest(f32x4.mul(x, splat(0.6366197723675814)));
  let r = nmadd(n, splat(1.5703125), x);
  r = nmadd(n, splat(4.837512969970703e-4), r);
  r = nmadd(n, splat(7.549533620476723e-8), r);
  r = nmadd(n, splat(2.5633441478622593e-12), r);
  let turns = i32x4.trunc_sat_f32x4_s(n);
  if (v128.any_true(f32x4.gt(f32x4.abs(x), splat(MOST_ANGLE)))) {
    for (let lane = 0; lane < 4; lane++) {
      const bits = bitsOf(x, lane);
      if ((bits & 0x7fffffff) <= reinterpret<u32>(MOST_ANGLE)) continue;
      const turned = quarterTurns(bits & 0x7fffffff);
      // Rounded to whole quarters, what is left is a signed fraction: 2^64 are one quarter.
      let rest = <f64><i64>(turned << 2) * 8.515303950216386e-20;
      let count = <i32>(turned >> 62) + (<i32>(turned >> 61) & 1);
      if (<i32>bits < 0) {
        rest = -rest;
        count = -count;
      }
      const mask = i32x4.eq(i32x4(0, 1, 2, 3), i32x4.splat(lane));
      r = v128.bitselect(splat((bits & 0x7fffffff) < 0x7f800000 ? <f32>rest : NaN), r, mask);
      turns = v128.bitselect(i32x4.splat(count), turns, mask);
    }
  }
  turns = i32x4.add(turns, i32x4.splat(quarter));
  const z = f32x4.mul(r, r);
  let s = madd(splat(-1.9515295891e-4), z, splat(8.3321608736e-3));
  s = madd(s, z, splat(-1.6666654611e-1));
  s = madd(f32x4.mul(s, z), r, r);
  let c = madd(splat(2.443315711809948e-5), z, splat(-1.388731625493765e-3));
  c = madd(c, z, splat(4.166664568298827e-2));
  c = madd(f32x4.mul(c, z), z, nmadd(z, half4(), one4()));
  const isOdd = i32x4.ne(v128.and(turns, i32x4.splat(1)), i32x4.splat(0));
  const sign = i32x4.shl(v128.and(turns, i32x4.splat(2)), 30);
  const y = v128.xor(v128.bitselect(c, s, isOdd), sign);
  return quarter == 0 ? v128.bitselect(x, y, f32x4.eq(x, splat(0))) : y;
}

function bitsOf(x: v128, lane: i32): u32 {
  if (lane == 0) return i32x4.extract_lane(x, 0);
  if (lane == 1) return i32x4.extract_lane(x, 1);
  return lane == 2 ? i32x4.extract_lane(x, 2) : i32x4.extract_lane(x, 3);
}

/**
 * x · 2/π modulo 4 in units of 2^−62, from the bits of x ≥ 2: the mantissa times the bits of 2/π that matter, those of
 * a weight beyond 4 being left out.
 */
function quarterTurns(bits: u32): u64 {
  const mantissa = <u64>((bits & 0x7fffff) | 0x800000);
  // The word before the first holds the zeros in front of the point: bits 64 … are the fraction of 2/π.
  const skip = <i32>(bits >> 23) - 152 + 64;
  const index = skip >> 6;
  const shift = <u64>(skip & 63);
  const middle = inverseBits(index + 1);
  let first = inverseBits(index) << shift;
  let second = middle << shift;
  if (shift != 0) {
    first |= middle >> (64 - shift);
    second |= inverseBits(index + 2) >> (64 - shift);
  }
  return mantissa * first + ((mantissa * (second >> 32)) >> 32);
}

/** The bits of 2/π, 64 at a time. */
function inverseBits(index: i32): u64 {
  if (index == 0) return 0;
  if (index == 1) return 0xa2f9836e4e441529;
  if (index == 2) return 0xfc2757d1f534ddc0;
  return index == 3 ? 0xdb6295993c439041 : 0xfe5163abdebbc561;
}

/** erf x within 2 ulp: x + x P(x²) up to 0.9277, else 1 − e to a polynomial; 1 from 4 on. */
export function erfExact4(x: v128): v128 {
  const t = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = madd(splat(-5.964254960417747e-4), z, splat(4.988004453480244e-3));
  p = madd(p, z, splat(-2.6763124391436577e-2));
  p = madd(p, z, splat(0.11281721293926239));
  p = madd(p, z, splat(-0.37612485885620117));
  p = madd(p, z, splat(0.12837915122509003));
  const near = madd(p, t, t);
  const end = f32x4.pmin(t, splat(4));
  let q = madd(splat(1.0453727554704528e-6), end, splat(-3.440408909227699e-5));
  q = madd(q, end, splat(4.991642781533301e-4));
  q = madd(q, end, splat(-4.306100308895111e-3));
  q = madd(q, end, splat(2.514723874628544e-2));
  q = madd(q, end, splat(-0.10786917805671692));
  q = madd(q, end, splat(-0.6341361999511719));
  q = madd(q, end, splat(-1.1289069652557373));
  const far = f32x4.sub(one4(), exp4(f32x4.mul(q, end)));
  return withSign(v128.bitselect(near, far, f32x4.lt(t, splat(0.9277))), x);
}

/** The angle of the point (x, y) within 3 ulp, by the arc tangent of the smaller side over the larger. */
export function angle4(y: v128, x: v128): v128 {
  const width = f32x4.abs(x);
  const height = f32x4.abs(y);
  const longer = f32x4.max(width, height);
  const shorter = f32x4.min(width, height);
  // 0/0 is 0 here, and ∞/∞ is 1.
  const same = v128.and(f32x4.ne(longer, splat(0)), one4());
  const a = v128.bitselect(same, f32x4.div(shorter, longer), f32x4.eq(shorter, longer));
  const isFar = f32x4.gt(a, splat(0.41421356237309503));
  const t = v128.bitselect(f32x4.div(f32x4.sub(a, one4()), f32x4.add(a, one4())), a, isFar);
  const z = f32x4.mul(t, t);
  let p = madd(splat(8.05374449538e-2), z, splat(-1.38776856032e-1));
  p = madd(p, z, splat(1.99777106478e-1));
  p = madd(p, z, splat(-3.33329491539e-1));
  let r = f32x4.add(madd(f32x4.mul(p, z), t, t), v128.and(isFar, splat(0.7853981633974483)));
  r = v128.bitselect(f32x4.sub(splat(1.5707963267948966), r), r, f32x4.gt(height, width));
  r = v128.bitselect(f32x4.sub(splat(3.141592653589793), r), r, i32x4.lt_s(x, i32x4.splat(0)));
  return withSign(r, y);
}

/** x modulo y with y's sign: x − ⌊x/y⌋ y in float64, exact while the quotient has 29 bits; else one after the other. */
export function modulo4(x: v128, y: v128): v128 {
  const isPlain = v128.and(
    f32x4.lt(f32x4.abs(f32x4.div(x, y)), splat(268435456)), f32x4.lt(f32x4.abs(y), splat(Infinity)),
  );
  if (v128.all_true<i32>(isPlain)) {
    const low = modulos(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y));
    const upper = i32x4.shuffle(x, y, 2, 3, 6, 7);
    const high = modulos(
      f64x2.promote_low_f32x4(upper), f64x2.promote_low_f32x4(i32x4.shuffle(upper, upper, 2, 3, 2, 3)),
    );
    return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  }
  let v = splat(modulo1(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  v = f32x4.replace_lane(v, 1, modulo1(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  v = f32x4.replace_lane(v, 2, modulo1(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(v, 3, modulo1(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}

/** Where the quotient was rounded up to a whole number, the rest has the other sign. */
@inline
function modulos(x: v128, y: v128): v128 {
  const rest = f64x2.sub(x, f64x2.mul(f64x2.floor(f64x2.div(x, y)), y));
  const isOff = f64x2.lt(f64x2.mul(rest, y), f64x2.splat(0));
  return f64x2.add(rest, v128.and(isOff, y));
}

function modulo1(x: f32, y: f32): f32 {
  const rest = x % y;
  return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
}

/** x modulo y of integers with y's sign; 0 for y = 0. */
export function integerModulo4(x: v128, y: v128): v128 {
  let v = i32x4.splat(integerModulo1(i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0)));
  v = i32x4.replace_lane(v, 1, integerModulo1(i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1)));
  v = i32x4.replace_lane(v, 2, integerModulo1(i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2)));
  return i32x4.replace_lane(v, 3, integerModulo1(i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3)));
}

function integerModulo1(x: i32, y: i32): i32 {
  if (y == 0) return 0;
  const rest = x % y;
  return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
}
