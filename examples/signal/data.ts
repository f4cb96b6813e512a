import { Generator } from 'vicinal';
import type * as nn from 'vicinal/nn';

/**
 * The Mackey–Glass series, a chaotic signal with a memory: x′ = 0.2 x(t − 17) / (1 + x(t − 17)¹⁰) − 0.1 x, one value for each
 * unit of time, scaled to about ±1. The seed draws where it begins.
 *
 * @source Mackey and Glass, "Oscillation and chaos in physiological control systems", Science 197 (1977)
 */
export function mackeyGlass(length: number, seed: number): Float32Array {
  const [delay, perUnit, settling] = [17, 10, 500];
  const history = Array.from(new Generator(seed).uniform(delay * perUnit + 1), (u) => 1.1 + 0.2 * u);
  const values = new Float32Array(length);
  for (let t = -settling; t < length; t++) {
    for (let i = 0; i < perUnit; i++) {
      const [x, past] = [history.at(-1)!, history.shift()!];
      history.push(x + ((0.2 * past) / (1 + past ** 10) - 0.1 * x) / perUnit);
    }
    if (t >= 0) values[t] = 3 * (history.at(-1)! - 0.9);
  }
  return values;
}

/** Windows of a signal: `past` [context, 1], and after each of its values the `horizon` that follow it: `future` [context, horizon]. */
export function windows(
  signal: Float32Array,
  { context, horizon, hop }: { context: number; horizon: number; hop: number },
): nn.data.Dataset<Record<'past' | 'future', nn.data.HostArray>> {
  return {
    size: Math.floor((signal.length - context - horizon) / hop) + 1,
    get(index) {
      const first = index * hop;
      const future = new Float32Array(context * horizon);
      for (let i = 0; i < context; i++)
        future.set(signal.subarray(first + i + 1, first + i + 1 + horizon), i * horizon);
      return {
        past: { shape: [context, 1], data: signal.subarray(first, first + context) },
        future: { shape: [context, horizon], data: future },
      };
    },
  };
}
