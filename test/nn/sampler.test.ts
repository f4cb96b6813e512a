import { describe, expect, test } from 'vitest';
import type { Generator, Tensor } from '../../index.ts';
import { manualSeed } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { DataLoader, TensorDataset } = nn.data;

const dataset = new TensorDataset({
  label: { shape: [10], data: Uint8Array.from({ length: 10 }, (_, i) => i) },
});

async function labels(loader: AsyncIterable<{ label: Tensor }>, count = Infinity): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { label } of loader) {
    found.push([...label.dataNow()!]);
    if (found.length === count) break;
  }
  return found;
}

describe('a sampler', () => {
  /** The even samples, those of odd epochs backward; its i-th sample stands at place 2i of the epoch. */
  const evens: nn.data.Sampler = {
    size: 5,
    order: (epoch) => (epoch % 2 ? [8, 6, 4, 2, 0] : [0, 2, 4, 6, 8]),
    place: (i) => 2 * i,
  };

  test('says which samples an epoch has, and a loader goes on from its state', async () => {
    const loader = new DataLoader(dataset, { batchSize: 2, sampler: evens });
    expect(loader.length).toBe(3);
    expect(await labels(loader)).toEqual([[0, 2], [4, 6], [8]]); // prettier-ignore
    expect(await labels(loader, 1)).toEqual([[8, 6]]);
    const resumed = new DataLoader(dataset, { batchSize: 2, sampler: evens });
    resumed.setState(loader.state());
    expect(await labels(resumed)).toEqual([[4, 2], [0]]); // prettier-ignore
  });

  test('says at which place a sample draws its random numbers', async () => {
    const transform = (_sample: object, generator: Generator): { label: number } => ({
      label: generator.bits(1)[0]! % 251,
    });
    const draws = async (options: object): Promise<number[]> => {
      manualSeed(5);
      return (await labels(new DataLoader(dataset, { batchSize: 10, transform, ...options }))).flat();
    };
    const all = await draws({});
    expect(await draws({ sampler: evens })).toEqual([0, 2, 4, 6, 8].map((place) => all[place]));
  });

  test('is refused beside shuffle, without an order, or when it gives another number of samples', async () => {
    expect(() => new DataLoader(dataset, { sampler: evens, shuffle: true })).toThrow(/both say the order/);
    expect(() => new DataLoader(dataset, { sampler: { size: 3 } as never })).toThrow(/its order is undefined/);
    const short = new DataLoader(dataset, { sampler: { size: 3, order: () => [1] } });
    await expect(labels(short)).rejects.toThrow(/gave 1 indices; sampler.size is 3/);
  });
});
