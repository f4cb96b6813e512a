/** Forecasts each of the next `horizon` values as a linear function of the last `order` ones, by least squares over a signal. */
export class LinearForecast {
  readonly #order: number;
  readonly #weights: number[][];

  constructor(signal: Float32Array, { order, horizon }: { order: number; horizon: number }) {
    this.#order = order;
    const size = order + 1; // the last one is the constant
    const gram = Array.from({ length: size }, () => new Array<number>(size + horizon).fill(0));
    for (let t = order; t + horizon <= signal.length; t++) {
      const row = [...signal.subarray(t - order, t), 1];
      const both = [...row, ...signal.subarray(t, t + horizon)];
      row.forEach((a, i) => both.forEach((b, k) => (gram[i]![k]! += a * b)));
    }
    for (let i = 0; i < order; i++) gram[i]![i]! += 1e-3; // neighbouring values are nearly equal
    this.#weights = solve(gram);
  }

  forecast(past: ArrayLike<number>): number[] {
    const row = [...Array.from(past).slice(-this.#order), 1];
    return this.#weights[0]!.map((_, k) => row.reduce((sum, value, i) => sum + value * this.#weights[i]![k]!, 0));
  }
}

/** X of A X = B by elimination; `both` is [A | B], A symmetric and positive. */
function solve(both: readonly number[][]): number[][] {
  for (const [i, pivot] of both.entries()) {
    for (const [k, row] of both.entries()) {
      if (k === i) continue;
      const factor = row[i]! / pivot[i]!;
      for (let j = i; j < row.length; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  return both.map((row, i) => row.slice(both.length).map((value) => value / row[i]!));
}
