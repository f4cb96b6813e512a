// Normal numbers within bounds: the inverse of the distribution's integral at uniform numbers.

import type { Generator } from '../../tensor/philox.ts';
import { ArgumentError } from '../../tensor/errors.ts';

export interface NormalBounds {
  mean?: number;
  std?: number;
  /** Lowest value, not scaled by `std`. Default -2. */
  low?: number;
  /** Highest value. Default 2. */
  high?: number;
}

/** `count` normal numbers within [low, high], PyTorch's method; one uniform float32 is drawn for each. */
export function drawTruncNormal(op: string, generator: Generator, count: number, bounds: NormalBounds): Float64Array {
  const { mean = 0, std = 1, low = -2, high = 2 } = bounds;
  checkStd(op, std);
  if (!(low <= high)) throw new ArgumentError(`low ${low} is above high ${high}`, { op, low, high });
  const from = 2 * normalIntegral((low - mean) / std) - 1;
  const to = 2 * normalIntegral((high - mean) / std) - 1;
  const values = new Float64Array(count);
  const drawn = generator.uniform(count);
  for (let i = 0; i < count; i++) {
    const z = Math.SQRT2 * inverseErf(from + (drawn[i]! + 2 ** -25) * (to - from)); // the middle of the step: never an end
    values[i] = Math.min(Math.max(mean + std * z, low), high);
  }
  return values;
}

export function checkStd(op: string, std: number): void {
  if (!(std >= 0)) throw new ArgumentError(`std is ${std}; it must be >= 0`, { op, std });
}

/** Φ(x) = ½ + φ(x) · (x + x³/3 + x⁵/(3·5) + ...). @source Marsaglia, "Evaluating the normal distribution", 2004 */
function normalIntegral(x: number): number {
  if (Math.abs(x) > 8) return x < 0 ? 0 : 1;
  let sum = x;
  let before = NaN;
  for (let i = 3, term = x; sum !== before; i += 2) {
    before = sum;
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Highest power first, in w - 2.5 where w < 5, in √w - 3 beyond. */
const center = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

/** erf⁻¹(x), right to 7 digits. @source Giles, "Approximating the erfinv function", GPU Computing Gems 2, 2012 */
function inverseErf(x: number): number {
  const w = -Math.log((1 - x) * (1 + x));
  const t = w < 5 ? w - 2.5 : Math.sqrt(w) - 3;
  let sum = 0;
  for (const coefficient of w < 5 ? center : tail) sum = sum * t + coefficient;
  return x * sum;
}
