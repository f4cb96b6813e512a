// Datasets made of others, and a sampler by weights.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { ConcatDataset, randomSplit, Subset, weightedRandomSampler } = nn.data;

/** Sample i is `first + i`. */
const numbers = (size: number, first = 0): nn.data.Dataset<{ n: number }> => ({ size, get: (i) => ({ n: first + i }) });
const all = (dataset: nn.data.Dataset<{ n: number }>): number[] =>
  Array.from({ length: dataset.size }, (_, i) => (dataset.get(i) as { n: number }).n);

test('Subset has the samples that it is given', () => {
  expect(all(new Subset(numbers(5), [4, 0, 4]))).toEqual([4, 0, 4]);
  expect(all(new Subset(numbers(5), []))).toEqual([]);
  expect(() => new Subset(numbers(5), [5])).toThrow('Subset: index 0 is 5; the dataset has 0..4');
  expect(() => new Subset(numbers(5), [1.5])).toThrow('Subset: index 0 is 1.5');
  expect(() => new Subset(3 as never, [])).toThrow('Subset: dataset must be an object { size, get(index) }, got 3');
});

test('ConcatDataset has one after another', () => {
  const joined = new ConcatDataset([numbers(2), numbers(0), numbers(3, 10)]);
  expect([joined.size, all(joined)]).toEqual([5, [0, 1, 10, 11, 12]]);
  expect(() => joined.get(5)).toThrow('ConcatDataset: index is 5; use 0..4');
  expect(() => new ConcatDataset([])).toThrow('ConcatDataset: there are no datasets');
});

describe('randomSplit', () => {
  test('gives each sample to one part, at random, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }), fc.nat(1000), (lengths, seed) => {
        const size = lengths.reduce((a, b) => a + b);
        fc.pre(size !== 1);
        const split = (): number[][] =>
          randomSplit(numbers(size), lengths, { generator: new Generator(seed) }).map(all);
        const parts = split();
        expect(parts.map((part) => part.length)).toEqual(lengths);
        expect(parts.flat().sort((a, b) => a - b)).toEqual(all(numbers(size)));
        expect(split()).toEqual(parts);
      }),
    );
    const one = (seed: number): number[] => all(randomSplit(numbers(50), [50], { generator: new Generator(seed) })[0]!);
    expect(one(1)).not.toEqual(one(2));
  });

  test('takes shares, and gives what they leave to the first', () => {
    const sizes = (size: number, shares: number[]): number[] =>
      randomSplit(numbers(size), shares).map((part) => part.size);
    expect(sizes(10, [0.5, 0.5])).toEqual([5, 5]);
    expect(sizes(10, [1 / 3, 1 / 3, 1 / 3])).toEqual([4, 3, 3]); // PyTorch: the same
    expect(sizes(7, [0.5, 0.3, 0.2])).toEqual([4, 2, 1]);
    expect(sizes(3, [1])).toEqual([3]);
  });

  test.each([[[3, 3]], [[-1, 11]], [[2.5, 7.5]], [[0.5, 0.4]], [[]]])('refuses %o of 10', (lengths) => {
    expect(() => randomSplit(numbers(10), lengths)).toThrow(
      'they must be integers that sum to 10, or shares that sum to 1',
    );
  });
});

describe('weightedRandomSampler', () => {
  test('draws in proportion to the weights', () => {
    const weights = [1, 0, 3, 4];
    const order = weightedRandomSampler(weights, 8000).order(0);
    const counts = weights.map((_, i) => Array.from(order).filter((index) => index === i).length);
    expect(counts[1]).toBe(0);
    weights.forEach((weight, i) => expect(counts[i]! / 8000).toBeCloseTo(weight / 8, 1));
  });

  test('without replacement draws each at most once, the heavy ones sooner', () => {
    const sampler = weightedRandomSampler([1, 0, 20, 1], 3, { replacement: false });
    const firsts = Array.from({ length: 400 }, (_, epoch) => {
      const order = Array.from(sampler.order(epoch));
      expect(order.toSorted((a, b) => a - b)).toEqual([0, 2, 3]);
      return order[0];
    });
    expect(firsts.filter((index) => index === 2).length / 400).toBeCloseTo(20 / 22, 1);
  });

  test('depends on seed and epoch alone, and feeds a loader', async () => {
    const sampler = (seed: number): nn.data.Sampler =>
      weightedRandomSampler(new Float32Array(20).fill(1), 20, { seed });
    expect(sampler(1).order(3)).toEqual(sampler(1).order(3));
    expect(sampler(1).order(3)).not.toEqual(sampler(1).order(4));
    expect(sampler(1).order(3)).not.toEqual(sampler(2).order(3));
    const seen: number[] = [];
    const loader = new nn.data.DataLoader(numbers(3), { batchSize: 4, sampler: weightedRandomSampler([0, 0, 1], 5) });
    for await (const { n } of loader) seen.push(...(await n.data()));
    expect(seen).toEqual([2, 2, 2, 2, 2]);
  });

  test.each<[string, () => unknown, string]>([
    [
      'a negative weight',
      () => weightedRandomSampler([1, -1], 3),
      'weightedRandomSampler: weight 1 is -1; use finite numbers >= 0',
    ],
    ['NaN', () => weightedRandomSampler([NaN], 3), 'weight 0 is NaN'],
    ['no weight above 0', () => weightedRandomSampler([0, 0], 3), '0 of 2 weights are above 0; it needs at least one'],
    [
      'too few for each once',
      () => weightedRandomSampler([1, 0, 1], 3, { replacement: false }),
      '2 of 3 weights are above 0; it needs 3 without replacement',
    ],
    ['no samples', () => weightedRandomSampler([1], 0), 'numSamples is 0; it must be an integer >= 1'],
  ])('refuses %s', (_, run, message) => expect(run).toThrow(message));
});
