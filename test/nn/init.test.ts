import { describe, expect, test } from 'vitest';
import { defaultGenerator, Generator, manualSeed } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { init, Parameter } = nn;

function moments(tensor: nn.Parameter): { mean: number; std: number; low: number; high: number } {
  const values = Float64Array.from(tensor.dataNow()!);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, std, low: Math.min(...values), high: Math.max(...values) };
}

describe('distributions', () => {
  const weight = new Parameter([200, 50, 3, 3]); // fanIn 450, fanOut 1800

  test('uniform and normal', () => {
    const { mean, low, high } = moments(init.uniform(weight, { low: -3, high: 1 }));
    expect([mean, low, high].map((value) => Math.round(value * 10) / 10)).toEqual([-1, -3, 1]);
    const normal = moments(init.normal(weight, { mean: 5, std: 2 }));
    expect([normal.mean, normal.std].map((value) => Math.round(value * 10) / 10)).toEqual([5, 2]);
  });

  test('a truncated normal stays in its bounds and has the right spread', () => {
    const { mean, std, low, high } = moments(init.truncNormal(weight));
    expect([low >= -2, high <= 2]).toEqual([true, true]);
    expect(mean).toBeCloseTo(0, 1);
    expect(std).toBeCloseTo(0.8796, 2); // sqrt(1 - 4 φ(2) / (2 Φ(2) - 1))
    expect(moments(init.truncNormal(weight, { std: 0.02 })).std).toBeCloseTo(0.02, 3);
    expect(moments(init.truncNormal(weight, { low: 1, high: 1 })).low).toBe(1);
  });

  test('kaiming and xavier follow the fans', () => {
    expect(moments(init.kaimingUniform(weight, { a: Math.sqrt(5) })).high).toBeCloseTo(1 / Math.sqrt(450), 3);
    expect(moments(init.kaimingNormal(weight, { nonlinearity: 'relu' })).std).toBeCloseTo(Math.sqrt(2 / 450), 3);
    expect(moments(init.kaimingNormal(weight, { mode: 'fanOut' })).std).toBeCloseTo(Math.sqrt(2 / 1800), 3);
    expect(moments(init.xavierUniform(weight)).high).toBeCloseTo(Math.sqrt(6 / 2250), 3);
    expect(moments(init.xavierNormal(weight, { gain: 2 })).std).toBeCloseTo(2 * Math.sqrt(2 / 2250), 3);
  });

  test('constants', async () => {
    const small = new Parameter([2]);
    expect(await init.ones(small).array()).toEqual([1, 1]);
    expect(await init.zeros(small).array()).toEqual([0, 0]);
    expect(await init.constant(small, -2.5).array()).toEqual([-2.5, -2.5]);
  });
});

test('the same seed gives the same values, from the default generator or one of your own, on every device', () => {
  manualSeed(3);
  const a = new nn.Linear(5, 4);
  manualSeed(3);
  const b = new nn.Linear(5, 4);
  expect(a.weight.dataNow()).toEqual(b.weight.dataNow());
  const exact = init.normal(new Parameter([4], { device: 'reference' }), { generator: new Generator(9) });
  const single = init.normal(new Parameter([4]), { generator: new Generator(9) });
  expect(Float32Array.from(exact.dataNow()!)).toEqual(single.dataNow());
});

test('refuses what has no fans, a negative spread and unknown nonlinearities', () => {
  const bias = new Parameter([3]);
  expect(() => init.kaimingUniform(bias)).toThrow('init.kaimingUniform: fans need a weight of shape [out, in, ...]');
  expect(() => init.normal(bias, { std: -1 })).toThrow('std is -1; it must be >= 0');
  expect(() => init.truncNormal(bias, { low: 2, high: 1 })).toThrow('low 2 is above high 1');
  expect(() => init.gainOf('swish' as 'relu')).toThrow("'swish' is no nonlinearity known here");
});

test('skipInit draws nothing, leaves ones, and ends with its body', () => {
  manualSeed(5);
  const before = defaultGenerator.state();
  const [linear, norm] = nn.init.skipInit(() => [new nn.Linear(4, 3), new nn.LayerNorm(3)] as const);
  expect(defaultGenerator.state()).toEqual(before);
  expect([linear.weight, linear.bias!].every((x) => x.dataNow()!.every((value) => value === 0))).toBe(true);
  expect(Array.from(norm.weight!.dataNow()!)).toEqual([1, 1, 1]);
  expect(() => nn.init.skipInit(() => nn.init.truncNormal(new nn.Parameter([2]), { std: -1 }))).toThrow('std is -1');
  const drawn = new nn.Linear(4, 3);
  expect(drawn.weight.dataNow()!.some((value) => value !== 0)).toBe(true);
  for (const made of [linear, norm, drawn]) made.dispose();
});
