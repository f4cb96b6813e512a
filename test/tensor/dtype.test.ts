import { describe, expect, test } from 'vitest';
import type { Dtype } from '../../tensor/dtype.ts';
import { tensor, type Tensor } from '../../index.ts';
import { allocateArray, byteSize, checkDtype, isFloat, promote } from '../../tensor/dtype.ts';
import { allDevices as devices } from '../devices.ts';

const order: readonly Dtype[] = ['bool', 'uint8', 'int32', 'float16', 'float32', 'float64'];

test('of two dtypes the one further right wins, whichever comes first', () => {
  order.forEach((a, i) => order.forEach((b, j) => expect(promote(a, b)).toBe(order[Math.max(i, j)])));
});

test('arrays hold what the dtype says', () => {
  expect(order.filter(isFloat)).toEqual(['float16', 'float32', 'float64']);
  for (const dtype of order) {
    const bytes = allocateArray(dtype, 3).BYTES_PER_ELEMENT;
    expect(bytes).toBe(dtype === 'float16' ? 4 : byteSize[dtype]); // float16 travels as float32
  }
});

test('a name that is none of the six lists them', () => {
  expect(() => checkDtype('zeros', 'int64')).toThrow(
    "zeros: 'int64' is not a dtype; use one of bool, uint8, int32, float16, float32, float64",
  );
});

/** What x + y becomes; the rule is stated once, in promote() and defineOp's dtypes. */
describe.each(devices)('mixed operands on %s', (device) => {
  const real: Dtype = device === 'reference' ? 'float64' : 'float32';
  const make = (dtype: Dtype): Tensor => tensor([1, 0, 1], { dtype, device });
  const table: [Dtype, Dtype, Dtype][] = [
    ['bool', 'bool', 'int32'],
    ['bool', 'int32', 'int32'],
    ['bool', real, real],
    ['int32', 'int32', 'int32'],
    ['int32', real, real],
    [real, real, real],
  ];
  if (device === 'cpu') table.push(['uint8', 'uint8', 'int32'], ['uint8', 'bool', 'int32'], ['uint8', real, real]);

  test.each(table)('%s and %s give %s', async (a, b, wanted) => {
    using x = make(a);
    using y = make(b);
    using there = x.add(y);
    using back = y.add(x);
    expect([there.dtype, back.dtype]).toEqual([wanted, wanted]);
    expect([await there.array(), await back.array()]).toEqual([[2, 0, 2], [2, 0, 2]]); // prettier-ignore
  });

  test.each<[Dtype, number, Dtype]>([
    [real, 2, real],
    [real, 0.5, real],
    ['int32', 2, 'int32'],
    ['int32', -0, 'int32'],
    ['int32', 0.5, real],
    ['int32', NaN, real],
    ['int32', Infinity, real],
    ['int32', 2 ** 31 - 1, 'int32'],
    ['int32', -(2 ** 31), 'int32'],
    ['int32', 2 ** 31, real],
    ['bool', 2, 'int32'],
    ['bool', 0.5, real],
  ])('%s and the number %d give %s', async (dtype, number, wanted) => {
    using x = tensor([0, 0], { dtype, device });
    using sum = x.add(number);
    expect(sum.dtype).toBe(wanted);
    expect(await sum.array()).toEqual([number + 0, number + 0]);
  });
});
