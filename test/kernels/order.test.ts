// Orders and running sums: lines longer than one item or workgroup, ties, NaN, and the same bits for any number of threads.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import {
  all,
  any,
  argmin,
  argsort,
  cumsum,
  Generator,
  grad,
  norm,
  prod,
  randn,
  scope,
  sort,
  tensor,
  topk,
  zeros,
} from '../../index.ts';
import { devices } from '../devices.ts';
import { readScoped } from './operands.ts';
import { expectSameBits } from './threads.ts';

const odd = [2, NaN, -0, 0, -Infinity, NaN, Infinity, -1, 0];

/** As PyTorch's stable sort: NaN above all, equals in their order. */
function placesOf(values: readonly number[], descending = false): number[] {
  const key = (v: number): number => (Number.isNaN(v) ? 2 : v === Infinity ? 1 : Math.atan(v) / 2);
  const sign = descending ? -1 : 1;
  return values.map((_, i) => i).sort((i, j) => sign * (key(values[i]!) - key(values[j]!)));
}

describe.each(devices)('on %s', (device) => {
  const from = (values: ArrayLike<number>, shape = [values.length]): Tensor =>
    tensor(Float32Array.from(values), { shape, device });
  const list = async (make: () => Tensor): Promise<number[]> => Array.from((await readScoped(make)).data);

  test('NaN is above all numbers, -0 is 0, and equals stay in their order', async () => {
    for (const descending of [false, true]) {
      const places = placesOf(odd, descending);
      expect(await list(() => argsort(from(odd), { descending }))).toEqual(places);
      const [values, indices] = await Promise.all(
        [0, 1].map((i) => list(() => topk(from(odd), { k: 4, largest: descending })[i]!)),
      );
      expect(indices).toEqual(places.slice(0, 4));
      expect(values!.map(Math.abs)).toEqual(places.slice(0, 4).map((i) => Math.abs(odd[i]!)));
    }
    expect(await list(() => argmin(from([3, 1, NaN, 1])))).toEqual([2]);
    expect(await list(() => argmin(from([3, 1, 1])))).toEqual([1]);
  });

  test.each([1, 2, 47, 48, 49, 300, 511, 2048, 2049, 5000])('lines of %i, of reals', async (n) => {
    const lines = 3;
    const drawn = new Generator(n)
      .normal(lines * n)
      .map((v, i) => (i % 3 === 0 ? Math.round(v) : i % 41 === 7 ? NaN : v));
    const rows = Array.from({ length: lines }, (_, row) => Array.from(drawn.subarray(row * n, (row + 1) * n)));
    for (const descending of [false, true]) {
      const places = rows.flatMap((row) => placesOf(row, descending));
      expect(await list(() => argsort(from(drawn, [lines, n]), { descending }))).toEqual(places);
      for (const k of new Set([1, Math.min(n, 20), n - 1])) {
        const wanted = rows.flatMap((row) => placesOf(row, descending).slice(0, k));
        expect(await list(() => topk(from(drawn, [lines, n]), { k, largest: descending })[1])).toEqual(wanted);
      }
    }
    const across = rows.flatMap((row) => placesOf(row));
    const turned = await list(() => argsort(from(drawn, [lines, n]).transpose().contiguous(), { axis: 0 }).transpose());
    expect(turned).toEqual(across);
  });

  test('lines that lie far apart', async () => {
    const drawn = Array.from(new Generator(4).normal(2 * 100 * 70));
    const line = (outer: number, column: number): number[] =>
      Array.from({ length: 100 }, (_, k) => drawn[(outer * 100 + k) * 70 + column]!);
    for (const k of [9, 100]) {
      const got = await list(() => topk(from(drawn, [2, 100, 70]), { k, axis: 1 })[1]);
      for (const [outer, column] of [
        [0, 0],
        [1, 69],
        [1, 33],
      ] as const) {
        const found = Array.from({ length: k }, (_, i) => got[(outer * k + i) * 70 + column]);
        expect(found).toEqual(placesOf(line(outer, column), true).slice(0, k));
      }
    }
  });

  test('integers at the ends of their range', async () => {
    const ends = [5, -(2 ** 31), 2 ** 31 - 1, 0, -1, 2 ** 31 - 1];
    const make = (): Tensor => tensor(Int32Array.from(ends), { device });
    expect(await list(() => argsort(make()))).toEqual([1, 4, 3, 0, 2, 5]);
    expect(await list(() => sort(make(), { descending: true })[0])).toEqual(ends.toSorted((a, b) => b - a));
    expect(await list(() => cumsum(tensor(Int32Array.of(2 ** 31 - 1, 1, 5), { device }), { axis: 0 }))).toEqual([
      2 ** 31 - 1,
      -(2 ** 31),
      -(2 ** 31) + 5,
    ]);
  });

  test.each([
    [[70_001], 0],
    [[3, 4099], 1],
    [[40_000, 3], 0],
    [[5000, 19], 0],
    [[2, 2100, 33], 1],
    [[1, 1], 0],
  ])('running sums of %j along axis %i', async (shape, axis) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const drawn = new Generator(5).uniform(size);
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    for (const reverse of [false, true]) {
      const want = Float64Array.from(drawn);
      const n = shape[axis]!;
      const isFirst = (i: number): boolean => Math.floor(i / inner) % n === (reverse ? n - 1 : 0);
      for (let step = 0; step < size; step++) {
        const i = reverse ? size - 1 - step : step;
        if (!isFirst(i)) want[i]! += want[reverse ? i + inner : i - inner]!;
      }
      const got = await list(() => cumsum(from(drawn, shape), { axis, reverse }));
      const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value / want[i]! - 1)), 0);
      expect(worst).toBeLessThan(device === 'webgpu' ? 3e-6 : 2e-7);
    }
  });

  test.each([
    [[100_001], undefined],
    [[40_000, 3], 0],
    [[3, 5001], 1],
    [[300, 40], 0],
    [
      [2, 300, 4, 5],
      [1, 3],
    ],
  ] as [number[], number | number[] | undefined][])('any and all of %j', async (shape, axis) => {
    const size = shape.reduce((a, b) => a * b, 1);
    for (const at of [0, size - 1, Math.floor(size / 3)]) {
      const one = new Float32Array(size);
      one[at] = NaN;
      const found = await list(() => any(from(one, shape), { axis }));
      expect(found.reduce((a, b) => a + b, 0)).toBe(1);
      const most = one.map((v) => (Number.isNaN(v) ? 0 : 1));
      const kept = await list(() => all(from(most, shape), { axis }));
      expect(kept.filter((v) => v === 0)).toHaveLength(1);
      expect(kept.indexOf(0)).toBe(found.indexOf(1));
    }
  });

  test('over nothing', async () => {
    const none = (): Tensor => zeros([2, 0], { device });
    expect(await list(() => prod(none(), { axis: 1 }))).toEqual([1, 1]);
    expect(await list(() => norm(none(), { axis: 1 }))).toEqual([0, 0]);
    expect(await list(() => any(none(), { axis: 1 }))).toEqual([0, 0]);
    expect(await list(() => all(none(), { axis: 1 }))).toEqual([1, 1]);
    expect(() => scope(() => topk(none(), { k: 1 }))).toThrow('has 0 elements');
    expect(() => scope(() => none().max({ axis: 1 }))).toThrow('there is nothing to choose from');
  });

  test('NaN in norms and products', async () => {
    for (const p of [2, 1, 3, Infinity, -Infinity]) {
      expect(await list(() => norm(from([1, NaN, 2]), { p })), `p ${p}`).toEqual([NaN]);
    }
    expect(await list(() => norm(from([1, NaN, 0]), { p: 0 }))).toEqual([2]);
    expect(await list(() => prod(from([0, Infinity])))).toEqual([NaN]);
  });
});

