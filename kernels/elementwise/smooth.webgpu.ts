// More functions of float32 in WGSL, which functions.webgpu.ts lists with its own and which may call those.

/** ln(1 + x): the series of `log_` as far as it goes, else ln u, u = 1 + x as rounded, and what that took, over u. */
const log1p = `fn log1p_(x: f32) -> f32 {
  if (x > -0.29289 && x < 0.41421) { return select(x + fma(x * x, -0.5, logSeries_(x)), x, x == 0.0); }
  let u = 1.0 + x;
  return log_(u) + select(0.0, (x - (u - 1.0)) / u, u > 0.1 && u < 1.0e8);
}`;

/** eˣ − 1 = 2ⁿ (q + (1 − 2⁻ⁿ)), q = eʳ − 1, |r| ≤ ½ ln 2. −1 from −20 down. */
const expm1 = `fn expm1_(x: f32) -> f32 {
  let t = clamp(x, -20.0, 89.0);
  let n = round(t * 1.4426950408889634);
  let q = expFraction_(fma(n, 2.12194440e-4, fma(n, -0.693359375, t)));
  let e = i32(n);
  let sum = q + (1.0 - bitcast<f32>((127 - min(e, 30)) << 23u));
  return select(withSign_(scaled_(select(sum, q, e == 0), e), x), x, isNan_(x));
}`;

/** Magnitude of the first, sign of the second. */
const withSign = `fn withSign_(x: f32, y: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u));
}`;

/**
 * sin(x + quarter · π/2): x = n π/2 + r by Cody and Waite, π/2 in three parts of 11 bits, whose products with n up to
 * 2^13 are exact, and a rest; beyond |x| = 12867 by `quarterTurns_`.
 */
const sine = `fn sine_(x: f32, quarter: i32) -> f32 {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  if (bits >= 0x7f800000u) { return bitcast<f32>(bits | 0x7fc00000u); }
  var n = round(x * 0.6366197723675814);
  var r = fma(n, -1.5703125, x);
  r = fma(n, -4.837512969970703e-4, r);
  r = fma(n, -7.549533620476723e-8, r);
  r = fma(n, -2.5633441478622593e-12, r);
  if (bits > 0x46490c00u) {
    let rest = quarterTurns_(bits);
    r = withSign_(1.0, x) * rest.x;
    n = withSign_(1.0, x) * rest.y;
  }
  let turns = i32(n) + quarter;
  let z = r * r;
  let s = fma(fma(fma(-1.9515295891e-4, z, 8.3321608736e-3), z, -1.6666654611e-1) * z, r, r);
  let c = fma(fma(2.443315711809948e-5, z, -1.388731625493765e-3), z, 4.166664568298827e-2);
  let y = select(s, fma(c * z, z, fma(z, -0.5, 1.0)), (turns & 1) != 0);
  return select(select(y, -y, (turns & 2) != 0), x, bits == 0u && quarter == 0);
}`;

/**
 * By Payne and Hanek: x = (y + 4k) π/2 + r of a large float's bits, as (r, y). x · 2/π modulo 4 is the mantissa times
 * the bits of 2/π that matter, those of a weight beyond 4 being left out.
 */
const quarterTurns = `fn inverseBits_(index: u32) -> u32 {
  switch index {
    case 1u: { return 0xa2f9836eu; }
    case 2u: { return 0x4e441529u; }
    case 3u: { return 0xfc2757d1u; }
    case 4u: { return 0xf534ddc0u; }
    case 5u: { return 0xdb629599u; }
    case 6u: { return 0x3c439041u; }
    case 7u: { return 0xfe5163abu; }
    default: { return 0u; }
  }
}
fn inverseBitsAt_(skip: u32) -> u32 {
  let index = skip >> 5u;
  let shift = skip & 31u;
  let next = select(inverseBits_(index + 1u) >> (32u - max(shift, 1u)), 0u, shift == 0u);
  return (inverseBits_(index) << shift) | next;
}
fn highProduct_(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let first = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let second = (a & 0xffffu) * (b >> 16u) + (first & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (first >> 16u) + (second >> 16u);
}
fn quarterTurns_(bits: u32) -> vec2f {
  let m = (bits & 0x007fffffu) | 0x00800000u;
  let skip = (bits >> 23u) - 120u;
  let second = inverseBitsAt_(skip + 32u);
  let carried = highProduct_(m, inverseBitsAt_(skip + 64u));
  let low = m * second + carried;
  let high = m * inverseBitsAt_(skip) + highProduct_(m, second) + select(0u, 1u, low < carried);
  let turns = ((high >> 30u) + ((high >> 29u) & 1u)) & 3u;
  // The rest is a signed fraction: 2^64 are one quarter.
  let top = (high << 2u) | (low >> 30u);
  let end = low << 2u;
  let isNegative = top >= 0x80000000u;
  let size = select(top, ~top + select(0u, 1u, end == 0u), isNegative);
  let tail = select(end, ~end + 1u, isNegative);
  let zeros = min(countLeadingZeros(size), 31u);
  let digits = (size << zeros) | select(tail >> (32u - max(zeros, 1u)), 0u, zeros == 0u);
  let rest = f32(digits) * bitcast<f32>((95u - zeros) << 23u) * 1.5707963267948966;
  return vec2f(select(rest, -rest, isNegative), f32(turns));
}`;

