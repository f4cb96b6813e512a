import { afterAll, describe, expect, test } from 'vitest';
import type { Dtype, Tensor } from '../../index.ts';
import {
  arange,
  cast,
  gelu,
  grad,
  manualSeed,
  maximum,
  memory,
  minimum,
  pow,
  randn,
  tensor,
  where,
} from '../../index.ts';
import { geluTanh } from '../../kernels/index.ts';
import { setThreads, threads } from '../../kernels/runtime/cpu/threads.ts';

const values = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const leaf = (data: number[]): Tensor => tensor(data, { requiresGrad: true });

describe('dtypes', () => {
  test('an integer keeps int32, a fraction makes float32, div always does', () => {
    const x = arange(3);
    expect(x.add(2).dtype).toBe('int32');
    expect(x.add(2.5).dtype).toBe('float32');
    expect(x.div(2).dtype).toBe('float32');
    expect(x.square().dtype).toBe('int32');
    expect(x.exp().dtype).toBe('float32');
    expect(x.lt(2).dtype).toBe('bool');
    expect(where(x.lt(2), 1, 0).dtype).toBe('float32');
    expect(where(x.lt(2), x, 0).dtype).toBe('int32');
  });

  const cases: [Dtype, number[], Dtype, number[]][] = [
    ['float32', [-1.9, 1.9, NaN, 3e9, -Infinity, 300], 'int32', [-1, 1, 0, 2147483647, -2147483648, 300]],
    ['float32', [-1.9, 1.9, NaN, 3e9, -Infinity, 255.9], 'uint8', [0, 1, 0, 255, 0, 255]],
    ['float32', [-0, 0, NaN, 0.1, -Infinity], 'bool', [0, 0, 1, 1, 1]],
    ['int32', [-5, 0, 16777217, 7, 2147483647], 'float32', [-5, 0, 16777216, 7, 2147483648]],
    ['int32', [-5, 0, 300, 7, 70000], 'uint8', [0, 0, 255, 7, 255]],
    ['int32', [-5, 0, 256, 7, 1], 'bool', [1, 0, 1, 1, 1]],
    ['uint8', [0, 1, 200, 255, 128], 'float32', [0, 1, 200, 255, 128]],
    ['uint8', [0, 1, 200, 255, 128], 'int32', [0, 1, 200, 255, 128]],
    ['uint8', [0, 1, 200, 255, 128], 'bool', [0, 1, 1, 1, 1]],
    ['bool', [0, 1, 1, 0, 1], 'uint8', [0, 1, 1, 0, 1]],
    ['bool', [0, 1, 1, 0, 1], 'float32', [0, 1, 1, 0, 1]],
  ];
  test.each(cases)('cast %s %j to %s', async (from, data, to, expected) => {
    const x = tensor(data, { dtype: from });
    expect(cast(x, to).dtype).toBe(to);
    expect(await values(cast(x, to))).toEqual(expected);
    expect(await values(cast(x.flip(), to))).toEqual(expected.toReversed());
  });

  test('a cast to the same dtype is another handle on the same elements', () => {
    const x = leaf([1]);
    const y = x.cast('float32');
    expect(y).not.toBe(x);
    expect(y.storage).toBe(x.storage);
    y.dispose();
    expect(x.disposed).toBe(false);
  });
});

