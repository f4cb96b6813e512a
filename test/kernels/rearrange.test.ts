// Ops made of others: views, joins, selections by mask, draws.

import { describe, expect, test } from 'vitest';
import type { IndexRange, Tensor } from '../../index.ts';
import {
  arange,
  at,
  bernoulli,
  chunk,
  full,
  Generator,
  gradientCheck,
  indexSelect,
  maskedFill,
  maskedSelect,
  memory,
  meshgrid,
  nonzero,
  ones,
  randn,
  randperm,
  repeat,
  reshape,
  roll,
  scope,
  stack,
  tensor,
  tile,
  tril,
  triu,
  truncNormal,
  uniform,
  zeros,
} from '../../index.ts';
import { devices } from '../devices.ts';

const int = { dtype: 'int32' } as const;
const read = (make: () => Tensor): Promise<unknown> => scope(() => ({ array: make().array() })).array;

describe.each(devices)('on %s', (device) => {
  const grid = (...shape: number[]): Tensor =>
    reshape(
      arange(
        shape.reduce((a, b) => a * b, 1),
        { device },
      ),
      shape,
    );

  test('stack and chunk undo each other', async () => {
    expect(await read(() => stack(chunk(grid(6), 3)))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(scope(() => stack([grid(2, 3), grid(2, 3)], { axis: -1 }).shape)).toEqual([2, 3, 2]);
    expect(scope(() => chunk(grid(2, 7), 3, { axis: 1 }).map(({ shape }) => shape[1]))).toEqual([3, 3, 1]);
    expect(scope(() => chunk(zeros([0, 2], { device }), 3).map(({ shape }) => shape[0]))).toEqual([0, 0, 0]);
  });

  test('repeat and tile', async () => {
    expect(await read(() => tile(grid(2, 2), [2]))).toEqual([
      [0, 1, 0, 1],
      [2, 3, 2, 3],
    ]);
    expect(await read(() => repeat(grid(2), [2, 1, 2]))).toEqual([[[0, 1, 0, 1]], [[0, 1, 0, 1]]]);
    expect(scope(() => repeat(grid(2, 3), [0, 2]).shape)).toEqual([0, 6]);
  });

  test('roll wraps, by any distance', async () => {
    expect(await read(() => roll(grid(2, 3), 2))).toEqual([
      [4, 5, 0],
      [1, 2, 3],
    ]);
    expect(await read(() => roll(grid(2, 3), [-4, 3], [1, 0]))).toEqual([
      [4, 5, 3],
      [1, 2, 0],
    ]);
    expect(scope(() => roll(zeros([0, 3], { device }), 1, 0).shape)).toEqual([0, 3]);
  });

  test('tril and triu of batches, any diagonal', async () => {
    const of = (n: number, m: number, keep: (i: number, j: number) => boolean): number[][] =>
      Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => Number(keep(i, j))));
    for (const diagonal of [-3, -1, 0, 2, 7]) {
      const all = ones([2, 3, 4], { device });
      const [low, high] = await Promise.all([read(() => tril(all, { diagonal })), read(() => triu(all, { diagonal }))]);
      expect(low).toEqual([0, 1].map(() => of(3, 4, (i, j) => j - i <= diagonal)));
      expect(high).toEqual([0, 1].map(() => of(3, 4, (i, j) => j - i >= diagonal)));
      all.dispose();
    }
    expect(await read(() => triu(full([2, 2], NaN, { device })))).toEqual([
      [NaN, NaN],
      [0, NaN],
    ]);
  });

  test('meshgrid in both orders', async () => {
    const shapes = (indexing: 'ij' | 'xy'): unknown =>
      scope(() => meshgrid([grid(2), grid(3), grid(4)], { indexing }).map(({ shape }) => shape));
    expect(shapes('ij')).toEqual([0, 1, 2].map(() => [2, 3, 4]));
    expect(shapes('xy')).toEqual([0, 1, 2].map(() => [3, 2, 4]));
    expect(await read(() => meshgrid([grid(2), grid(3)], { indexing: 'xy' })[0]!)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  test('at: every range of Python, forwards and backwards', async () => {
    const [n, all] = [5, [0, 1, 2, 3, 4]];
    const python = ([start, end, step]: IndexRange): number[] => {
      const by = step ?? 1;
      const clamp = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, by > 0 ? 0 : -1), by > 0 ? n : n - 1);
      const [from, to] = [clamp(start ?? (by > 0 ? 0 : n)), by < 0 && (end ?? null) === null ? -1 : clamp(end ?? n)];
      const found: number[] = [];
      for (let i = from; by > 0 ? i < to : i > to; i += by) found.push(all[i]!);
      return found;
    };
    const ends = [null, undefined, -7, -5, -2, 0, 3, 5, 9];
    const ranges = ends.flatMap((start) =>
      ends.flatMap((end) => [1, 2, 4, -1, -2, -7].map((step): IndexRange => [start, end, step])),
    );
    const x = tensor([all], { device });
    const got = await Promise.all(ranges.map((range) => read(() => at(x, 0, range))));
    got.forEach((values, i) => expect(values, JSON.stringify(ranges[i])).toEqual(python(ranges[i]!)));
    x.dispose();
  });

  test('indexSelect adds up the gradients of what was chosen twice', async () => {
    const x = randn([3, 4, 2], { device, requiresGrad: true });
    const index = tensor([1, 3, 1], { ...int, device });
    scope(() => indexSelect(x, 1, index).sum().backward());
    expect(await x.grad!.at(0, [], 0).array()).toEqual([0, 2, 0, 1]);
    expect(await read(() => indexSelect(grid(2, 3), -1, tensor([2], { ...int, device })))).toEqual([[2], [5]]);
    [x, index].forEach((tensor) => tensor.dispose());
  });

  test('maskedFill keeps the dtype, and stops the gradient', async () => {
    const x = tensor([1, 2, 3], { device, requiresGrad: true });
    const mask = tensor([[true], [false]], { device }).at([], 0);
    const wide = tensor([[true, false, true]], { device });
    scope(() =>
      maskedFill(x, wide.at(0), 7)
        .mul(tensor([2, 3, 4], { device }))
        .sum()
        .backward(),
    );
    expect(await x.grad!.array()).toEqual([0, 3, 0]);
    const filled = maskedFill(grid(2, 2), mask, -1);
    expect([filled.dtype, await filled.array()]).toEqual([
      'int32',
      [
        [-1, 1],
        [-1, 3],
      ],
    ]);
    expect(() => maskedFill(grid(3), wide, 0)).toThrow('it must broadcast to x');
    expect(() => maskedFill(grid(2, 2), mask, 0.5)).toThrow('0.5 does not fit int32');
  });

  test('maskedSelect and nonzero await their size', async () => {
    const x = tensor(
      [
        [1, NaN],
        [0, -0],
      ],
      { device, requiresGrad: true },
    );
    const rows = tensor([true, false], { device });
    const selected = await maskedSelect(x, rows.reshape([2, 1]));
    expect(await selected.array()).toEqual([1, NaN]);
    selected.sum().backward();
    expect(await x.grad!.array()).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(await (await nonzero(x)).array()).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect((await nonzero(tensor(3, { device }))).shape).toEqual([1, 0]);
    expect((await maskedSelect(zeros([0], { device }), tensor([], { dtype: 'bool', device }))).shape).toEqual([0]);
    await expect(maskedSelect(x, x)).rejects.toThrow('mask must be bool');
  });

  test('maskedSelect outlives the scope of its operands, and leaks nothing', async () => {
    const tensors = (): number => memory()[device]?.tensors ?? 0;
    const before = tensors();
    const waiting = scope(() => ({ result: maskedSelect(grid(4), grid(4).gt(1)) }));
    using selected = await waiting.result;
    expect(await selected.array()).toEqual([2, 3]);
    expect(tensors()).toBe(before + 1);
  });

  test('draws: the same numbers on every device, within their bounds', async () => {
    const seeded = (): { generator: Generator; device: typeof device } => ({ generator: new Generator(3), device });
    const values = await read(() => uniform(-2, 5, [1000], seeded()));
    expect(values).toEqual(await read(() => uniform(-2, 5, [1000], { ...seeded(), device: 'cpu' })));
    expect(Math.min(...(values as number[]))).toBeGreaterThanOrEqual(-2);
    const order = (await read(() => randperm(100, seeded()))) as number[];
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const cut = (await read(() => truncNormal([500], { ...seeded(), mean: 1, low: 0.5, high: 1.5 }))) as number[];
    expect(cut.every((v) => v >= 0.5 && v <= 1.5)).toBe(true);
    const thrown = (await read(() =>
      bernoulli(full([4000], 0.25, { device }), { generator: new Generator(3) }),
    )) as number[];
    expect(Math.abs(thrown.reduce((a, b) => a + b) / 4000 - 0.25)).toBeLessThan(0.03);
    expect(await read(() => bernoulli(tensor([-1, 0, 1, 2, NaN], { device })))).toEqual([0, 0, 1, 1, 0]);
  });
});

