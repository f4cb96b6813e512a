// The functions that WGSL programs share, held to float64.

import { expect, test } from 'vitest';
import type { FunctionName } from '../../kernels/elementwise/functions.webgpu.ts';
import { device, tensor, zeros } from '../../index.ts';
import { launchElementwise } from '../../kernels/elementwise/elementwise.webgpu.ts';
import { distance, spread } from '../ulp.ts';

await device('webgpu');

/** What a function gives on the GPU. */
function valuesOf(name: FunctionName, ...inputs: Float32Array[]): Promise<Float32Array> {
  return valuesOfCall(`${name}(${['x', 'y'].slice(0, inputs.length).join(', ')})`, ...inputs);
}

async function valuesOfCall(value: string, ...inputs: Float32Array[]): Promise<Float32Array> {
  const xs = inputs.map((data) => tensor(data, { device: 'webgpu' }));
  const out = zeros([inputs[0]!.length], { device: 'webgpu' });
  launchElementwise({ name: value, value }, xs, out);
  const values = (await out.data()) as Float32Array;
  for (const x of [...xs, out]) x.dispose();
  return values;
}

/** Φ by its series, or the continued fraction of its tail. */
function normalBelow(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let k = 80; k > 0; k--) fraction = k / (Math.abs(x) + fraction);
    const tail = density / (Math.abs(x) + fraction);
    return x > 0 ? 1 - tail : tail;
  }
  let sum = x;
  for (let n = 1, term = x; n < 80; n++) sum += term *= (x * x) / (2 * n + 1);
  return 0.5 + sum * density;
}

function erf(x: number): number {
  if (Math.abs(x) > 0.5) return 2 * normalBelow(x * Math.SQRT2) - 1;
  let sum = 0;
  for (let n = 0, term = x; n < 30; n++, term *= (-x * x) / n) sum += term / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

const cases: [FunctionName, number, (x: number) => number, Float32Array][] = [
  ['exp_', 2, Math.exp, spread(-110, 90)],
  ['log_', 2, Math.log, Float32Array.from([...spread(0, 4), ...spread(0, 3e38), 1e-40, 3e-45])],
  ['tanh_', 2, Math.tanh, spread(-12, 12)],
  ['sigmoid_', 2.5, logistic, spread(-100, 100)],
  ['erf_', 2, erf, spread(-5, 5)],
  ['log1p_', 3, Math.log1p, Float32Array.from([...spread(-0.9999, 1), ...spread(0, 3e38)])],
  ['expm1_', 2, Math.expm1, Float32Array.from([...spread(-1, 1), ...spread(-30, 88.7)])],
];

/** Far beyond Cody and Waite's range. */
const huge = Float32Array.from({ length: 4000 }, (_, i) => (i % 2 ? -1 : 1) * 2 ** (13 + i / 36));
const waves: [string, number, (x: number) => number, Float32Array][] = [
  ['sine_(x, 0)', 2, Math.sin, Float32Array.from([...spread(-10, 10), ...spread(-12867, 12867)])],
  ['sine_(x, 1)', 2, Math.cos, Float32Array.from([...spread(-10, 10), ...spread(-12867, 12867)])],
  ['sine_(x, 0)', 2.5, Math.sin, huge],
  ['sine_(x, 1)', 2.5, Math.cos, huge],
];

test.each([...cases.map(([name, ...rest]) => [`${name}(x)`, ...rest] as const), ...waves])(
  '%s is within %f ulp of the true value',
  async (call, most, reference, inputs) => {
    const got = await valuesOfCall(call, inputs);
    let [worst, at] = [0, 0];
    got.forEach((value, i) => {
      const error = distance(value, reference(inputs[i]!));
      if (error > worst) [worst, at] = [error, inputs[i]!];
    });
    expect(worst, `${call}, x = ${at}`).toBeLessThan(most);
  },
);

test('normalBelow_ is within 2e-7, and its tail within 1e-5 of itself', async () => {
  const inputs = spread(-6, 6);
  const got = await valuesOf('normalBelow_', inputs);
  got.forEach((value, i) => {
    const want = normalBelow(inputs[i]!);
    if (Math.abs(inputs[i]!) > 5.65) expect(Math.abs(value - want)).toBeLessThan(1e-8);
    else if (Math.abs(value - want) > Math.min(2e-7, 1e-5 * want)) expect(value, `Φ(${inputs[i]})`).toBe(want);
  });
});

test('pow_ is within 2 ulp over all of its range', async () => {
  const n = 60_000;
  let state = 1;
  const draw = (): number => (state = Math.imul(state, 48271) >>> 1) / 2 ** 31;
  const x = Float32Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0.5 + draw() : 2 ** (280 * draw() - 149)));
  const y = Float32Array.from(x, (base, i) => (i % 2 === 0 ? 8 * draw() - 4 : (260 * draw() - 130) / Math.log2(base)));
  const got = await valuesOf('pow_', x, y);
  let [worst, at] = [0, 0];
  got.forEach((value, i) => {
    const error = distance(value, x[i]! ** y[i]!);
    if (error > worst) [worst, at] = [error, i];
  });
  expect(worst, `${x[at]} ** ${y[at]}: ${got[at]}`).toBeLessThan(2);
});

test('zeros, infinities, NaN and whole powers', async () => {
  const odd = [0, -0, 1, -1, Infinity, -Infinity, NaN];
  const all = Float32Array.from(odd);
  const unary: [FunctionName, (x: number) => number][] = [
    ['exp_', Math.exp],
    ['log_', Math.log],
    ['tanh_', Math.tanh],
    ['sigmoid_', logistic],
    ['erf_', (x) => (Number.isFinite(x) && x !== 0 ? erf(x) : x && Math.sign(x))],
    ['log1p_', Math.log1p],
    ['expm1_', Math.expm1],
    ['normalBelow_', (x) => (Math.abs(x) === Infinity ? Number(x > 0) : normalBelow(x))],
  ];
  for (const [name, reference] of unary) {
    const got = await valuesOf(name, all);
    odd.forEach((x, i) => expect(distance(got[i]!, reference(x)), `${name}(${x}): ${got[i]}`).toBeLessThan(2));
    expect(
      Array.from(got, (y) => Object.is(y, -0)),
      name,
    ).toEqual(odd.map((x) => Object.is(reference(x), -0)));
  }
  const bases = [...odd, 0.5, 2, -2, 3, -3, 1e-40, 1e38, 10];
  const powers = [...odd, 2, 3, -3, 0.5, -0.5, 16777217, 1e30, -1e30, 20, -20];
  const x = bases.flatMap((base) => powers.map(() => base));
  const y = bases.flatMap(() => powers);
  const got = await valuesOf('pow_', Float32Array.from(x), Float32Array.from(y));
  x.forEach((base, i) => {
    const [a, b] = [Math.fround(base), Math.fround(y[i]!)];
    // As C has it, 1 to any power is 1, and −1 to an infinite one.
    const want = a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
    expect(distance(got[i]!, want), `${a} ** ${b}: ${got[i]}, want ${want}`).toBeLessThan(Math.abs(want) > 1e7 ? 2 : 1);
  });
  const [xs, ys] = [Float32Array.of(1, 2, NaN, 1, -0, NaN), Float32Array.of(2, 1, 1, NaN, 0, NaN)];
  expect([...(await valuesOf('maximum_', xs, ys))]).toEqual([2, 2, NaN, NaN, 0, NaN]);
  expect([...(await valuesOf('minimum_', xs, ys))].map((v) => v + 0)).toEqual([1, 1, NaN, NaN, 0, NaN]);
});
