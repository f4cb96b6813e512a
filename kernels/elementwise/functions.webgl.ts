// GLSL of functions that the language has not, or only with few digits: drivers may give sin and atan eleven bits.

const texts = {
  /** Some driver's exp makes a number of what is none. */
  exp_: 'float exp_(float x) { return isnan(x) ? x : exp(x); }',
  /** −∞ at 0 and NaN below, which some driver's log is not. */
  log_: `float log_(float x) {
  if (x > 0.0) return isinf(x) ? x : log(x);
  return x == 0.0 ? uintBitsToFloat(0xff800000u) : uintBitsToFloat(0x7fc00000u);
}`,
  /** NaN if one is. */
  maximum_: 'float maximum_(float x, float y) { return isnan(x) || isnan(y) ? x + y : max(x, y); }',
  minimum_: 'float minimum_(float x, float y) { return isnan(x) || isnan(y) ? x + y : min(x, y); }',
  /** −1, 0 or 1; 0 for NaN. By the bits: to some drivers a subnormal is 0. */
  sign_: `float sign_(float x) {
  int bits = floatBitsToInt(x);
  if ((bits & 0x7fffffff) == 0 || isnan(x)) return 0.0;
  return bits < 0 ? -1.0 : 1.0;
}`,
  /** Of two, the even one. */
  round_: `float round_(float x) {
  float below = floor(x);
  float rest = x - below;
  if (rest == 0.5) return below - 2.0 * floor(below / 2.0) == 0.0 ? below : below + 1.0;
  return rest < 0.5 ? below : below + 1.0;
}`,
  /** x − y ⌊x / y⌋, with the sign of y. */
  modulo_: `float modulo_(float x, float y) {
  float rest = abs(x) - abs(y) * trunc(abs(x) / abs(y));
  if (rest >= abs(y)) rest -= abs(y);
  if (rest < 0.0) rest += abs(y);
  if (x < 0.0) rest = -rest;
  return rest != 0.0 && (rest < 0.0) != (y < 0.0) ? rest + y : rest;
}`,
  integerModulo_: 'float integerModulo_(float x, float y) { return y == 0.0 ? 0.0 : modulo_(x, y); }',
  /** Near 0 by its series. */
  expm1_: `float expm1_(float x) {
  if (abs(x) > 0.5) return exp(x) - 1.0;
  return x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
}`,
  /** Near 0 by ln(1 + x) = 2 artanh(s), s = x / (2 + x). */
  log1p_: `float log1p_(float x) {
  if (abs(x) > 0.5) return log_(1.0 + x);
  float s = x / (2.0 + x);
  float s2 = s * s;
  return 2.0 * s * (1.0 + s2 * (1.0 / 3.0 + s2 * (0.2 + s2 * (1.0 / 7.0 + s2 * (1.0 / 9.0 + s2 / 11.0)))));
}`,
  sigmoid_: 'float sigmoid_(float x) { return 1.0 / (1.0 + exp_(-x)); }',
  tanh_: `float tanh_(float x) {
  float t = expm1_(-2.0 * abs(x));
  return x < 0.0 ? t / (t + 2.0) : -t / (t + 2.0);
}`,
  /** The sine, or with shift 1 the cosine: x = n π/2 + r, π/2 in three parts. */
  sine_: `float sine_(float x, int shift) {
  float n = round_(x * 0.6366197723675814);
  float r = ((x - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.54978995489188e-8;
  float r2 = r * r;
  int quadrant = int(n - 4.0 * floor(n / 4.0)) + shift;
  float s = r * (1.0 + r2 * (-1.0 / 6.0 + r2 * (1.0 / 120.0 + r2 * (-1.0 / 5040.0 + r2 / 362880.0))));
  float c = 1.0 + r2 * (-0.5 + r2 * (1.0 / 24.0 + r2 * (-1.0 / 720.0 + r2 * (1.0 / 40320.0 - r2 / 3628800.0))));
  float value = quadrant % 2 == 0 ? s : c;
  return quadrant % 4 >= 2 ? -value : value;
}`,
  /** The angle of the point (x, y), the ordinate first. */
  angle_: `float angle_(float y, float x) {
  float larger = max(abs(x), abs(y));
  float t = larger == 0.0 ? 0.0 : min(abs(x), abs(y)) / larger;
  float lead = 0.0;
  if (t > 0.4142135623730951) {
    lead = 0.7853981633974483;
    t = (t - 1.0) / (t + 1.0);
  }
  float t2 = t * t;
  float angle = lead + t * (1.0 + t2 * (-1.0 / 3.0 + t2 * (0.2 + t2 * (-1.0 / 7.0 + t2 * (1.0 / 9.0 + t2 * (-1.0 / 11.0 + t2 / 13.0))))));
  if (abs(y) > abs(x)) angle = 1.5707963267948966 - angle;
  if (floatBitsToInt(x) < 0) angle = 3.141592653589793 - angle;
  return floatBitsToInt(y) < 0 ? -angle : angle;
}`,
  /**
   * erfc(x) for x >= 0.
   * @source Press and others, Numerical Recipes, 2nd edition, 6.2: erfcc, of relative error below 1.2e-7
   */
  erfc_: `float erfc_(float x) {
  float t = 1.0 / (1.0 + 0.5 * x);
  return t * exp(-x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 +
    t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
}`,
  /** Near 0 by its series. */
  erf_: `float erf_(float x) {
  if (abs(x) < 0.5) {
    float x2 = x * x;
    return 1.1283791670955126 * x * (1.0 + x2 * (-1.0 / 3.0 + x2 * (0.1 + x2 * (-1.0 / 42.0 + x2 * (1.0 / 216.0 - x2 / 1320.0)))));
  }
  return x > 0.0 ? 1.0 - erfc_(x) : erfc_(-x) - 1.0;
}`,
  /** Φ(x). */
  normalBelow_: `float normalBelow_(float x) {
  float u = abs(x) * 0.7071067811865476;
  return x < 0.0 ? 0.5 * erfc_(u) : 1.0 - 0.5 * erfc_(u);
}`,
  /** 1 where y = 0 or x = 1, and of −1 to ±∞; NaN for a negative number to the power of one with a fraction. */
  pow_: `float pow_(float x, float y) {
  if (y == 2.0) return x * x;
  if (y == 0.0 || x == 1.0 || (x == -1.0 && isinf(y))) return 1.0;
  if (isnan(x) || isnan(y)) return x + y;
  float size = exp2(y * log2(abs(x)));
  if (x == 0.0 || isinf(x)) size = (x == 0.0) == (y > 0.0) ? 0.0 : uintBitsToFloat(0x7f800000u);
  if (floatBitsToInt(x) >= 0) return size;
  if (x < 0.0 && !isinf(x) && y != trunc(y)) return uintBitsToFloat(0x7fc00000u);
  return y - 2.0 * floor(y / 2.0) == 1.0 ? -size : size;
}`,
  /** ln(1 + eˣ). */
  softplus_: 'float softplus_(float x) { return max(x, 0.0) + log1p_(exp_(-abs(x))); }',
  /** σ (1 + r (1 − σ)): the derivative of x σ(v) with r = x v′. */
  selfGatedSlope_: 'float selfGatedSlope_(float s, float r) { return s * (1.0 + r * (1.0 - s)); }',
  /** ½ x (1 + tanh u) = x σ(2u), u = √(2/π) (x + 0.044715 x³). */
  geluTanh_: `float geluTanh_(float x) { return x * sigmoid_(x * (1.5957691216057308 + x * x * 0.07135481282636289)); }`,
  geluTanhSlope_: `float geluTanhSlope_(float x) {
  float cubic = min(x * x, 1e30) * 0.07135481282636289;
  float s = sigmoid_(x * (cubic + 1.5957691216057308));
  return s + x * (s * (1.0 - s) * (3.0 * cubic + 1.5957691216057308));
}`,
  /** tanh(ln(1 + eˣ)). */
  mishGate_: 'float mishGate_(float x) { return tanh_(softplus_(x)); }',
  mishSlope_: `float mishSlope_(float x) {
  float t = mishGate_(x);
  if (t == 1.0) return 1.0;
  return t + x * (1.0 - t * t) * sigmoid_(x);
}`,
  huber_:
    'float huber_(float d, float delta) { return abs(d) <= delta ? 0.5 * d * d : delta * (abs(d) - 0.5 * delta); }',
  binaryCrossEntropy_: `float binaryCrossEntropy_(float p, float y) {
  return -(y * max(log_(p), -100.0) + (1.0 - y) * max(log1p_(-p), -100.0));
}`,
} as const;

type FunctionName = keyof typeof texts;

/** The functions that a text calls, and what they call, each before its use. */
export function functionsFor(text: string): string {
  const taken = new Set<FunctionName>();
  const take = (calls: string): void => {
    for (const [name] of calls.matchAll(/\b\w+_(?=\()/g)) {
      const own = texts[name as FunctionName] as string | undefined;
      if (own === undefined || taken.has(name as FunctionName)) continue;
      take(own.slice(own.indexOf('{')));
      taken.add(name as FunctionName);
    }
  };
  take(text);
  return [...taken].map((name) => texts[name]).join('\n');
}