describe('layouts', () => {
  const layouts: [string, (x: Tensor) => Tensor][] = [
    ['transposed', (x) => x.transpose(0, 1)],
    ['flipped', (x) => x.flip({ axis: 1 })],
    ['sliced', (x) => x.slice({ axis: 1, start: 1, step: 2 })],
    ['expanded', (x) => x.slice({ axis: 1, end: 1 }).expand([x.shape[0]!, 13])],
    ['of rank 5', (x) => x.slice({ axis: 1, end: 12 }).reshape([3, -1, 2, 3, 2]).permute(4, 2, 0, 3, 1)],
  ];
  test.each(layouts)('%s operands', async (_name, lay) => {
    manualSeed(1);
    const x = lay(randn([9, 21]));
    const y = lay(randn([9, 21]));
    const [a, b] = [x.contiguous(), y.contiguous()];
    expect(await values(x.sub(y))).toEqual(await values(a.sub(b)));
    expect(await values(x.gelu())).toEqual(await values(a.gelu()));
    expect(await values(x.lt(y))).toEqual(await values(a.lt(b)));
    expect(await values(where(x.lt(y), x, b))).toEqual(await values(where(a.lt(b), a, b)));
    expect(await values(x.mul(b.slice({ axis: -1, end: 1 })))).toEqual(
      await values(a.mul(b.slice({ axis: -1, end: 1 }))),
    );
    expect(await values(x.cast('int32').cast('bool'))).toEqual(await values(a.cast('int32').cast('bool')));
  });

  test('an element has the same bits wherever it stands: tails, strides, threads', async () => {
    const before = threads();
    manualSeed(2);
    const x = randn([300_001]);
    for (const f of [
      (t: Tensor) => t.gelu(),
      (t: Tensor) => t.tanh(),
      (t: Tensor) => t.mul(t.exp()),
      (t: Tensor) => t.abs().pow(1.7),
    ]) {
      setThreads(1);
      const whole = await f(x).data();
      expect(await f(x.slice({ axis: 0, start: 7, end: 110 })).data()).toEqual(whole.slice(7, 110));
      expect(await f(x.slice({ axis: 0, start: 1, step: 3 })).data()).toEqual(whole.filter((_, i) => i % 3 === 1));
      setThreads(2);
      expect(await f(x).data()).toEqual(whole);
    }
    setThreads(before);
  });

  test('a large transposed operand', async () => {
    const x = randn([300, 400]);
    const sum = await x.transpose(0, 1).add(x.transpose(0, 1)).data();
    const data = await x.data();
    expect(sum.every((v, at) => v === 2 * data[(at % 300) * 400 + Math.floor(at / 300)]!)).toBe(true);
  });
});

describe('special values', () => {
  test('pow as C and PyTorch', async () => {
    const x = [0, 0, -0, -2, -2, -8, 1, NaN, Infinity, -Infinity, -Infinity, 2, 0.5, 3, 1e-40, -1, 2, 2, 10, -3];
    const y = [0, -1, -3, 3, 0.5, 1 / 3, NaN, 0, -1, 3, 0.5, Infinity, Infinity, 2, 0.5, Infinity, -150, 128, -45, -2];
    const expected = x.map((v, i) =>
      v === 1 || (v === -1 && Math.abs(y[i]!) === Infinity) ? 1 : Math.fround(Math.fround(v) ** Math.fround(y[i]!)),
    );
    expect(await values(pow(tensor(x), tensor(y)))).toEqual(expected);
    const whole = tensor([1, 2, 3, 5, 7, 10]);
    expect(await values(whole.pow(3))).toEqual([1, 8, 27, 125, 343, 1000]);
    expect(await values(pow(whole, -1))).toEqual(Array.from(Float32Array.of(1, 1 / 2, 1 / 3, 1 / 5, 1 / 7, 1 / 10)));
  });

  test('NaN goes through maximum, minimum and relu; comparisons with it are false but ne', async () => {
    const [x, y] = [tensor([NaN, 1, -1]), tensor([1, NaN, 2])];
    expect(await values(maximum(x, y))).toEqual([NaN, NaN, 2]);
    expect(await values(minimum(x, y))).toEqual([NaN, NaN, -1]);
    expect(await values(x.relu())).toEqual([NaN, 1, 0]);
    expect(await values(x.eq(x))).toEqual([0, 1, 1]);
    expect(await values(x.ne(x))).toEqual([1, 0, 0]);
  });

  test('exp, log, sqrt, sigmoid, tanh and gelu at their ends', async () => {
    const x = tensor([-Infinity, -200, 0, 200, Infinity, NaN]);
    expect(await values(x.exp())).toEqual([0, 0, 1, Infinity, Infinity, NaN]);
    expect(await values(x.log())).toEqual([NaN, NaN, -Infinity, Math.fround(Math.log(200)), Infinity, NaN]);
    expect(await values(x.sigmoid())).toEqual([0, 0, 0.5, 1, 1, NaN]);
    expect(await values(x.tanh())).toEqual([-1, -1, 0, 1, 1, NaN]);
    expect(await values(x.rsqrt())).toEqual([NaN, NaN, Infinity, Math.fround(1 / Math.sqrt(200)), 0, NaN]);
    const finite = tensor([-200, -20, 200]);
    for (const f of [(t: Tensor) => t.gelu(), geluTanh, (t: Tensor) => t.silu()]) {
      (await values(f(finite))).forEach((v, i) => expect(v).toBeCloseTo([0, 0, 200][i]!, 5));
    }
  });
});

