// Elementwise functions held to float64 over their ranges, on the CPU: errors in units of the last place.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import {
  atan2,
  clamp,
  cos,
  erf,
  expm1,
  grad,
  isFinite,
  isNaN,
  leakyRelu,
  log1p,
  mod,
  sin,
  tensor,
} from '../../index.ts';
import { ceil, elu, floor, hardswish, mish, round, softplus, trunc } from '../../index.ts';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from '../../index.ts';
import { devices } from '../devices.ts';
import { distance, spread } from '../ulp.ts';

const values = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

const cases: [string, number, (x: Tensor) => Tensor, (x: number) => number, Float32Array][] = [
  ['log1p', 2.5, log1p, Math.log1p, spread(-0.9999, 1)],
  ['log1p of large', 2.5, log1p, Math.log1p, spread(0, 3e38)],
  ['expm1', 2, expm1, Math.expm1, spread(-1, 1)],
  ['expm1 of large', 2, expm1, Math.expm1, spread(-30, 88.7)],
  ['sin', 2, sin, Math.sin, spread(-10, 10)],
  ['sin of large', 2, sin, Math.sin, spread(-12867, 12867)],
  [
    'sin of huge',
    2,
    sin,
    Math.sin,
    Float32Array.from({ length: 4000 }, (_, i) => (i % 2 ? -1 : 1) * 2 ** (13 + i / 36)),
  ],
  ['cos', 2, cos, Math.cos, spread(-10, 10)],
  ['cos of large', 2, cos, Math.cos, spread(-12867, 12867)],
  [
    'cos of huge',
    2,
    cos,
    Math.cos,
    Float32Array.from({ length: 4000 }, (_, i) => (i % 2 ? -1 : 1) * 2 ** (13 + i / 36)),
  ],
  ['softplus', 3.5, softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), spread(-80, 40)],
  ['elu', 2, elu, (x) => (x > 0 ? x : Math.expm1(x)), spread(-20, 5)],
];

test.each(cases)('%s is within %f ulp of the true value', async (name, most, f, reference, inputs) => {
  const got = await values(f(tensor(inputs)));
  let [worst, at] = [0, 0];
  got.forEach((value, i) => {
    const error = distance(value, reference(inputs[i]!));
    if (error > worst) [worst, at] = [error, inputs[i]!];
  });
  expect(worst, `${name}(${at})`).toBeLessThan(most);
});

test('atan2 is within 3.5 ulp in all quadrants, and as C at zeros and infinities', async () => {
  const n = 20_000;
  const y = Float32Array.from({ length: n }, (_, i) => Math.sin(i) * 10 ** ((i % 41) - 20));
  const x = Float32Array.from({ length: n }, (_, i) => Math.cos(i) * 10 ** ((i % 37) - 18));
  const got = await values(atan2(tensor(y), tensor(x)));
  expect(Math.max(...got.map((v, i) => distance(v, Math.atan2(y[i]!, x[i]!))))).toBeLessThan(3.5);
  const odd = [0, -0, 1, -1, Infinity, -Infinity, NaN];
  const ys = odd.flatMap((a) => odd.map(() => a));
  const xs = odd.flatMap(() => odd);
  for (const device of devices) {
    const all = await values(atan2(tensor(ys, { device }), tensor(xs, { device })));
    all.forEach((v, i) => expect(distance(v, Math.atan2(ys[i]!, xs[i]!)), `${ys[i]}, ${xs[i]}`).toBeLessThan(2));
  }
});