/** The angle of the point (x, y), by the arc tangent of the smaller side over the larger. */
const angle = `fn angle_(y: f32, x: f32) -> f32 {
  if (isNan_(x) || isNan_(y)) { return bitcast<f32>(bitcast<u32>(x) | bitcast<u32>(y) | 0x7fc00000u); }
  let width = bitcast<u32>(x) & 0x7fffffffu;
  let height = bitcast<u32>(y) & 0x7fffffffu;
  let isSteep = height > width;
  let longer = max(width, height);
  // 0/0 is 0 here, and ∞/∞ is 1. Both are halved where the larger is beyond what a division takes.
  let scale = select(1.0, 0.25, longer > 0x7e000000u);
  let quotient = (scale * bitcast<f32>(min(width, height))) / (scale * bitcast<f32>(longer));
  let a = select(quotient, select(1.0, 0.0, longer == 0u), width == height);
  let isFar = a > 0.41421356237309503;
  let t = select(a, (a - 1.0) / (a + 1.0), isFar);
  let z = t * t;
  let p = fma(fma(8.05374449538e-2, z, -1.38776856032e-1), z, 1.99777106478e-1);
  var r = fma(fma(p, z, -3.33329491539e-1) * z, t, t) + select(0.0, 0.7853981633974483, isFar);
  r = select(r, 1.5707963267948966 - r, isSteep);
  r = select(r, 3.141592653589793 - r, bitcast<u32>(x) > 0x7fffffffu);
  return withSign_(r, y);
}`;

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
const softplus = `fn softplus_(x: f32) -> f32 { return max(x, 0.0) + log1p_(exp_(-abs(x))); }`;

/** tanh(ln(1 + eˣ)) = n / (n + 2), n = e (e + 2), e = eˣ; and the slope of x times it, that + 4 x e (1 + e) / (n + 2)². */
const mishGate = `fn mishGate_(x: f32) -> f32 {
  let e = select(exp_(min(x, 20.0)), x, isNan_(x));
  let n = e * (e + 2.0);
  return n / (n + 2.0);
}`;
const mishSlope = `fn mishSlope_(x: f32) -> f32 {
  let cut = select(min(x, 20.0), x, isNan_(x));
  let e = select(exp_(cut), x, isNan_(x));
  let n = e * (e + 2.0);
  return (n + (4.0 * cut) * ((e * (1.0 + e)) / (n + 2.0))) / (n + 2.0);
}`;

/** min(|x|, δ) (|x| − ½ min(|x|, δ)). */
const huber = `fn huber_(x: f32, delta: f32) -> f32 {
  let cut = min(abs(x), delta);
  return cut * (abs(x) - 0.5 * cut);
}`;

/** −y max(ln x, −100) − (1 − y) max(ln(1 − x), −100). */
const binaryCrossEntropy = `fn binaryCrossEntropy_(x: f32, y: f32) -> f32 {
  return -(y * maximum_(log_(x), -100.0) + (1.0 - y) * maximum_(log1p_(-x), -100.0));
}`;

/** x modulo y with y's sign, exact: a long division of the mantissas, eight bits at a time. */
const modulo = `fn modulo_(x: f32, y: f32) -> f32 {
  let xBits = bitcast<u32>(x) & 0x7fffffffu;
  let yBits = bitcast<u32>(y) & 0x7fffffffu;
  if (xBits >= 0x7f800000u || yBits == 0u || yBits > 0x7f800000u) { return bitcast<f32>(xBits | 0x7fc00000u); }
  var rest = bitcast<f32>(xBits);
  if (xBits >= yBits) {
    let xExponent = max(xBits >> 23u, 1u);
    let yExponent = max(yBits >> 23u, 1u);
    let divisor = (yBits & 0x007fffffu) | select(0u, 0x00800000u, yBits >= 0x00800000u);
    var m = ((xBits & 0x007fffffu) | select(0u, 0x00800000u, xBits >= 0x00800000u)) % divisor;
    var left = xExponent - yExponent;
    while (left > 0u) {
      let step = min(left, 8u);
      m = (m << step) % divisor;
      left -= step;
    }
    let shift = select(min(countLeadingZeros(m) - 8u, yExponent - 1u), 0u, m == 0u);
    let digits = m << shift;
    let exponent = select(0u, (yExponent - shift) << 23u, digits >= 0x00800000u);
    rest = bitcast<f32>((digits & 0x007fffffu) | exponent);
  }
  let isOther = ((bitcast<u32>(x) ^ bitcast<u32>(y)) & 0x80000000u) != 0u;
  let signed = withSign_(rest, x);
  return select(signed, signed + y, isOther && bitcast<u32>(rest) != 0u);
}`;

/** The same of integers; 0 for y = 0. */
const integerModulo = `fn integerModulo_(x: i32, y: i32) -> i32 {
  let rest = select(x % select(y, 1, y == 0 || y == -1), 0, y == 0 || y == -1);
  return select(rest, rest + y, rest != 0 && (rest < 0) != (y < 0));
}`;

export const smoothFunctions = {
  log1p_: log1p,
  expm1_: expm1,
  withSign_: withSign,
  sine_: sine,
  quarterTurns_: quarterTurns,
  angle_: angle,
  softplus_: softplus,
  mishGate_: mishGate,
  mishSlope_: mishSlope,
  huber_: huber,
  binaryCrossEntropy_: binaryCrossEntropy,
  modulo_: modulo,
  integerModulo_: integerModulo,
} as const;