describe('gradients', () => {
  const gradientOf = async (f: (x: Tensor) => Tensor, data: number[]): Promise<number[]> => {
    const x = leaf(data);
    const [dx] = grad(f(x).sum(), [x]);
    return values(dx!);
  };

  test('where functions have corners', async () => {
    expect(await gradientOf((x) => x.relu(), [-1, 0, 2])).toEqual([0, 0, 1]);
    expect(await gradientOf((x) => x.abs(), [-1, 0, 2])).toEqual([-1, 0, 1]);
    expect(await gradientOf((x) => x.maximum(tensor([0, 0, 3])), [-1, 0, 4])).toEqual([0, 0.5, 1]);
    expect(await gradientOf((x) => x.minimum(tensor([0, 0, 3])), [-1, 0, 4])).toEqual([1, 0.5, 0]);
    expect(await gradientOf((x) => pow(x, 2), [-1, 0, 3])).toEqual([-2, 0, 6]);
    expect(await gradientOf((x) => pow(x, 0), [-1, 0, 3])).toEqual([0, 0, 0]);
    expect(await gradientOf((x) => pow(tensor([0, 0, 2, -1]), x), [0, 2, 1, 2])).toEqual([
      0,
      0,
      Math.fround(2 * Math.fround(Math.log(2))),
      NaN,
    ]);
  });

  test('flow through where by the condition, and through casts between reals only', async () => {
    const x = leaf([1, 2, 3]);
    const [dx] = grad(where(tensor([true, false, true]), x.mul(2), 7).sum(), [x]);
    expect(await values(dx!)).toEqual([2, 0, 2]);
    expect(x.cast('int32').requiresGrad).toBe(false);
    expect(x.cast('float32').requiresGrad).toBe(true);
  });

  test('of broadcast operands are summed to their shapes', async () => {
    const x = tensor(
      Array.from({ length: 6 }, (_, i) => i),
      { requiresGrad: true },
    ).reshape([2, 3]);
    const [bias, column, scalar] = [leaf([1, 2, 3]), leaf([1, 2]), leaf([4]).reshape([])];
    const [dBias, dColumn, dScalar] = grad(x.mul(bias).add(column.unsqueeze(1)).mul(scalar).sum(), [
      bias,
      column,
      scalar,
    ]);
    expect(await values(dBias!)).toEqual([12, 20, 28]);
    expect(await values(dColumn!)).toEqual([12, 12]);
    expect(await dScalar!.item()).toBe(43);
  });

  test.each([
    ['gelu', (x: Tensor) => x.gelu()],
    ['gelu by tanh', (x: Tensor) => x.gelu({ approximate: 'tanh' })],
    ['silu', (x: Tensor) => x.silu()],
    ['sigmoid', (x: Tensor) => x.sigmoid()],
    ['tanh', (x: Tensor) => x.tanh()],
  ])('the second derivative of %s is the slope of the first', async (_name, f) => {
    const points = [-3, -1.2, -0.3, 0, 0.4, 1.1, 2.5];
    const x = leaf(points);
    const [first] = grad(f(x).sum(), [x], { createGraph: true });
    const [second] = grad(first!.sum(), [x]);
    const step = 1e-2;
    const [after, before] = [1, -1].map((side) =>
      gradientOf(
        f,
        points.map((p) => p + side * step),
      ),
    );
    const slopes = await Promise.all([after!, before!]);
    (await values(second!)).forEach((v, i) => expect(v).toBeCloseTo((slopes[0][i]! - slopes[1][i]!) / (2 * step), 3));
  });
});

test('gelu refuses another approximation', () => {
  expect(() => gelu(tensor([1]), { approximate: 'erf' as 'none' })).toThrow(
    "approximate must be 'none' or 'tanh', got 'erf'",
  );
});

test('the copy of a large scattered operand is freed', () => {
  using x = randn([300, 400]);
  using turned = x.transpose(0, 1);
  const before = memory()['cpu']!;
  turned.add(1).dispose();
  expect(memory()['cpu']).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

afterAll(() => setThreads(1));
