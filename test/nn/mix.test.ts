import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../index.ts';
import { Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { beta } from '../../nn/data/transforms/beta.ts';

const { compose } = nn.data;
type HostArray = nn.data.HostArray;
const seeds = fc.nat(2 ** 30).map((seed) => new Generator(seed));

describe('mixed batches', () => {
  const count = 4;
  const batch = {
    // Sample i is i everywhere.
    image: {
      dtype: 'float32',
      shape: [count, 2, 6, 8],
      data: Float32Array.from({ length: count * 96 }, (_, i) => Math.floor(i / 96)),
    },
    label: { dtype: 'int32', shape: [count], data: Int32Array.of(2, 0, 1, 1) },
  } satisfies Record<string, HostTensor>;

  test.each(['mixup', 'cutmix'] as const)('%s mixes images and labels by one share', (name) => {
    const shares = new Set<number>();
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.2, 1, 5), (generator, alpha) => {
        const { image, label } = nn.data[name]({ alpha, numClasses: 3 })(batch, generator);
        expect([image.shape, label.shape, label.dtype]).toEqual([[count, 2, 6, 8], [count, 3], 'float32']);
        const share = label.data[2]!; // the first sample's own class is the last: the one before it, the last, has class 1
        shares.add(share);
        expect(label.data[1]).toBeCloseTo(1 - share, 6);
        expect(label.data.slice(9)).toEqual(Float32Array.of(0, 1, 0)); // 1 with 1
        const mean = image.data.slice(96, 192).reduce((a, b) => a + b) / 96; // 1 with 0
        expect(mean).toBeCloseTo(share, 5);
      }),
    );
    expect(shares.size).toBeGreaterThan(10);
    expect(batch.image.data[0]).toBe(0);
  });

  test('mixed again: labels may be shares', () => {
    const twice = compose(nn.data.cutmix({ numClasses: 3 }), nn.data.mixup({ numClasses: 3 }));
    const { label } = twice(batch, new Generator(2));
    for (let i = 0; i < count; i++)
      expect(label.data.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });

  test('by a loader: the same for the same seed, another for each batch', async () => {
    const dataset = new nn.data.TensorDataset({
      image: { shape: [8, 1, 2, 2], data: new Float32Array(32) },
      label: { shape: [8], data: Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1) },
    });
    const mix = nn.data.mixup({ numClasses: 2 });
    const run = async (): Promise<number[][]> => {
      const found: number[][] = [];
      const generator = new Generator(3);
      const collate = (samples: readonly Record<'image' | 'label', HostArray>[], own: Generator) =>
        mix(nn.data.stack(samples), own);
      for await (const { label } of new nn.data.DataLoader(dataset, { batchSize: 4, collate, generator }))
        found.push([...(await label.data())]);
      return found;
    };
    const batches = await run();
    expect(await run()).toEqual(batches);
    expect(batches[0]).not.toEqual(batches[1]);
  });

  test.each([0.2, 1, 4])('shares are of Beta(%f)', (alpha) => {
    const generator = new Generator(7);
    const values = Array.from({ length: 4000 }, () => beta(generator, alpha));
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1);
    expect(beta(generator, 1e-3)).toBeGreaterThanOrEqual(0); // no 0 / 0
  });
});
