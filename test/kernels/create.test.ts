import { describe, expect, test } from 'vitest';
import {
  DeviceError,
  arange,
  device,
  eye,
  full,
  linspace,
  manualSeed,
  memory,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  scope,
  tensor,
  zeros,
  zerosLike,
} from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import type { CreateOptions, Tensor } from '../../index.ts';

const values = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

describe('filled', () => {
  test('zeros, ones and full take shape, dtype, device and requiresGrad', async () => {
    expect(await zeros([2, 2]).array()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(await ones([3], { dtype: 'int32' }).data()).toEqual(Int32Array.of(1, 1, 1));
    expect(await full([2], -2.5).data()).toEqual(Float32Array.of(-2.5, -2.5));
    expect(await full([], true).array()).toBe(true);
    expect(zeros([0, 3]).shape).toEqual([0, 3]);
    expect(zeros([2], { requiresGrad: true }).requiresGrad).toBe(true);
    await device('reference');
    expect(ones([2], { device: 'reference' }).dtype).toBe('float64');
  });

  test('like another tensor', () => {
    const x = tensor([1, 2], { dtype: 'int32' });
    expect(zerosLike(x)).toMatchObject({ shape: [2], dtype: 'int32' });
    expect(onesLike(x, { dtype: 'float32' })).toMatchObject({ shape: [2], dtype: 'float32' });
  });

  test('what does not fit is refused', () => {
    expect(() => full([2], 1.5, { dtype: 'int32' })).toThrow('full: 1.5 does not fit int32');
    expect(() => full([2], 256, { dtype: 'uint8' })).toThrow('use an integer of 0..255');
    expect(() => full([2], '3' as unknown as number)).toThrow('value must be a number or a boolean');
    expect(() => zeros([2, -1])).toThrow('every size must be an integer >= 0');
    expect(() => zeros([2.5])).toThrow('every size must be an integer >= 0');
    expect(() => ones([2], { dtype: 'int32', requiresGrad: true })).toThrow('only floating point');
    expect(() => ones([2], { dtype: 'long' as 'int32' })).toThrow("'long' is not a dtype");
  });
});

describe('sequences', () => {
  test('arange', async () => {
    expect(await arange(4).data()).toEqual(Int32Array.of(0, 1, 2, 3));
    expect(await arange(2, 5).data()).toEqual(Int32Array.of(2, 3, 4));
    expect(await arange(5, 0, -2).data()).toEqual(Int32Array.of(5, 3, 1));
    expect(await arange(0, 1, 0.25).data()).toEqual(Float32Array.of(0, 0.25, 0.5, 0.75));
    expect(await arange(3, { dtype: 'float32' }).data()).toEqual(Float32Array.of(0, 1, 2));
    expect(arange(2, 2).shape).toEqual([0]);
    expect(() => arange(0, 3, 0)).toThrow('no steps of 0 lead from 0 to 3');
    expect(() => arange(0, 3, -1)).toThrow('no steps of -1');
    expect(() => arange(NaN)).toThrow('use finite numbers');
  });

  test('linspace has both ends', async () => {
    expect(await values(linspace(0, 1, 5))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(await values(linspace(3, -1, 2))).toEqual([3, -1]);
    expect(await values(linspace(3, 7, 1))).toEqual([3]);
    expect(linspace(0, 1, 0).shape).toEqual([0]);
    expect(() => linspace(0, 1, 1.5)).toThrow('steps must be an integer >= 0');
  });

  test('eye', async () => {
    expect(await eye(2).array()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(await eye(2, 3).array()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(await eye(2, { dtype: 'int32' }).data()).toEqual(Int32Array.of(1, 0, 0, 1));
    expect(() => eye(-1)).toThrow('sizes must be integers >= 0');
  });
});

describe('random', () => {
  test('the same seed gives the same values, on every device', async () => {
    await device('reference');
    manualSeed(3);
    const first = await values(randn([5]));
    manualSeed(3);
    expect(await values(randn([5], { device: 'reference' }))).toEqual(first);
    expect(await values(randn([5]))).not.toEqual(first);
    const generator = new Generator(3);
    expect(await values(randn([5], { generator }))).toEqual(first);
  });

  test('distributions', async () => {
    manualSeed(1);
    const uniform = await values(rand([20_000]));
    expect(Math.min(...uniform.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(uniform.every((u) => u < 1)).toBe(true);
    expect(uniform.reduce((a, b) => a + b) / 20_000).toBeCloseTo(0.5, 2);
    const normal = await values(randn([20_000]));
    expect(normal.reduce((a, b) => a + b * b, 0) / 20_000).toBeCloseTo(1, 1);
    const dice = await randint(1, 7, [100]).data();
    expect(dice).toBeInstanceOf(Int32Array);
    expect(new Set(dice)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });

  test('refusals', () => {
    expect(() => rand([2], { dtype: 'int32' })).toThrow('use randint');
    expect(() => randint(3, 3, [2])).toThrow('no integers of [3, 3)');
    expect(() => randn([-1])).toThrow('every size must be an integer >= 0');
  });
});

describe.each(['cpu', 'reference'] as const)('more than an array holds, on %s', (name) => {
  const calls: readonly [string, (options: CreateOptions) => unknown, number][] = [
    ['arange', (options) => arange(2 ** 40, options), 2 ** 40],
    ['linspace', (options) => linspace(0, 1, 2 ** 40, options), 2 ** 40],
    ['eye', (options) => eye(2 ** 20, options), 2 ** 40],
    ['eye', (options) => eye(2 ** 600, 2 ** 600, options), Infinity],
    ['rand', (options) => rand([2 ** 33], options), 2 ** 33],
    ['randn', (options) => randn([2, 2 ** 32], options), 2 ** 33],
    ['randint', (options) => randint(0, 2, [2 ** 33], options), 2 ** 33],
    ['zeros', (options) => zeros([2 ** 40], options), 2 ** 40],
    ['full', (options) => full([2 ** 33], true, options), 2 ** 33],
  ];
  test.each(calls)('%s', async (op, call, count) => {
    await device(name);
    expect(() => call({ device: name })).toThrow(DeviceError);
    expect(() => call({ device: name })).toThrow(
      new RegExp(`^${op}: ${count} elements of \\w+ need [\\w.]+ GiB; an array holds 4 GiB, so at most \\d+$`),
    );
  });
});

test('scopes and using free what is created', () => {
  const before = memory()['cpu']!.bytes;
  scope(() => {
    zeros([100]);
    randn([100]);
    arange(100);
  });
  {
    using x = eye(10);
    expect(x.shape).toEqual([10, 10]);
  }
  expect(memory()['cpu']!.bytes).toBe(before);
});
