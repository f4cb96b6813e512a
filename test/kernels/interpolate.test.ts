import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InterpolateOptions, Tensor } from '../../index.ts';
import { interpolate, memory, randn, scope, tensor, zeros } from '../../index.ts';
import { interpolationBand } from '../../kernels/spatial/interpolationBand.ts';
import { transposeBand } from '../../kernels/spatial/band.ts';
import { readScoped, secondOrderError } from './operands.ts';

const resizes = fc.record({
  kind: fc.constantFrom('nearest' as const, 'nearestExact' as const, 'linear' as const, 'cubic' as const),
  length: fc.integer({ min: 1, max: 30 }),
  size: fc.integer({ min: 1, max: 30 }),
  factor: fc.constant(undefined),
  alignCorners: fc.boolean(),
  antialias: fc.boolean(),
});

describe('bands', () => {
  test('have rows that sum to 1, inside, from columns that do not fall', () => {
    fc.assert(
      fc.property(resizes, (resize) => {
        const { length, starts, weights } = interpolationBand(resize);
        expect(starts).toHaveLength(resize.size);
        weights.forEach((row, i) => {
          expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
          expect(starts[i]! + row.length).toBeLessThanOrEqual(length);
          expect(starts[i]!).toBeGreaterThanOrEqual(starts[i - 1] ?? 0);
        });
      }),
    );
  });

  test('transposed have each weight once, where row and column changed places', () => {
    const entries = (band: ReturnType<typeof interpolationBand>, isTurned: boolean): string[] =>
      band.weights
        .flatMap((row, i) =>
          row.flatMap((weight, t) => {
            const column = band.starts[i]! + t;
            return weight === 0 ? [] : [isTurned ? `${column} ${i} ${weight}` : `${i} ${column} ${weight}`];
          }),
        )
        .sort();
    fc.assert(
      fc.property(resizes, (resize) => {
        const band = interpolationBand(resize);
        expect(entries(transposeBand(band), true)).toEqual(entries(band, false));
      }),
    );
  });
});

const line = (options: InterpolateOptions): Promise<number[]> =>
  readScoped(() => interpolate(tensor([[[0, 1, 4]]]), options)).then(({ data }) => Array.from(data, Number));

describe('a line of 0, 1, 4', () => {
  test.each<[InterpolateOptions, number[]]>([
    [{ scaleFactor: 2 }, [0, 0, 1, 1, 4, 4]],
    [{ size: 2 }, [0, 1]],
    [{ size: 2, mode: 'nearestExact' }, [0, 4]],
    [{ scaleFactor: 2, mode: 'linear' }, [0, 0.25, 0.75, 1.75, 3.25, 4]],
    [{ size: 5, mode: 'linear', alignCorners: true }, [0, 0.5, 1, 2.5, 4]],
    [{ size: 1, mode: 'linear', alignCorners: true }, [0]],
    [{ size: 1, mode: 'area' }, [5 / 3]],
    [{ size: 3, mode: 'linear' }, [0, 1, 4]],
  ])('%o', async (options, want) => {
    const got = await line(options);
    expect(got).toHaveLength(want.length);
    got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 6));
  });
});

test('a row of a triangle over each pair of pixels, with antialias', async () => {
  const { data } = await readScoped(() =>
    interpolate(tensor([[[[8, 0, 0, 0]]]]), { size: [1, 2], mode: 'bilinear', antialias: true }),
  );
  // Weights 3, 3, 1 of places 0, 1, 2, and 1, 3, 3 of 1, 2, 3.
  expect(data[0]).toBeCloseTo(24 / 7, 6);
  expect(data[1]).toBe(0);
});

test('can be differentiated twice', () => {
  const options = { size: [5, 2], mode: 'bicubic' } as const;
  expect(secondOrderError((x: Tensor) => interpolate(x, options), [[1, 2, 3, 4]])).toBeLessThan(1e-6);
});

test('leaves nothing behind, nor a second handle where nothing changes', () => {
  const x = randn([1, 2, 4, 4]);
  const before = memory().cpu!.tensors;
  for (const options of [{ size: 4 }, { scaleFactor: 2, mode: 'bilinear' }, { size: [2, 5], mode: 'area' }] as const) {
    interpolate(x, options).dispose();
    expect(memory().cpu!.tensors).toBe(before);
  }
  x.dispose();
});

describe('refusals', () => {
  const x = zeros([1, 2, 4, 4]);
  test.each<[string, InterpolateOptions]>([
    ['needs either size or scaleFactor', {}],
    ['needs either size or scaleFactor', { size: 2, scaleFactor: 2 }],
    ["mode 'cubic' is unknown; use nearest", { size: 2, mode: 'cubic' as 'bicubic' }],
    ["mode 'trilinear' is for rank 5", { size: 2, mode: 'trilinear' }],
    ["mode 'nearest' has no alignCorners", { size: 2, alignCorners: true }],
    ["mode 'area' has no antialias", { size: 2, mode: 'area', antialias: true }],
    ['size 0 must be', { size: 0 }],
    ['scaleFactor 0.1 makes of [4, 4] no sizes >= 1', { scaleFactor: 0.1 }],
    ['scaleFactor [2] makes of [4, 4] no sizes >= 1', { scaleFactor: [2] }],
  ])('%s', (message, options) => {
    expect(() => scope(() => interpolate(x, options))).toThrow(message);
  });
  test('maps without pixels', () => {
    expect(() => scope(() => interpolate(zeros([1, 2, 0, 4]), { size: 2 }))).toThrow('has no pixels');
  });
});
