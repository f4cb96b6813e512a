// Functions of float32 in WGSL, whose own are too loose: these are within 2 ulp of the true value (tested against
// float64), and right at ±0, ±∞ and NaN. Compilers may take it that there are no NaN and no ∞, so these are looked for
// in the bits.

import { smoothFunctions } from './smooth.webgpu.ts';

/** eʳ − 1 for |r| ≤ ½ ln 2. */
const expFraction = `fn expFraction_(r: f32) -> f32 {
  var p = fma(1.9875691500e-4, r, 1.3981999507e-3);
  p = fma(p, r, 8.3334519073e-3);
  p = fma(p, r, 4.1665795894e-2);
  p = fma(p, r, 1.6666665459e-1);
  p = fma(p, r, 5.0000001201e-1);
  return fma(p, r * r, r);
}`;

/** p · 2ⁿ for n of −151 … 129: two factors, since n reaches further than one float's exponent. */
const scaled = `fn scaled_(p: f32, n: i32) -> f32 {
  let half = n >> 1u;
  let almost = p * bitcast<f32>((half + 127) << 23u);
  return almost * bitcast<f32>((n - half + 127) << 23u);
}`;

/** e^r · 2ⁿ for |r| ≤ ½ ln 2. */
const scaledExp = `fn scaledExp_(r: f32, n: i32) -> f32 { return scaled_(expFraction_(r) + 1.0, n); }`;

/** eˣ = 2ⁿ eʳ. e^−104 rounds to 0, e^89 to ∞. ln 2 comes in two parts, the first of 9 bits, so that n times it is exact. */
const exp = `fn exp_(x: f32) -> f32 {
  let t = clamp(x, -104.0, 89.0);
  let n = round(t * 1.4426950408889634);
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, t));
  return select(scaledExp_(r, i32(n)), x, isNan_(x));
}`;

/** ln(1 + r) − r + ½ r² for r of √½ − 1 … √2 − 1. */
const logSeries = `fn logSeries_(r: f32) -> f32 {
  var p = fma(7.0376836292e-2, r, -1.1514610310e-1);
  p = fma(p, r, 1.1676998740e-1);
  p = fma(p, r, -1.2420140846e-1);
  p = fma(p, r, 1.4249322787e-1);
  p = fma(p, r, -1.6668057665e-1);
  p = fma(p, r, 2.0000714765e-1);
  p = fma(p, r, -2.4999993993e-1);
  p = fma(p, r, 3.3333331174e-1);
  return p * r * (r * r);
}`;

/** ln x, x = 2ᵉ m with m in [√½, √2). A subnormal is its bits, an integer, times 2^−149: no device flushes that to 0. */
const log = `fn log_(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (bits - 1u >= 0x7f7fffffu) { return logOfOthers_(x); }
  let isSmall = bits < 0x00800000u;
  let offset = bitcast<i32>(select(bits, bitcast<u32>(f32(bits)), isSmall) - 0x3f3504f3u);
  let e = f32((offset >> 23u) - select(0, 149, isSmall));
  let r = bitcast<f32>((offset & 0x007fffff) + 0x3f3504f3) - 1.0;
  let y = fma(r * r, -0.5, fma(e, -2.12194440e-4, logSeries_(r)));
  return fma(e, 0.693359375, r + y);
}
fn logOfOthers_(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (bits == 0x7f800000u || isNan_(x)) { return x; }
  return bitcast<f32>(bits | select(0x7fc00000u, 0xff800000u, (bits & 0x7fffffffu) == 0u));
}`;

/** 1 / (1 + e^−x), by e^−|x|, so that nothing overflows and small results keep their digits. */
const sigmoid = `fn sigmoid_(x: f32) -> f32 {
  let e = exp_(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}`;

/** x + x³ P(x²) near 0, else 1 − 2 / (e^2|x| + 1); 1 from 9.02 on. */
const tanh = `fn tanh_(x: f32) -> f32 {
  let magnitude = abs(x);
  let z = x * x;
  var p = fma(-5.70498872745e-3, z, 2.06390887954e-2);
  p = fma(p, z, -5.37397155531e-2);
  p = fma(p, z, 1.33314422036e-1);
  p = fma(p, z, -3.33332819422e-1);
  let near = fma(p * z, magnitude, magnitude);
  let far = 1.0 - 2.0 / (exp_(2.0 * min(magnitude, 20.0)) + 1.0);
  let y = select(far, near, magnitude < 0.625);
  return select(bitcast<f32>(bitcast<u32>(y) | (bitcast<u32>(x) & 0x80000000u)), x, isNan_(x));
}`;

/** 1 − erf t for t of 0.9277 … 4: e to a polynomial; 0 beyond 4. */
const erfTail = `fn erfTail_(t: f32) -> f32 {
  var p = fma(1.0453727554704528e-6, t, -3.440408909227699e-5);
  p = fma(p, t, 4.991642781533301e-4);
  p = fma(p, t, -4.306100308895111e-3);
  p = fma(p, t, 2.514723874628544e-2);
  p = fma(p, t, -0.10786917805671692);
  p = fma(p, t, -0.6341361999511719);
  p = fma(p, t, -1.1289069652557373);
  return select(exp_(p * t), 0.0, t > 4.0);
}`;