test('gradients at 0', () => {
  const of = (f: (x: Tensor) => Tensor, values: number[]): number[] =>
    scope(() => {
      const x = tensor(values, { requiresGrad: true });
      return Array.from(grad(f(x), [x])[0]!.dataNow()!);
    });
  for (const p of [0, 1, 2, 3, 0.5]) expect(of((x) => norm(x, { p }), [0, 0])).toEqual([0, 0]);
  expect(of((x) => norm(x, { p: Infinity }), [-3, 3, 1])).toEqual([-0.5, 0.5, 0]);
  expect(of((x) => prod(x), [2, 0, 3])).toEqual([0, 6, 0]);
  expect(of((x) => prod(x), [0, 0, 3])).toEqual([0, 0, 0]);
});

describe('any number of threads gives the same bits', () => {
  const x = (): Tensor => randn([3, 40_000], { generator: new Generator(2) });
  const y = (): Tensor => randn([40_000, 20], { generator: new Generator(3) });
  test.each(
    Object.entries({
      'cumsum of rows': () => cumsum(x(), { axis: 1 }),
      'cumsum of columns': () => cumsum(y(), { axis: 0, reverse: true }),
      sort: () => sort(y(), { axis: 0 })[0],
      topk: () => topk(x(), { k: 100 })[1],
      prod: () => prod(x(), { axis: 1 }),
      norm: () => norm(x()),
    }),
  )('%s', (_name, body) => expectSameBits(body));
});
