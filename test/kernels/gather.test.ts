import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { embedding, gather, grad, oneHot, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { devices, hostDevices } from '../devices.ts';
import { draw, readScoped, secondOrderError } from './operands.ts';
import { expectSameBits } from './threads.ts';

const int = { dtype: 'int32' } as const;

describe.each(devices)('on %s', (device) => {
  test('gather along each axis of random shapes', async () => {
    const shapes = fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 6 })));
    const problems = fc.record({
      shape: shapes,
      axis: fc.integer({ min: 0, max: 2 }),
      length: fc.integer({ min: 0, max: 7 }),
      seed: fc.nat(1e6),
    });
    await fc.assert(
      fc.asyncProperty(problems, async ({ shape, axis, length, seed }) => {
        const generator = new Generator(seed);
        const x = draw(generator, shape);
        // Other axes of the index may be shorter than x's.
        const size = shape.map((n, i) => (i === axis ? length : 1 + generator.integers(1, 0, n)[0]!));
        const index = generator.integers(
          size.reduce((a, b) => a * b, 1),
          0,
          shape[axis]!,
        );
        const got = await readScoped(() =>
          gather(tensor(x, { shape, device }), axis, tensor(index, { shape: size, device })),
        );
        expect(got.shape).toEqual(size);
        let next = 0;
        for (let i = 0; i < size[0]!; i++)
          for (let j = 0; j < size[1]!; j++)
            for (let k = 0; k < size[2]!; k++) {
              const place = [i, j, k].with(axis, index[next]!);
              const from = (place[0]! * shape[1]! + place[1]!) * shape[2]! + place[2]!;
              expect(got.data[next++]).toBe(x[from]);
            }
      }),
      { numRuns: 40 },
    );
  });

  test('rows named twice get both gradients', async () => {
    const { data } = await readScoped(() => {
      const table = tensor(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        { device, requiresGrad: true },
      );
      const y = embedding(
        table,
        tensor(
          [
            [2, 0],
            [2, 2],
          ],
          { ...int, device },
        ),
      );
      expect(y.shape).toEqual([2, 2, 2]);
      return grad(y, [table], { gradOutput: tensor([1, 2, 3, 4, 5, 6, 7, 8], { shape: [2, 2, 2], device }) })[0]!;
    });
    expect(Array.from(data)).toEqual([3, 4, 0, 0, 13, 16]);
  });
});

describe.each(hostDevices)('on %s', (device) => {
  test('an index out of range is refused with its place, also when nothing can be chosen', () => {
    scope(() => {
      const x = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device },
      );
      const index = (values: unknown[]): Tensor => tensor(values, { ...int, device });
      expect(() =>
        gather(
          x,
          1,
          index([
            [0, 0, 2],
            [0, 0, 0],
          ]),
        ),
      ).toThrow('gather: index holds 2 at [0, 2]; use 0..1');
      expect(() =>
        gather(
          x,
          0,
          index([
            [0, 0],
            [0, -1],
          ]),
        ),
      ).toThrow('index holds -1 at [1, 1]');
      expect(() => gather(x, 0, index([0, 1]))).toThrow("index must have x's rank");
      expect(() => gather(x, 0, index([[0, 0, 0]]))).toThrow('only axis 0 may be longer');
      expect(() => embedding(x, index([0, 5]))).toThrow('embedding: index holds 5 at [1]; use 0..1');
      expect(() => oneHot(index([3]), { classes: 3 })).toThrow('oneHot: index holds 3 at [0]; use 0..2');
      const empty = tensor(new Float32Array(), { shape: [0, 3], device });
      expect(() => embedding(empty, index([0]))).toThrow('there is nothing to choose from');
    });
  });

  test('bad indices of long lists are found in any block', () => {
    scope(() => {
      const x = tensor([1, 2, 3], { device, shape: [3, 1] });
      for (const at of [0, 16383, 16384, 39_997]) {
        const index = new Int32Array(40_001);
        index[at] = 3;
        expect(() => embedding(x, tensor(index, { device }))).toThrow(`index holds 3 at [${at}]`);
      }
    });
  });
});

test('bytes and repeated indices', () => {
  scope(() => {
    const flags = tensor([[true, false, true]]);
    expect(Array.from(gather(flags, 1, tensor([[2, 1]], { dtype: 'uint8' })).dataNow()!)).toEqual([1, 0]);
    const rows = tensor([
      [1, 2],
      [3, 4],
    ]);
    const one = tensor([1, 0, 1], int).unsqueeze(1).expand([3, 2]);
    expect(Array.from(gather(rows, 0, one).dataNow()!)).toEqual([3, 4, 1, 2, 3, 4]);
    expect(oneHot(tensor([1], int), { classes: 2 }).dtype).toBe('int32');
  });
});

test('threads do not change a bit of the sums', async () => {
  const generator = new Generator(9);
  const g = draw(generator, [9000, 70]);
  const index = generator.integers(9000, 0, 11);
  await expectSameBits(() => {
    const table = tensor(draw(new Generator(1), [11, 70]), { shape: [11, 70], requiresGrad: true });
    return grad(embedding(table, tensor(index)), [table], { gradOutput: tensor(g, { shape: [9000, 70] }) })[0]!;
  });
});

test('second derivatives', () => {
  const index = (): Tensor =>
    tensor(
      [
        [0, 2, 2],
        [1, 1, 0],
      ],
      { ...int, device: 'reference' },
    );
  expect(secondOrderError((x) => gather(x, 0, index()).square(), [[3, 4]])).toBeLessThan(1e-6);
  expect(secondOrderError((x) => embedding(x, index()).square(), [[3, 2]])).toBeLessThan(1e-6);
});
