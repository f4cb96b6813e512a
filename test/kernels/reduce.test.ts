import { afterAll, describe, expect, test } from 'vitest';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Tensor } from '../../index.ts';
import {
  argmax,
  grad,
  logsumexp,
  manualSeed,
  max,
  mean,
  memory,
  min,
  randint,
  randn,
  scope,
  sum,
  tensor,
  variance,
  zeros,
} from '../../index.ts';
import { sumTo } from '../../kernels/reduce/sumTo.ts';
import { setThreads, threads } from '../../kernels/runtime/cpu/threads.ts';

const values = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
type Reduction = typeof sum;

async function reference(op: Reduction, x: Tensor, attrs: object): Promise<ArrayLike<number>> {
  const { definition } = op;
  const host: NdArray = { shape: x.shape, data: await x.data() };
  return (definition.reference({ x: host }, { ...definition.attrs, ...attrs }) as NdArray).data;
}

// Longer than a block of rows (4096), of columns (256), wider than a part (4096), in every order.
const sizes: [number[], number | number[] | undefined][] = [
  [[9001], undefined],
  [[3, 5003], 1],
  [[2, 3, 4], undefined],
  [[70_000], 0],
  [[1000, 7], 0],
  [[66_000, 3], 0],
  [[9, 4999], 0],
  [[3, 261, 18], 1],
  [
    [5, 6, 7, 11],
    [0, 2, 3],
  ],
  [
    [5, 6, 7, 11],
    [1, 3],
  ],
  [
    [5, 1, 7, 1, 11],
    [0, 1, 3],
  ],
  [[4, 1, 5], 1],
  [[1, 1], undefined],
];

describe.each([
  ['sum', sum],
  ['mean', mean],
  ['max', max],
  ['min', min],
  ['variance', variance],
  ['logsumexp', logsumexp],
] as [string, Reduction][])('%s', (_name, op) => {
  test.each(sizes)('of %j along %j', async (shape, axis) => {
    manualSeed(1);
    const x = randn(shape);
    const want = await reference(op, x, { axis });
    const got = await values(op(x, { axis }));
    const scale = Math.max(1, ...Array.from(want).filter(Number.isFinite).map(Math.abs));
    got.forEach((v, i) =>
      Number.isNaN(v) ? expect(want[i]).toBeNaN() : expect(Math.abs(v - want[i]!) / scale).toBeLessThan(2e-6),
    );
    expect(got.length).toBe(want.length);
  });

  test('has the same bits for any number of threads', async () => {
    const before = threads();
    manualSeed(2);
    const x = randn([300, 40, 101]);
    for (const axis of [undefined, 0, 1, 2, [0, 2]]) {
      setThreads(1);
      const alone = await op(x, { axis }).data();
      setThreads(2);
      expect(await op(x, { axis }).data()).toEqual(alone);
    }
    setThreads(before);
  });
});

test('a sum of a million floats is accurate to a few roundings', async () => {
  const x = tensor(new Float32Array(1_000_000).fill(0.1), { shape: [1000, 1000] });
  const exact = Math.fround(0.1) * 1e6;
  expect(Math.abs((await x.sum().item()) / exact - 1)).toBeLessThan(3e-7);
  for (const axis of [0, 1]) {
    const sums = await values(x.sum({ axis }));
    expect(Math.max(...sums.map((v) => Math.abs(v / (exact / 1000) - 1)))).toBeLessThan(1e-6);
  }
});

test('integers are summed in int32 and compared as such', async () => {
  const x = randint(-1000, 1000, [300, 37]);
  for (const axis of [0, 1, undefined]) {
    for (const op of [sum, max, min] as Reduction[]) {
      const y = op(x, { axis });
      expect(y.dtype).toBe('int32');
      expect(await values(y)).toEqual(Array.from(await reference(op, x, { axis })));
    }
  }
  expect(tensor([true, false, true]).sum().dtype).toBe('int32');
});

describe('argmax', () => {
  test.each([
    [[9001], undefined],
    [[270, 7], 0],
    [[3, 300], 1],
    [[2, 5, 4099], 1],
  ] as [number[], number | undefined][])('of %j along %j', async (shape, axis) => {
    manualSeed(4);
    const x = randn(shape);
    expect(await values(argmax(x, { axis }))).toEqual(
      Array.from(await reference(argmax as unknown as Reduction, x, { axis })),
    );
  });

  test('takes the first of equals and the first NaN', async () => {
    const rows = [
      [1, 5, 5, 0, 5],
      [0, NaN, 9, NaN, 1],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    ];
    expect(await values(tensor(rows).argmax({ axis: 1 }))).toEqual([1, 1, 0]);
    expect(await values(tensor(rows).transpose(0, 1).argmax({ axis: 0 }))).toEqual([1, 1, 0]);
    expect(await values(tensor(rows).argmin({ axis: 1 }))).toEqual([3, 1, 0]);
  });
});

