import { inspect } from 'node:util';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Dtype } from '../../tensor/dtype.ts';
import { tensor } from '../../index.ts';
import { allocateArray } from '../../tensor/dtype.ts';
import { formatTensor, nest } from '../../tensor/format.ts';
import { allDevices as devices } from '../devices.ts';

interface Print {
  shape: number[];
  dtype: Dtype;
  values: (number | string)[];
  print: string;
}

const path = new URL('../golden/format/prints.json', import.meta.url);
const prints = JSON.parse(readFileSync(path, 'utf8')) as Print[];

describe('prints are those of PyTorch 1.13', () => {
  test.each(prints.map((entry, i): [string, Print] => [`${i} ${entry.dtype} ${JSON.stringify(entry.shape)}`, entry]))(
    '%s',
    (_title, { shape, dtype, values, print }) => {
      const data = allocateArray(dtype, values.length);
      data.set(values.map(Number));
      expect(formatTensor(data, { shape, dtype })).toBe(print);
    },
  );
});

describe.each(devices)('format() on %s', (device) => {
  test('reads the elements of a view in its order', async () => {
    using x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], dtype: 'int32', device });
    using y = x.transpose();
    expect(await y.format()).toBe('tensor([[1, 4],\n        [2, 5],\n        [3, 6]], dtype=int32)');
  });

  test('String() says what it is without reading', () => {
    using x = tensor([[1, 2]], { device, requiresGrad: true });
    expect(String(x)).toBe(`Tensor(${x.dtype} [1, 2] on ${device}, requiresGrad)`);
    x.dispose();
    expect(String(x)).toBe(`Tensor(${x.dtype} [1, 2] on ${device}, requiresGrad, freed)`);
  });
});

describe('nest', () => {
  test('follows the shape, also of empty axes and of rank 0', () => {
    const data = new Int32Array([1, 2, 3, 4]);
    expect(nest(data, [2, 1, 2], 'int32')).toEqual([[[1, 2]], [[3, 4]]]);
    expect(nest(new Int32Array(0), [2, 0, 3], 'int32')).toEqual([[], []]);
    expect(nest(new Int32Array(0), [0, 3], 'int32')).toEqual([]);
    expect(nest(new Uint8Array([1]), [], 'bool')).toBe(true);
  });
});

test('console.log shows dtype, shape and device, not the inside', () => {
  using x = tensor([[1, 2]], { device: 'cpu' });
  expect(inspect(x)).toBe('Tensor(float32 [1, 2] on cpu)');
});