test('gradients pass through, twice', async () => {
  const draw = (...shape: number[]): Tensor => randn(shape, { device: 'reference' });
  await gradientCheck((x) => at(x, [null, null, -2], 1, null, [1]).square(), [draw(5, 3, 4)]);
  await gradientCheck((x) => roll(x, [1, 2], [0, 1]).square(), [draw(3, 4)]);
  await gradientCheck((x) => repeat(x, [2, 3]).square(), [draw(2, 2)]);
  await gradientCheck((x, y) => stack([x, y], { axis: 1 }).square(), [draw(3), draw(3)]);
  await gradientCheck((x) => triu(x, { diagonal: 1 }).square(), [draw(3, 4)]);
  await gradientCheck((x) => meshgrid([x, x])[1]!.square(), [draw(3)]);
});

test('what is refused', () => {
  const x = zeros([2, 3]);
  expect(() => stack([])).toThrow('at least one tensor');
  expect(() => stack([x, zeros([2])])).toThrow('they must be equal');
  expect(() => chunk(x, 0)).toThrow('count must be an integer >= 1');
  expect(() => repeat(x, [2])).toThrow('1 counts for the 2 axes');
  expect(() => tile(x, [-1])).toThrow('counts must be integers >= 0');
  expect(() => roll(x, [1, 2], 0)).toThrow('shifts [1,2] for one axis');
  expect(() => roll(x, 1, 2)).toThrow('axis 2 is out of range');
  expect(() => tril(zeros([3]))).toThrow('two axes or more');
  expect(() => meshgrid([x])).toThrow('it must have one axis');
  expect(() => at(x, 0, 0, 0)).toThrow('3 places for the 2 axes');
  expect(() => at(x, 2)).toThrow('index 2 is out of range for an axis of 2; use -2..1');
  expect(() => at(x, '...', '...')).toThrow("'...' stands there twice");
  expect(() => at(x, [0, 1, 0])).toThrow('step must not be 0');
  expect(() => at(x, 0.5)).toThrow('0.5 is no place');
  expect(() => at(x, x as never)).toThrow('is no place');
  expect(() => indexSelect(x, 0, zeros([1, 1], int))).toThrow('it must have one axis');
  expect(() => indexSelect(x, 0, tensor([2], int))).toThrow('index holds 2');
  expect(() => uniform(2, 1, [2])).toThrow('low <= high');
  expect(() => randperm(-1)).toThrow('every size must be an integer >= 0');
  expect(() => bernoulli(zeros([2], int))).toThrow('real probabilities');
  expect(() => truncNormal([2], { std: -1 })).toThrow('it must be >= 0');
});
