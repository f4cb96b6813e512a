// Fresh parameters are distributed as PyTorch's: every twentieth of the sorted values, and the ends where there are any.

import { expect, test } from 'vitest';
import { manualSeed, type Tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { described, readFixture } from './fixture.ts';

interface Statistics {
  readonly count: number;
  readonly std: number;
  /** The smallest value, every twentieth, the largest. */
  readonly twentieths: readonly number[];
}
const statistics = described(readFixture('distributions'), 'statistics') as Record<string, Statistics>;

const { init, Parameter } = nn;
const matrix = (): nn.Parameter => new Parameter([300, 400]);
const kernel = (): nn.Parameter => new Parameter([64, 32, 5, 5]);

const layers: Record<string, () => nn.Module> = {
  Linear: () => new nn.Linear(400, 300),
  Conv2d: () => new nn.Conv2d(32, 64, 5),
  'Conv2d grouped': () => new nn.Conv2d(32, 64, 5, { groups: 4 }),
  Embedding: () => new nn.Embedding(500, 80),
  LayerNorm: () => new nn.LayerNorm(50),
  BatchNorm2d: () => new nn.BatchNorm2d(50),
};
const draws: Record<string, () => Tensor> = {
  truncNormal: () => init.truncNormal(matrix()),
  'truncNormal 0.02': () => init.truncNormal(matrix(), { std: 0.02 }),
  'truncNormal near': () => init.truncNormal(matrix(), { mean: 1, std: 1, low: 0, high: 1.5 }),
  xavierUniform: () => init.xavierUniform(matrix()),
  xavierNormal: () => init.xavierNormal(kernel()),
  kaimingUniform: () => init.kaimingUniform(kernel()),
  kaimingNormal: () => init.kaimingNormal(matrix()),
  'kaimingNormal fanOut': () => init.kaimingNormal(kernel(), { mode: 'fanOut', nonlinearity: 'relu' }),
};

function expectDistribution(x: Tensor, { count, std, twentieths }: Statistics): void {
  expect(x.size).toBe(count);
  const sorted = Float64Array.from(x.dataNow()!).sort();
  // Two samples' quantiles differ by about 1.5 std / sqrt(count) (more in thin tails): six times that does not happen.
  const slack = (9 * std) / Math.sqrt(count);
  const isBounded = twentieths[20]! - twentieths[10]! < 2.5 * std;
  twentieths.forEach((want, i) => {
    if (!isBounded && (i === 0 || i === 20)) return;
    const place = (i / 20) * (count - 1);
    const got = sorted[Math.round(place)]!;
    expect(Math.abs(got - want), `quantile ${i / 20}: ${got}, PyTorch ${want}`).toBeLessThanOrEqual(slack);
  });
}

test.each(Object.keys(layers))('a fresh %s', (name) => {
  manualSeed(1);
  using module = layers[name]!();
  for (const [path, parameter] of module.namedParameters())
    expectDistribution(parameter, statistics[`${name}.${path}`]!);
});

test.each(Object.keys(draws))('init.%s', (name) => {
  manualSeed(2);
  using x = draws[name]!();
  expectDistribution(x, statistics[name]!);
});

test("all of PyTorch's are compared", () => {
  const names = [...Object.keys(draws), ...Object.keys(layers)];
  const isCompared = (key: string): boolean => names.some((name) => key === name || key.startsWith(`${name}.`));
  expect(Object.keys(statistics).filter((key) => !isCompared(key))).toEqual([]);
});