/** erf x / x − 1 for |x| ≤ 0.9277, from x². */
const erfNear = `fn erfNear_(z: f32) -> f32 {
  var p = fma(-5.964254960417747e-4, z, 4.988004453480244e-3);
  p = fma(p, z, -2.6763124391436577e-2);
  p = fma(p, z, 0.11281721293926239);
  p = fma(p, z, -0.37612485885620117);
  return fma(p, z, 0.12837915122509003);
}`;

/** erf x = 2/√π ∫₀ˣ e^−t² dt. */
const erf = `fn erf_(x: f32) -> f32 {
  let magnitude = abs(x);
  let near = fma(erfNear_(x * x), magnitude, magnitude);
  let y = select(1.0 - erfTail_(magnitude), near, magnitude < 0.9277);
  return select(bitcast<f32>(bitcast<u32>(y) | (bitcast<u32>(x) & 0x80000000u)), x, isNan_(x));
}`;

/** Φ(x) = ½ (1 + erf(x/√2)), the standard normal's distribution function; its lower tail does not come by subtraction. */
const normalBelow = `fn normalBelow_(x: f32) -> f32 {
  let t = abs(x) * 0.7071067811865476;
  let tail = 0.5 * erfTail_(t);
  let near = fma(0.5, fma(erfNear_(t * t), t, t) * select(1.0, -1.0, x < 0.0), 0.5);
  let y = select(select(1.0 - tail, tail, x < 0.0), near, t < 0.9277);
  return select(y, x, isNan_(x));
}`;

/**
 * log₂ of a positive normal m · 2ᵉ as a sum of two floats, the first of 12 bits. m is within √1.5 of c = 1 or 1.5, and
 * ln m/c = 2 s + ⅔ s³ + …, s = (m − c) / (m + c). Numbers of 12 bits have exact products.
 */
const log2Parts = `fn highBits_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }
fn log2Parts_(x: f32, raised: i32) -> vec2f {
  let bits = bitcast<i32>(x);
  let mantissa = bits & 0x007fffff;
  let up = select(0, 1, mantissa >= 0x005db3d7);
  let isHalf = mantissa > 0x001cc471 && up == 0;
  let c = select(1.0, 1.5, isHalf);
  let e = f32((bits >> 23u) - 127 + up - raised);
  let m = bitcast<f32>((mantissa | 0x3f800000) - (up << 23u));
  let inverse = 1.0 / (m + c);
  let s = (m - c) * inverse;
  let sHigh = highBits_(s);
  let nHigh = highBits_(m + c);
  let sLow = inverse * (((m - c) - sHigh * nHigh) - sHigh * (m - (nHigh - c)));
  // 3 + s² + r: three times the series of ln m/c over 2 s.
  let s2 = s * s;
  var r = fma(0.2069750130, s2, 0.2306607515);
  r = fma(r, s2, 0.2727281153);
  r = fma(r, s2, 0.3333333433);
  r = fma(r, s2, 0.4285714328);
  r = fma(r, s2, 0.6000000238);
  r = fma(r, s2 * s2, sLow * (sHigh + s));
  let square = sHigh * sHigh;
  let sum = highBits_(3.0 + square + r);
  let rest = r - ((sum - 3.0) - square);
  let u = sHigh * sum;
  let v = fma(sLow, sum, rest * s);
  let high = highBits_(u + v);
  let low = v - (high - u);
  // 2 / (3 ln 2) = 0.9619140625 − 1.1736857e-4, log2 1.5 = 0.584960938 + 1.56322085e-6.
  let a = 0.9619140625 * high;
  let b = fma(-1.1736857402e-4, high, fma(low, 0.9617966939, select(0.0, 1.56322085e-6, isHalf)));
  let known = select(0.0, 0.5849609375, isHalf);
  let first = highBits_(((a + b) + known) + e);
  return vec2f(first, b - (((first - e) - known) - a));
}`;

/** xʸ: 1 where y = 0 or x = 1, NaN where one is NaN or a negative finite x meets a y with a fraction. */
const pow = `fn pow_(x: f32, y: f32) -> f32 {
  if (y == 2.0) { return x * x; }
  if (y == 0.0 || x == 1.0) { return 1.0; }
  if (isNan_(x) || isNan_(y)) { return bitcast<f32>(bitcast<u32>(x) | bitcast<u32>(y) | 0x7fc00000u); }
  let bits = bitcast<u32>(x);
  let isNegative = (bits & 0x80000000u) != 0u;
  let magnitude = bits & 0x7fffffffu;
  let isWhole = trunc(y) == y;
  let isOdd = isWhole && abs(y) < 16777216.0 && (i32(clamp(y, -16777216.0, 16777216.0)) & 1) != 0;
  let isFinite = magnitude < 0x7f800000u && magnitude != 0u;
  if (isNegative && isFinite && !isWhole) { return bitcast<f32>(bits | 0x7fc00000u); }
  let value = powOfPositive_(magnitude, y);
  return bitcast<f32>(bitcast<u32>(value) | select(0u, bits & 0x80000000u, isOdd));
}
fn powOfPositive_(bits: u32, y: f32) -> f32 {
  if (bits == 0x3f800000u) { return 1.0; }
  if (bits == 0u || bits == 0x7f800000u) {
    return bitcast<f32>(select(0x7f800000u, bits & 0u, (bits == 0u) == (y > 0.0)));
  }
  let isSmall = bits < 0x00800000u;
  let log2 = log2Parts_(select(bitcast<f32>(bits), f32(bits), isSmall), select(0, 149, isSmall));
  // From 2^33 on, y raises even the float beside 1 beyond all bounds.
  let t = clamp(y, -8589934592.0, 8589934592.0);
  let tHigh = highBits_(t);
  let high = tHigh * log2.x;
  let low = fma(t - tHigh, log2.x, t * log2.y);
  let n = clamp(round(high + low), -151.0, 129.0);
  let r = clamp((high - n) + low, -0.5, 0.5);
  return scaledExp_(r * 0.6931471805599453, i32(n));
}`;

