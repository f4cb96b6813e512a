// What integers do at the ends of their range, and where reals become integers: the same on every device.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { arange, cast, full, tensor } from '../../index.ts';
import { devices } from '../devices.ts';
import { readScoped } from './operands.ts';

const [least, most] = [-(2 ** 31), 2 ** 31 - 1];

type Ints = (...values: number[]) => Tensor;
const cases: readonly [name: string, run: (of: Ints) => Tensor, wanted: readonly number[]][] = [
  ['add', (of) => of(most).add(1), [least]],
  ['sub', (of) => of(least).sub(of(1)), [most]],
  ['mul', (of) => of(most, 123456789).mul(of(most, 987654321)), [1, -67153019]],
  ['neg', (of) => of(least).neg(), [least]],
  ['abs', (of) => of(least, -7).abs(), [least, 7]],
  ['square', (of) => of(65537, 123456789).square(), [131073, -1757895751]],
  ['sign', (of) => of(least, 0, most).sign(), [-1, 0, 1]],
  ['sum', (of) => of(most, most, most).sum(), [2 ** 31 - 3]],
  ['prod', (of) => of(123456789, 987654321, 3).prod(), [-201459057]],
  ['cumsum', (of) => of(most, 1, 5).cumsum({ axis: 0 }), [most, least, least + 5]],
  ['div by 0', (of) => of(5, -5, 0).div(0), [Infinity, -Infinity, NaN]],
  ['mod by 0', (of) => of(5, -5, 0).mod(0), [0, 0, 0]],
  ['mod', (of) => of(7, -7, 7, -7, least).mod(of(3, 3, -3, -3, -1)), [1, 2, -2, -1, 0]],
  ['max', (of) => of(least, most).max(), [most]],
  ['clamp beyond the range', (of) => of(least, most).clamp({ min: -5, max: 1e12 }), [-5, most]],
  ['a fraction makes reals', (of) => of(3).add(0.5), [3.5]],
];

describe.each(devices)('on %s', (device) => {
  test.each(cases)('%s', async (_name, run, wanted) => {
    const got = await readScoped(() => run((...values) => tensor(Int32Array.from(values), { device })));
    expect(Array.from(got.data)).toEqual(wanted);
  });

  test('reals beyond the range become its ends, and NaN 0', async () => {
    const values = [3e9, -3e9, NaN, Infinity, -Infinity, 2147483520, -0.9, 1.9];
    const as = async (dtype: 'int32' | 'uint8', x: () => Tensor): Promise<number[]> =>
      Array.from((await readScoped(() => cast(x(), dtype))).data);
    const reals = (): Tensor => tensor(values, { device });
    expect(await as('int32', reals)).toEqual([most, least, 0, most, least, 2147483520, 0, 1].map((v) => v + 0));
    expect(await as('uint8', reals)).toEqual([255, 0, 0, 255, 0, 255, 0, 1]);
    expect(await as('uint8', () => tensor(Int32Array.of(-1, 0, 255, 256), { device }))).toEqual([0, 0, 255, 255]);
  });
});

test('what does not fit when a tensor is made is refused', () => {
  const message = 'does not fit int32; use integers in -2147483648..2147483647';
  expect(() => arange(most - 1, most + 3)).toThrow(message);
  expect(() => tensor([0.5], { dtype: 'int32' })).toThrow(message);
  expect(() => full([2], 3e9, { dtype: 'int32' })).toThrow('3000000000');
});
