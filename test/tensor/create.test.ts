import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { ArgumentError, DtypeError, ShapeError, device, memory, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { shapes } from '../../testing/shapes.ts';
import { allDevices as devices } from '../devices.ts';

/** Nested arrays of `shape`, and the same values flat. */
function nested(shape: readonly number[], seed: number): { values: unknown; flat: number[] } {
  const flat = [...new Generator(seed).normal(sizeOf(shape), 'float32')];
  let next = 0;
  const build = (axis: number): unknown =>
    axis === shape.length ? flat[next++]! : Array.from({ length: shape[axis]! }, () => build(axis + 1));
  return { values: build(0), flat };
}

describe.each(devices)('tensor() on %s', (name) => {
  const at = { device: name };

  property.prop([shapes(), fc.nat()])('nested arrays give their shape and row-major values', async (shape, seed) => {
    const empty = shape.indexOf(0);
    const visible = empty < 0 ? shape : shape.slice(0, empty + 1); // an empty array hides the axes inside
    const { values, flat } = nested(visible, seed);
    using x = tensor(values as unknown[], at);
    expect(x.shape).toEqual(visible);
    expect([...(await x.data())]).toEqual(flat);
    expect(await x.array()).toEqual(values);
  });

  test.each([
    ['a number', 2.5, [], 2.5],
    ['a boolean', true, [], true],
    ['an empty array', [], [0], []],
    ['empty rows', [[], []], [2, 0], [[], []]],
    ['booleans and numbers', [true, 2], [2], [1, 2]],
  ])('%s', async (_title, values, shape, wanted) => {
    using x = tensor(values, at);
    expect(x.shape).toEqual(shape);
    expect(await x.array()).toEqual(wanted);
  });

  test('dtypes follow the values', async () => {
    const runtime = await device(name);
    const real = name === 'reference' ? 'float64' : 'float32';
    const byte = name === 'cpu' ? 'uint8' : 'int32';
    const cases: [unknown, string][] = [
      [[1, 2], real],
      [[true, false], 'bool'],
      [[], real],
      [new Float32Array(2), real],
      [new Float64Array(2), real],
      [new Int8Array(2), 'int32'],
      [new Int16Array(2), 'int32'],
      [new Uint32Array(2), 'int32'],
      [new BigInt64Array(2), 'int32'],
      [new Uint8Array(2), byte],
      [new Uint8ClampedArray(2), byte],
      [Buffer.alloc(2), byte],
    ];
    scope(() => {
      for (const [values, dtype] of cases) {
        const x = tensor(values as number[], { device: runtime });
        expect(x.dtype, String(values)).toBe(dtype);
        expect(x.device).toBe(runtime);
      }
    });
  });

  test('a subclass of a typed array is what it extends', () => {
    class Samples extends Float32Array {}
    using x = tensor(new Samples(2), at);
    expect(x.dtype).toBe(name === 'reference' ? 'float64' : 'float32');
  });

  test('a typed array is copied', async () => {
    const values = new Float32Array([1, 2]);
    using x = tensor(values, at);
    values[0] = 9;
    expect(await x.array()).toEqual([1, 2]);
  });

  test('a view of a larger buffer gives its own elements', async () => {
    using x = tensor(new Float32Array([0, 1, 2, 3]).subarray(1, 3), at);
    expect(await x.array()).toEqual([1, 2]);
  });

  test('a shape folds flat values, and is copied', async () => {
    const shape = [2, 2];
    using x = tensor([1, 2, 3, 4], { ...at, shape });
    shape[0] = 7;
    expect(x.shape).toEqual([2, 2]);
    expect(await x.array()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
  });

  test('a bool is whether the value differs from 0', async () => {
    using x = tensor([0, -0, 2, NaN], { ...at, dtype: 'bool' });
    expect(await x.array()).toEqual([false, false, true, true]);
  });

  test('the largest and smallest int32 and uint8 arrive', async () => {
    using x = tensor([2 ** 31 - 1, -(2 ** 31)], { ...at, dtype: 'int32' });
    expect(await x.array()).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    using y = tensor([0, 255], { ...at, dtype: 'uint8' });
    expect(await y.array()).toEqual([0, 255]);
  });

  test('NaN and infinities arrive in reals', async () => {
    using x = tensor([NaN, Infinity, -Infinity, -0], at);
    expect([...(await x.data())]).toEqual([NaN, Infinity, -Infinity, -0]);
  });

  const bad: [string, unknown, object, new (...args: never[]) => Error, string][] = [
    ['ragged rows', [[1, 2], [3]], {}, ShapeError, 'ragged: an array of 1 at depth 1 where an array of 2'],
    ['a number among rows', [[1], 2], {}, ShapeError, 'ragged: 2 at depth 1'],
    ['a row among numbers', [1, [2]], {}, ShapeError, 'an array of 1 at depth 1 where a number'],
    ['text', ['a'], {}, ArgumentError, 'string is not a value of a tensor'],
    ['a hole', [1, undefined], {}, ArgumentError, 'undefined is not a value'],
    ['null', null, {}, ArgumentError, 'object is not a value'],
    ['a DataView', new DataView(new ArrayBuffer(4)), {}, DtypeError, 'a DataView has no element type'],
    [
      'a shape of another size',
      [1, 2, 3],
      { shape: [2, 2] },
      ShapeError,
      'shape [2, 2] holds 4 elements, the array has 3',
    ],
    ['another shape than the nested', [[1, 2]], { shape: [2, 1] }, ShapeError, 'have shape [1, 2], not [2,1]'],
    ['a negative size', new Float32Array(4), { shape: [-2, -2] }, ShapeError, 'every size must be an integer >= 0'],
    ['a shape that is a number', [1, 2], { shape: 2 }, ShapeError, 'shape must be an array of sizes'],
    ['a fraction as int32', [1, 2.5], { dtype: 'int32' }, DtypeError, '2.5 at position 1 does not fit int32'],
    ['NaN as int32', [NaN], { dtype: 'int32' }, DtypeError, 'NaN at position 0 does not fit int32'],
    ['2 ** 31 as int32', [2 ** 31], { dtype: 'int32' }, DtypeError, '2147483648 at position 0 does not fit int32'],
    ['an u32 that is too large', new Uint32Array([2 ** 32 - 1]), {}, DtypeError, 'does not fit int32'],
    ['a bigint that is too large', new BigInt64Array([2n ** 40n]), {}, DtypeError, 'does not fit int32'],
    ['an unknown dtype', [1], { dtype: 'float' }, DtypeError, "'float' is not a dtype; use one of bool, uint8"],
    [
      'integers that require a gradient',
      [1],
      { dtype: 'int32', requiresGrad: true },
      DtypeError,
      'only floating point',
    ],
    ['an unknown device', [1], { device: 'gpu' }, Error, "there is no device 'gpu' here; use one of"],
  ];
  test.each(bad)('%s: refused, and nothing is kept', (_title, values, options, kind, message) => {
    const before = memory()[name];
    const make = (): unknown => tensor(values as number[], { ...at, ...options });
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
    expect(memory()[name]).toEqual(before);
  });
});

test('Float16Array holds reals', { skip: !('Float16Array' in globalThis) }, async () => {
  const { Float16Array } = globalThis as unknown as { Float16Array: new (values: number[]) => ArrayBufferView };
  using x = tensor(new Float16Array([0.5, 2]), { device: 'reference' });
  expect(await x.array()).toEqual([0.5, 2]);
});