/** ½ x (1 + tanh u) = x σ(2u), u = √(2/π) (x + 0.044715 x³). */
const geluTanh = `fn geluTanh_(x: f32) -> f32 {
  return x * sigmoid_(x * fma(x * x, 0.07135481282636289, 1.5957691216057308));
}`;

/** The derivative of `geluTanh_`, a gate v = 2u: σ (1 + x v′ (1 − σ)). */
const geluTanhSlope = `fn geluTanhSlope_(x: f32) -> f32 {
  let cubic = x * x * 0.07135481282636289;
  let s = sigmoid_(x * (cubic + 1.5957691216057308));
  return selfGatedSlope_(s, x * fma(cubic, 3.0, 1.5957691216057308));
}`;

/** σ (1 + r (1 − σ)): the derivative of x σ(v) with r = x v′. */
const selfGatedSlope = `fn selfGatedSlope_(s: f32, r: f32) -> f32 { return s * (1.0 + r * (1.0 - s)); }`;

const isNan = `fn isNan_(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`;
const areNumbers = `fn areNumbers_(x: f32, y: f32) -> bool { return !isNan_(x) && !isNan_(y); }`;
/** An integer for each number, in their order; ±0 have the same. */
const order = `fn order_(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(bits, i32(-2147483648) - bits, bits < 0);
}`;
const isAtMost0 = `fn isAtMost0_(x: f32) -> bool {
  let bits = bitcast<u32>(x);
  return bits == 0u || bits - 0x80000000u <= 0x7f800000u;
}`;
/** −1, 0 or 1; 0 for NaN. */
const sign = `fn sign_(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let isZero = (bits & 0x7fffffffu) == 0u || isNan_(x);
  return select(select(1.0, -1.0, bits > 0x7fffffffu), 0.0, isZero);
}`;
const maximum = `fn maximum_(x: f32, y: f32) -> f32 {
  return select(select(y, x, order_(x) > order_(y) || isNan_(x)), y, isNan_(y));
}`;
const minimum = `fn minimum_(x: f32, y: f32) -> f32 {
  return select(select(y, x, order_(x) < order_(y) || isNan_(x)), y, isNan_(y));
}`;

const texts = {
  ...smoothFunctions,
  expFraction_: expFraction,
  scaled_: scaled,
  logSeries_: logSeries,
  exp_: exp,
  log_: log,
  sigmoid_: sigmoid,
  tanh_: tanh,
  erf_: erf,
  normalBelow_: normalBelow,
  pow_: pow,
  geluTanh_: geluTanh,
  geluTanhSlope_: geluTanhSlope,
  selfGatedSlope_: selfGatedSlope,
  isNan_: isNan,
  areNumbers_: areNumbers,
  order_: order,
  isAtMost0_: isAtMost0,
  sign_: sign,
  /** The larger; NaN if one is NaN. */
  maximum_: maximum,
  /** The smaller; NaN if one is NaN. */
  minimum_: minimum,
  scaledExp_: scaledExp,
  erfTail_: erfTail,
  erfNear_: erfNear,
  log2Parts_: log2Parts,
} as const;

export type FunctionName = keyof typeof texts;

/**
 * WGSL of these functions and of what they call, each once. Of f32: `exp_`, `log_`, `sigmoid_`, `tanh_`, `erf_`,
 * `normalBelow_` (the normal distribution's Φ), `pow_(x, y)`, `isNan_` (a bool), and `maximum_(x, y)`,
 * `minimum_(x, y)`, which are NaN if one is.
 */
export function functions(...names: FunctionName[]): string {
  const taken = new Set<FunctionName>();
  const take = (text: string): void => {
    for (const name of functionsIn(text)) {
      if (taken.has(name)) continue;
      taken.add(name);
      take(texts[name]);
    }
  };
  take(names.map((name) => `${name}(`).join(' '));
  return [...taken].map((name) => texts[name]).join('\n');
}

/** Those that a text calls. */
export function functionsIn(text: string): FunctionName[] {
  return [...text.matchAll(/\b\w+_(?=\()/g)].map(([name]) => name as FunctionName).filter((name) => name in texts);
}
