import type { Sampler } from './sampler.ts';
import { ArgumentError, Generator } from '../../index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkSize } from '../check.ts';

export interface WeightedRandomSamplerOptions {
  /** Whether a sample may come more than once in an epoch. Default true. */
  replacement?: boolean;
  /** With the epoch's number it fixes what is drawn. Default 0. */
  seed?: number;
}

/**
 * An epoch of `numSamples` samples drawn in proportion to their weights, for a loader's `sampler`: so rare classes may come as
 * often as the others.
 *
 * @throws ArgumentError unless the weights are finite numbers >= 0, as many of them above 0 as are drawn without replacement
 * @source PyTorch: `torch.utils.data.WeightedRandomSampler`; without replacement: Efraimidis and Spirakis, "Weighted random sampling with
 *   a reservoir", 2006
 * @example
 * nn.data.weightedRandomSampler([0, 1, 0], 4).order(0); // [1, 1, 1, 1]
 */
export function weightedRandomSampler(
  weights: ArrayLike<number>,
  numSamples: number,
  options: WeightedRandomSamplerOptions = {},
): Sampler {
  const op = 'weightedRandomSampler';
  const { replacement = true, seed = 0 } = checkOptions(op, options, ['replacement', 'seed']);
  checkSize(op, 'numSamples', numSamples);
  const list = Float64Array.from(weights);
  const wrong = list.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong >= 0) throw new ArgumentError(`weight ${wrong} is ${list[wrong]}; use finite numbers >= 0`, { op, wrong });
  const positive = list.filter((weight) => weight > 0).length;
  if (positive < (replacement ? 1 : numSamples)) {
    const need = replacement ? 'at least one' : `${numSamples} without replacement`;
    throw new ArgumentError(`${positive} of ${list.length} weights are above 0; it needs ${need}`, { op, numSamples });
  }
  const draw = replacement ? drawAgain : drawOnce;
  return { size: numSamples, order: (epoch) => draw(generatorOf(seed, epoch), list, numSamples) };
}

/** Of the epoch: its seed is drawn after as many others as there were epochs. */
function generatorOf(seed: number, epoch: number): Generator {
  const seeds = new Generator();
  seeds.setState({ seed, counter: epoch });
  return new Generator(seeds.seed());
}

function drawAgain(generator: Generator, weights: Float64Array, count: number): Int32Array {
  let total = 0;
  const ends = weights.map((weight) => (total += weight));
  return Int32Array.from(generator.uniform(count, 'float64'), (u) => firstAbove(ends, u * total));
}

/** The first place whose end lies above x: places of weight 0 have none of their own. */
function firstAbove(ends: Float64Array, x: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Those of the largest u^(1 / weight). */
function drawOnce(generator: Generator, weights: Float64Array, count: number): Int32Array {
  const keys = generator.uniform(weights.length, 'float64').map((u, i) => Math.log(1 - u) / weights[i]!);
  return Int32Array.from(
    [...keys.keys()]
      .filter((i) => weights[i]! > 0)
      .sort((a, b) => keys[b]! - keys[a]!)
      .slice(0, count),
  );
}
