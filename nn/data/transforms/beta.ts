import type { Generator } from '../../../index.ts';

/**
 * A number drawn from Beta(alpha, alpha): G / (G + H) of two from Gamma(alpha). By their logarithms, as for a small alpha both
 * are less than the smallest double.
 */
export function beta(generator: Generator, alpha: number): number {
  const [a, b] = [logGamma(generator, alpha), logGamma(generator, alpha)];
  return 1 / (1 + Math.exp(b - a));
}

/**
 * The logarithm of a number drawn from Gamma(alpha).
 *
 * @source Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; for alpha < 1, section 6
 */
function logGamma(generator: Generator, alpha: number): number {
  const uniform = (): number => 1 - generator.uniform(1, 'float64')[0]!; // never 0
  if (alpha < 1) return logGamma(generator, alpha + 1) + Math.log(uniform()) / alpha;
  const d = alpha - 1 / 3;
  for (;;) {
    const x = generator.normal(1, 'float64')[0]!;
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(uniform()) < (x * x) / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}
