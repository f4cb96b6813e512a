import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { linear, matmul, memory, noGrad, ones, scope, tensor, zeros } from '../../index.ts';
import { sgdStep } from '../../kernels/index.ts';
import { Generator } from '../../tensor/philox.ts';
import { draw, errorOf, readScoped, secondOrderError, withThreads } from './operands.ts';

const size = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(1, 8, 64, 97, 257));

describe('matmul', () => {
  test('equals the reference for any sizes, transposes and batches', async () => {
    const problem = fc.record({
      m: size,
      n: size,
      k: size,
      batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      aIsOne: fc.boolean(),
      bIsOne: fc.boolean(),
      aTurned: fc.boolean(),
      bTurned: fc.boolean(),
      seed: fc.nat(1e6),
    });
    await fc.assert(
      fc.asyncProperty(problem, async ({ m, n, k, batch, aIsOne, bIsOne, aTurned, bTurned, seed }) => {
        fc.pre(m * n * k < 300_000);
        const generator = new Generator(seed);
        const a = [...(aIsOne ? [] : batch), m, k];
        const b = [...(bIsOne ? batch.map(() => 1) : batch), k, n];
        const inputs = { a: { shape: a, data: draw(generator, a) }, b: { shape: b, data: draw(generator, b) } };
        const error = await errorOf(matmul, inputs, {}, (x) => {
          const left = aTurned ? x['a']!.transpose().contiguous().transpose() : x['a']!;
          const right = bTurned ? x['b']!.transpose().contiguous().transpose() : x['b']!;
          return matmul(left, right);
        });
        expect(error).toBeLessThan(5e-6);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['a long sum of few elements', [5, 7000], [7000, 9]],
    ['wide rows, far apart', [70, 300], [300, 700]],
    ['more rows than a block has', [389, 21], [21, 13]],
  ])('equals the reference with %s', async (_name, a, b) => {
    const generator = new Generator(3);
    const inputs = { a: { shape: a, data: draw(generator, a) }, b: { shape: b, data: draw(generator, b) } };
    expect(await errorOf(matmul, inputs, {}, (x) => matmul(x['a']!, x['b']!))).toBeLessThan(1e-5);
    const turned = (x: Parameters<Parameters<typeof errorOf>[3]>[0]) =>
      matmul(x['a']!.transpose().contiguous().transpose(), x['b']!.transpose().contiguous().transpose());
    expect(await errorOf(matmul, inputs, {}, turned)).toBeLessThan(1e-5);
  });

  test('gives the same bits for any number of threads', async () => {
    const generator = new Generator(4);
    for (const [a, b] of [
      [
        [200, 300],
        [300, 150],
      ],
      [
        [12, 9000],
        [9000, 20],
      ],
      [
        [30, 40, 50],
        [30, 50, 60],
      ],
    ] as const) {
      const [left, right] = [draw(generator, a), draw(generator, b)];
      const results = await withThreads(() =>
        matmul(tensor(left, { shape: [...a] }), tensor(right, { shape: [...b] })),
      );
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    }
  });

  test('NaN and infinities propagate: 0 · ∞ and 0 · NaN are NaN', async () => {
    const { data } = await readScoped(() => {
      const a = tensor([
        [0, 1],
        [1, 0],
        [2, 3],
      ]);
      return matmul(
        a,
        tensor([
          [Infinity, 1, NaN],
          [1, -Infinity, 1],
        ]),
      );
    });
    expect([...data]).toEqual([NaN, -Infinity, NaN, Infinity, NaN, NaN, Infinity, -Infinity, NaN]);
  });

  test('gives temporary memory back', () => {
    scope(() => {
      const a = tensor(new Float32Array(200 * 300), { shape: [200, 300] });
      const before = memory()['cpu']!.bytes;
      matmul(a, tensor(new Float32Array(300 * 200), { shape: [200, 300] }).transpose()).dispose();
      expect(memory()['cpu']!.bytes - before).toBeLessThanOrEqual(300 * 200 * 4 + 64);
    });
  });

  test('can be differentiated twice', () => {
    expect(
      secondOrderError(matmul, [
        [2, 3, 4],
        [4, 5],
      ]),
    ).toBeLessThan(1e-6);
  });
});

describe('linear', () => {
  test('keeps a bias for backward only where an activation needs it', () => {
    const [x, weight] = [ones([2, 3]), ones([4, 3])];
    const bias = zeros([4], { requiresGrad: true });
    const change = (): void => noGrad(() => sgdStep([bias], [ones([4])], [], undefined, { lr: 1 }));
    const plain = linear(x, weight, bias).sum();
    const curved = linear(x, weight, bias, { activation: 'gelu' }).sum();
    change();
    plain.backward();
    expect(() => curved.backward()).toThrow('changed in place by sgdStep');
  });

  test('can be differentiated twice', () => {
    for (const activation of ['none', 'gelu', 'silu'] as const) {
      const error = secondOrderError(
        (x, weight, bias) => linear(x, weight, bias, { activation }),
        [[2, 3, 4], [5, 4], [5]],
      );
      expect(error, activation).toBeLessThan(1e-6);
    }
  });

  test('equals the reference from one row to many', async () => {
    for (const rows of [1, 2, 3, 8, 9, 50, 130]) {
      const generator = new Generator(rows);
      const [x, weight, bias] = [[rows, 37], [45, 37], [45]];
      const inputs = {
        x: { shape: x, data: draw(generator, x) },
        weight: { shape: weight, data: draw(generator, weight) },
        bias: { shape: bias, data: draw(generator, bias) },
      };
      const error = await errorOf(linear, inputs, {}, (t) => linear(t['x']!, t['weight']!, t['bias']));
      expect(error, `${rows} rows`).toBeLessThan(5e-6);
    }
  });

  test.each([
    ['a row', 1, 37, 45],
    ['a column', 29, 37, 1],
    ['a few rows, by columns', 5, 37, 45],
    ['slices of a long sum', 6, 7000, 9],
    ['several blocks', 400, 19, 301],
  ])('an activation gives the bits that it gives by itself: %s', (_name, m, k, n) => {
    const generator = new Generator(m);
    scope(() => {
      const [x, weight, bias] = [[m, k], [n, k], [n]].map((shape) => tensor(draw(generator, shape), { shape }));
      for (const added of [bias, undefined]) {
        const plain = linear(x!, weight!, added);
        const bits = (y: Tensor): Buffer => Buffer.from(y.dataNow()!.buffer);
        for (const activation of ['relu', 'gelu', 'silu'] as const)
          expect(bits(linear(x!, weight!, added, { activation })).equals(bits(plain[activation]())), activation).toBe(
            true,
          );
      }
    });
  });
});
