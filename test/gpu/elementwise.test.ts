// What the ops' samples leave out: operands in fours, and numbers that compilers may forget.

import { describe, expect, test } from 'vitest';
import type { Dtype, Tensor } from '../../index.ts';
import { add, cast, device, maximum, minimum, tensor, where } from '../../index.ts';

await device('webgpu');

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('fours', () => {
  type Operand = (device: 'webgpu' | 'reference') => Tensor;
  const of =
    (shape: number[], view: (x: Tensor) => Tensor = (x) => x): Operand =>
    (name) =>
      view(tensor(range(shape.reduce((a, b) => a * b, 1)), { shape, device: name, dtype: 'float32' }));
  const cases: [string, Operand, Operand][] = [
    ['both flat', of([3, 8]), of([3, 8])],
    ['one element', of([3, 8]), of([1])],
    ['a row for all', of([3, 8]), of([8])],
    ['a number for each row', of([3, 8]), of([3, 1])],
    ['axes between', of([2, 3, 4]), of([2, 1, 4])],
    ['a number for each of several axes', of([2, 3, 5, 4]), of([3, 1, 1])],
    ['rows that begin at fours', of([3, 8], (x) => x.slice({ axis: 1, start: 4 })), of([3, 4])],
    ['rows that do not', of([3, 8], (x) => x.slice({ axis: 1, start: 2, end: 6 })), of([3, 4])],
    ['rows of an uneven pitch', of([3, 7], (x) => x.slice({ axis: 1, start: 0, end: 4 })), of([3, 4])],
    ['an offset of its own', of([12], (x) => x.slice({ axis: 0, start: 1, end: 9 })), of([8])],
    ['a step', of([16], (x) => x.slice({ axis: 0, step: 2 })), of([8])],
    ['turned', of([8, 4], (x) => x.permute(1, 0)), of([4, 8])],
    ['backward', of([4, 8], (x) => x.flip({ axis: 0 })), of([4, 8])],
    ['large and turned', of([300, 260], (x) => x.permute(1, 0)), of([260, 300])],
    ['both large and turned', of([300, 260], (x) => x.permute(1, 0)), of([300, 260], (x) => x.permute(1, 0))],
    ['large, turned, of few columns', of([22000, 3], (x) => x.permute(1, 0)), of([22000])],
    [
      'large, of every sixteenth',
      of([9000, 8, 16], (x) => x.slice({ axis: 2, start: 3, end: 4 }).reshape([9000, 8])),
      of([8]),
    ],
    ['many', of([41, 100, 4]), of([100, 1])],
  ];

  test.each(cases)('%s', async (_name, x, y) => {
    const [got, want] = (['webgpu', 'reference'] as const).map((name) => add(x(name), y(name)));
    expect(await got!.data()).toEqual(Float32Array.from(await want!.data()));
  });
});

describe('numbers', () => {
  const odd = [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-40, -1e-40, 3e9, -3e9, 2147483500, 255.9, -1.9];
  const pairs = odd.flatMap((a) => odd.map((b) => [a, b] as const));

  async function values(name: string, body: (x: Tensor, y: Tensor) => Tensor): Promise<number[]> {
    const [x, y] = [0, 1].map((i) =>
      tensor(
        pairs.map((pair) => pair[i]!),
        { device: name as 'cpu' },
      ),
    ) as [Tensor, Tensor];
    return Array.from(await body(x, y).data());
  }

  const cases: [string, (x: Tensor, y: Tensor) => Tensor][] = [
    ['relu', (x) => x.relu()],
    ['sign', (x) => x.sign()],
    ['abs', (x) => x.abs()],
    ['neg', (x) => x.neg()],
    ['maximum', maximum],
    ['minimum', minimum],
    ['eq', (x, y) => x.eq(y)],
    ['ne', (x, y) => x.ne(y)],
    ['lt', (x, y) => x.lt(y)],
    ['le', (x, y) => x.le(y)],
    ['gt', (x, y) => x.gt(y)],
    ['ge', (x, y) => x.ge(y)],
    ['where', (x, y) => where(x.gt(0), x, y)],
    ...(['int32', 'bool'] as Dtype[]).map((dtype): [string, (x: Tensor) => Tensor] => [dtype, (x) => cast(x, dtype)]),
  ];

  test.each(cases)('%s of odd ones is what it is on the cpu', async (_name, body) => {
    const [got, want] = await Promise.all([values('webgpu', body), values('cpu', body)]);
    // −0 is 0, and so is a subnormal on some GPUs.
    const plain = (value: number): number => (Math.abs(value) < 2 ** -126 ? 0 : value);
    expect(got.map(plain)).toEqual(want.map(plain));
  });

  test('integers wrap', async () => {
    const most = 2147483647;
    const x = tensor([most, -most - 1, 65536, -7], { dtype: 'int32', device: 'webgpu' });
    expect([...(await x.add(1).data())]).toEqual([-most - 1, -most, 65537, -6]);
    expect([...(await x.mul(x).data())]).toEqual([1, 0, 0, 49]);
    expect([...(await x.neg().data())]).toEqual([-most, -most - 1, -65536, 7]);
    expect([...(await x.abs().data())]).toEqual([most, -most - 1, 65536, 7]);
  });
});