describe.each(devices)('on %s', (device) => {
  const of = (data: number[], dtype: 'float32' | 'int32' = 'float32'): Tensor => tensor(data, { device, dtype });

  test('rounding: of two whole numbers the even one; NaN, infinities and large numbers stay', async () => {
    const data = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 8388609, -Infinity, Infinity];
    const x = of(data);
    expect(await values(round(x).add(0))).toEqual([-2, -2, 0, 0, 2, 2, 0, 8388609, -Infinity, Infinity]);
    expect(await values(floor(x).add(0))).toEqual(data.map(Math.floor).map((v) => v + 0));
    expect(await values(ceil(x).add(0))).toEqual(data.map(Math.ceil).map((v) => v + 0));
    expect(await values(trunc(x).add(0))).toEqual(data.map(Math.trunc).map((v) => v + 0));
    expect(floor(of([3], 'int32')).dtype).toBe('int32');
  });

  test('clamp: bounds may be left out, NaN stays, the upper bound wins; whole bounds keep integers', async () => {
    const x = of([NaN, -Infinity, Infinity, 0, 2]);
    expect(await values(clamp(x, { max: 1 }))).toEqual([NaN, -Infinity, 1, 0, 1]);
    expect(await values(clamp(x, { min: -1 }))).toEqual([NaN, -1, Infinity, 0, 2]);
    expect(await values(clamp(x, { min: 3, max: 1 }))).toEqual([NaN, 1, 1, 1, 1]);
    const whole = of([-2147483648, 5, 2147483647], 'int32');
    expect(await values(clamp(whole, { min: 2 }))).toEqual([2, 5, 2147483647]);
    expect(clamp(whole, { min: 0.5 }).dtype).toBe(device === 'reference' ? 'float64' : 'float32');
    expect(() => clamp(x, {})).toThrow('needs min or max');
  });

  test('mod has the sign of the divisor, and no rounding whatever the quotient', async () => {
    const x = [-7, 7, 5.5, -5, 5, 1e30, -1e30, 1e-3, 3, Infinity, NaN, 2, -6, 1.7e38];
    const y = [3, -3, 3, Infinity, -Infinity, 3, 7, 1e-9, 0, 2, 2, NaN, 3, 1e-30];
    const want = x.map((a, i) => {
      const [p, q] = [Math.fround(a), Math.fround(y[i]!)];
      const rest = p % q;
      return Math.fround(rest !== 0 && rest < 0 !== q < 0 ? rest + q : rest) + 0;
    });
    const got = await values(mod(of(x), of(y)).add(0));
    if (device === 'reference') return;
    expect(got).toEqual(want);
    const whole = mod(of([-7, 7, -7, 7, 5, -2147483648], 'int32'), of([3, -3, -3, 3, 0, -1], 'int32'));
    expect(await values(whole)).toEqual([2, -2, -1, 1, 0, 0]);
  });

  test('logical ops take any dtype; NaN is not 0', async () => {
    const x = of([0, 1, NaN, -0]);
    const y = of([1, 0, 2, 0], 'int32');
    expect(await values(logicalAnd(x, y))).toEqual([0, 0, 1, 0]);
    expect(await values(logicalOr(x, y))).toEqual([1, 1, 1, 0]);
    expect(await values(logicalXor(x, y))).toEqual([1, 1, 0, 0]);
    expect(await values(logicalNot(x))).toEqual([1, 0, 0, 1]);
    expect(await values(logicalAnd(x, 3))).toEqual([0, 1, 1, 0]);
    expect(await values(isNaN(x))).toEqual([0, 0, 1, 0]);
    expect(await values(isFinite(of([0, Infinity, NaN, -Infinity])))).toEqual([1, 0, 0, 0]);
    expect(logicalOr(x, y).dtype).toBe('bool');
  });

  test('activations at their ends', async () => {
    const x = of([-200, -3, 0, 3, 200]);
    expect(await values(leakyRelu(x, { negativeSlope: 0.5 }))).toEqual([-100, -1.5, 0, 3, 200]);
    expect((await values(hardswish(x))).map((v) => v + 0)).toEqual([0, 0, 0, 3, 200]);
    expect((await values(elu(x)))[0]).toBe(-1);
    expect((await values(softplus(x)))[4]).toBe(200);
    expect(
      (await values(mish(x))).map((v, i) => (i === 0 ? Math.abs(v) < 1e-30 : v)).filter((_, i) => i % 4 === 0),
    ).toEqual([true, 200]);
  });

  test('gradients at corners are those of PyTorch', async () => {
    const gradientOf = async (f: (x: Tensor) => Tensor, data: number[]): Promise<number[]> => {
      const x = tensor(data, { device, requiresGrad: true });
      return values(grad(f(x).sum(), [x])[0]!);
    };
    expect(await gradientOf((x) => clamp(x, { min: -1, max: 1 }), [-2, -1, 0, 1, 2, NaN])).toEqual([0, 1, 1, 1, 0, 0]);
    expect(await gradientOf(round, [0.5, 1.2])).toEqual([0, 0]);
    expect(await gradientOf((x) => leakyRelu(x, { negativeSlope: 0.5 }), [-1, 0, 1])).toEqual([0.5, 0.5, 1]);
    expect(await gradientOf((x) => elu(x, { alpha: 2 }), [0, 1])).toEqual([2, 1]);
    expect(await gradientOf(hardswish, [-4, -3, 3, 4])).toEqual([0, -0.5, 1, 1]);
    expect(await gradientOf((x) => softplus(x, { threshold: 2 }), [3, 0])).toEqual([1, 0.5]);
  });
});

test('erf is within 2e-7, and within 2 ulp near 0', async () => {
  const x = [-1e-20, 1e-5, 0.1, 0.5, 0.9276, 0.9278, 2, 5, -Infinity];
  const want = [-1.12837916709551e-20, 1.1283791670579e-5, 0.1124629160182849, 0.5204998778130465];
  const got = await values(erf(tensor(x)));
  want.forEach((v, i) => expect(distance(got[i]!, v), `erf(${x[i]})`).toBeLessThan(2));
  expect(got[6]).toBeCloseTo(0.9953222650189527, 7);
  expect(got.slice(7)).toEqual([1, -1]);
});
