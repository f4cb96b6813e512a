/** φ(x), the density of the standard normal distribution. */
export const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Φ(x), its distribution function: by its series, or the continued fraction of its tail where the series cancels. */
export function normalBelow(x: number): number {
  if (Math.abs(x) > 4) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / (Math.abs(x) + fraction);
    const tail = normalDensity(x) / (Math.abs(x) + fraction);
    return x > 0 ? 1 - tail : tail;
  }
  let sum = x;
  for (let n = 1, term = x; n < 80; n++) sum += term *= (x * x) / (2 * n + 1);
  return 0.5 + sum * normalDensity(x);
}