describe('edges', () => {
  test('nothing', async () => {
    const x = zeros([2, 0]);
    expect(await values(x.sum({ axis: 1 }))).toEqual([0, 0]);
    expect(await x.mean().item()).toBeNaN();
    expect(await x.variance().item()).toBeNaN();
    expect(await values(x.logsumexp({ axis: 1 }))).toEqual([-Infinity, -Infinity]);
    expect(() => x.max()).toThrow('max: there is nothing to choose from along axes [0, 1] of [2, 0]');
    expect(() => x.argmax({ axis: 1 })).toThrow('argmax: there is nothing');
    expect(x.max({ axis: 0 }).shape).toEqual([0]);
  });

  test('NaN and infinities', async () => {
    const x = tensor([
      [NaN, 1, 2, 3, 4],
      [Infinity, 1, 2, 3, 4],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      [1e4, 1e4, 0, 0, 0],
    ]);
    expect(await values(x.max({ axis: 1 }))).toEqual([NaN, Infinity, -Infinity, 1e4]);
    expect(await values(x.min({ axis: 1 }))).toEqual([NaN, 1, -Infinity, 0]);
    const expected = [NaN, Infinity, -Infinity, Math.fround(1e4 + Math.log(2))];
    expect(await values(x.logsumexp({ axis: 1 }))).toEqual(expected);
    expect(await values(x.transpose(0, 1).logsumexp({ axis: 0 }))).toEqual(expected);
  });

  test('variance of one element, and std', async () => {
    expect(await tensor([3]).variance().item()).toBeNaN();
    expect(await tensor([3]).variance({ correction: 0 }).item()).toBe(0);
    expect(await tensor([1, 3]).std().item()).toBe(Math.fround(Math.SQRT2));
  });
});

describe('gradients', () => {
  const gradientOf = async (f: (x: Tensor) => Tensor, data: number[][]): Promise<number[]> => {
    const x = tensor(data, { requiresGrad: true });
    const [dx] = grad(f(x).sum(), [x]);
    return values(dx!);
  };

  test('equal largest elements share evenly', async () => {
    expect(
      await gradientOf(
        (x) => x.max({ axis: 1 }),
        [
          [1, 3, 3],
          [2, 0, 1],
        ],
      ),
    ).toEqual([0, 0.5, 0.5, 1, 0, 0]);
    expect(
      await gradientOf(
        (x) => x.min(),
        [
          [1, 1, 3],
          [2, 1, 1],
        ],
      ),
    ).toEqual([0.25, 0.25, 0, 0, 0.25, 0.25]);
  });

  test('logsumexp where all is −∞ has gradient 0', async () => {
    const [a, b] = [-Infinity, 0];
    expect(
      await gradientOf(
        (x) => x.logsumexp({ axis: 1 }),
        [
          [a, a],
          [b, a],
        ],
      ),
    ).toEqual([0, 0, 1, 0]);
  });

  test('sumTo undoes every broadcast', async () => {
    const g = randn([4, 3, 5]);
    for (const shape of [[5], [3, 1], [1, 3, 1], [4, 1, 5], [], [1], [1, 1, 1], [3, 5], [4, 3, 5]]) {
      const y = sumTo(g, shape);
      expect(y.shape).toEqual(shape);
      expect(Math.abs((await y.sum().item()) - (await g.sum().item()))).toBeLessThan(1e-5);
    }
    expect(sumTo(zeros([2, 0]), [1, 1]).shape).toEqual([1, 1]);
  });
});

test('no memory is left', () => {
  const before = memory()['cpu']!.bytes;
  scope(() => {
    const x = randn([20, 300, 30], { requiresGrad: true });
    for (const op of [sum, mean, max, variance, logsumexp] as Reduction[])
      op(x, { axis: [0, 2] })
        .sum()
        .backward();
    x.std({ axis: 1 }).sum().backward();
  });
  expect(memory()['cpu']!.bytes).toBe(before);
});

afterAll(() => setThreads(1));
