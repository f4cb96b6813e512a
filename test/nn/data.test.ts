import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { Generator, manualSeed, memory, ShapeError, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { DataLoader, TensorDataset } = nn.data;
type HostArray = nn.data.HostArray;

/** Ten samples: x is [i, -i], label is i. */
const dataset = new TensorDataset({
  x: { shape: [10, 2], data: Float32Array.from({ length: 20 }, (_, i) => (i % 2 ? -1 : 1) * Math.floor(i / 2)) },
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

describe('batches', () => {
  test('stack samples in order, and the last may be smaller', async () => {
    const loader = new DataLoader(dataset, { batchSize: 4 });
    expect(loader.length).toBe(3);
    expect(await labels(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    for await (const { x, label } of loader) {
      expect([x.shape, x.dtype, label.shape, label.dtype]).toEqual([[4, 2], 'float32', [4], 'uint8']);
      expect(await x.array()).toEqual([
        [0, -0],
        [1, -1],
        [2, -2],
        [3, -3],
      ]);
      break;
    }
  });

  test('without a last one that is not full', async () => {
    const loader = new DataLoader(dataset, { batchSize: 4, dropLast: true });
    expect([loader.length, (await labels(loader)).length]).toEqual([2, 2]);
  });

  test('of numbers, booleans and typed arrays, from a dataset that answers later', async () => {
    const later = {
      size: 3,
      get: async (i: number): Promise<{ a: number; b: boolean; c: Int32Array }> => ({
        a: i / 2,
        b: i === 1,
        c: Int32Array.of(i, i),
      }),
    };
    for await (const { a, b, c } of new DataLoader(later, { batchSize: 3, device: 'reference' })) {
      expect([a, b, c].map(({ dtype }) => dtype)).toEqual(['float64', 'bool', 'int32']);
      expect([await a.array(), await b.array(), await c.array()]).toEqual([
        [0, 0.5, 1],
        [false, true, false],
        [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
      ]);
    }
  });

  test('of no samples are none', async () => {
    const empty = { size: 0, get: (): { label: number } => ({ label: 0 }) };
    expect(await labels(new DataLoader(empty))).toEqual([]);
  });
});

describe('shuffling', () => {
  const make = (seed: number): nn.data.DataLoader<Record<'x' | 'label', HostArray>> =>
    new DataLoader(dataset, { batchSize: 3, shuffle: true, generator: new Generator(seed) });

  test('gives each sample once, in another order each epoch, the same for the same seed', async () => {
    const loader = make(1);
    const epochs = [await labels(loader), await labels(loader)];
    for (const epoch of epochs) expect(epoch.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    const again = make(1);
    expect([await labels(again), await labels(again)]).toEqual(epochs);
    expect(await labels(make(2))).not.toEqual(epochs[0]);
  });

  test('is restarted by manualSeed', async () => {
    const run = async (): Promise<number[][]> => {
      manualSeed(5);
      return labels(new DataLoader(dataset, { shuffle: true }));
    };
    expect(await run()).toEqual(await run());
  });

  test('continues from its state at the exact batch, augmentation included', async () => {
    const makeRandom = (): nn.data.DataLoader<Record<'x' | 'label', HostArray>, { label: number }> =>
      new DataLoader(dataset, {
        batchSize: 3,
        shuffle: true,
        generator: new Generator(8),
        transform: ({ label }, generator) => ({ label: label.data[0]! + generator.uniform(1)[0]! }),
      });
    const whole = makeRandom();
    const expected = [await labels(whole), await labels(whole), await labels(whole)];
    for (const seen of [0, 1, 3, 4]) {
      const first = makeRandom();
      await labels(first);
      if (seen > 0) await labels(first, seen);
      expect(first.state()).toMatchObject({ epoch: 1, batch: seen });
      const resumed = makeRandom();
      resumed.setState(JSON.parse(JSON.stringify(first.state())));
      expect(resumed.epoch).toBe(1);
      expect(await labels(resumed)).toEqual(expected[1]!.slice(seen));
      expect(await labels(resumed)).toEqual(expected[2]);
    }
  });

  test('begins a new epoch after a loop that was left', async () => {
    const [a, b] = [make(4), make(4)];
    await labels(a);
    await labels(b, 1);
    expect(await labels(b)).toEqual(await labels(a));
    expect([a.epoch, b.epoch]).toEqual([2, 2]);
  });
});

describe('memory', () => {
  test('a batch is freed when the next is asked for or the loop is left, unless it was kept', async () => {
    const before = memory().cpu?.tensors ?? 0;
    const kept: Tensor[] = [];
    const all: Tensor[] = [];
    for await (const { x, label } of new DataLoader(dataset, { batchSize: 2 })) {
      expect(all.filter(({ disposed }) => !disposed)).toEqual(kept);
      all.push(x, label);
      if (all.length === 4) kept.push(x.keep());
      if (all.length === 6) break;
    }
    expect(all.map(({ disposed }) => disposed)).toEqual([true, true, false, true, true, true]);
    kept[0]!.dispose();
    expect(memory().cpu!.tensors).toBe(before);
  });

  test('an error in the loop frees its batch too', async () => {
    const before = memory().cpu?.tensors ?? 0;
    const run = async (): Promise<void> => {
      for await (const { label } of new DataLoader(dataset)) if (label.dataNow()![0] === 3) throw new Error('stop');
    };
    await expect(run()).rejects.toThrow('stop');
    expect(memory().cpu!.tensors).toBe(before);
  });
});

describe('bad samples', () => {
  const failing = (get: (i: number) => object): Promise<number[][]> =>
    labels(new DataLoader({ size: 4, get } as nn.data.Dataset<{ label: number }>, { batchSize: 2 }));

  test('an error of the dataset is thrown where its batch is asked for', async () => {
    const seen: number[] = [];
    const get = (i: number): { label: number } => {
      if (i === 3) throw new Error('no sample 3');
      return { label: i };
    };
    const run = async (): Promise<void> => {
      for await (const { label } of new DataLoader({ size: 4, get }, { batchSize: 2 })) seen.push(label.size);
    };
    await expect(run()).rejects.toThrow('no sample 3');
    expect(seen).toEqual([2]);
  });

  test('samples that differ, or hold no numbers', async () => {
    await expect(failing((i) => ({ label: new Float32Array(i + 1) }))).rejects.toThrow(
      'DataLoader: label is float32 [2] in sample 1 and float32 [1] in sample 0; the samples of a batch must be alike',
    );
    await expect(failing(() => ({ label: 'seven' }))).rejects.toThrow('label of sample 0 is seven; use numbers');
    await expect(failing((i) => (i ? {} : { label: 1 }))).rejects.toThrow('label of sample 1 is undefined');
  });

  test('datasets and options', () => {
    const labelsOf = (n: number): HostArray => ({ shape: [n], data: new Int32Array(n) });
    expect(() => new TensorDataset({ x: labelsOf(2), y: labelsOf(3) })).toThrow('x has 2 samples, y has 3');
    expect(() => new TensorDataset({ x: { shape: [2, 2], data: new Float32Array(3) } })).toThrow(ShapeError);
    expect(() => new TensorDataset({})).toThrow('there are no arrays');
    expect(() => new DataLoader(dataset, { batchSize: 0 })).toThrow('DataLoader: batchSize is 0');
    const loader = new DataLoader(dataset, { batchSize: 5 });
    expect(() => loader.setState({ ...loader.state(), batch: 3 })).toThrow('batch is 3; it must be an integer of 0..2');
  });

  test('a tensor becomes a dataset', () => {
    using x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(new TensorDataset({ x }).get(1).x).toMatchObject({ shape: [2], data: Float32Array.of(3, 4) });
  });
});

test('idxDataset reads images and labels', async () => {
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4);
  const digits = await nn.data.idxDataset(images, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7));
  expect(digits.get(0)).toMatchObject({
    image: { shape: [1, 2, 2], data: Uint8Array.of(1, 2, 3, 4) },
    label: { shape: [], data: Uint8Array.of(7) },
  });
});

test('the event loop turns between batches, so that a signal or a timer is heard in the epoch', async () => {
  let isHeard = false;
  let heardAt = -1;
  setImmediate(() => (isHeard = true));
  const loader = new nn.data.DataLoader(new nn.data.TensorDataset({ x: { shape: [5], data: new Float32Array(5) } }));
  for await (const { x } of loader) {
    await x.data();
    if (isHeard && heardAt < 0) heardAt = loader.state().batch;
  }
  expect(heardAt).toBe(1);
});

test('no two samples of an epoch draw the same random numbers', async () => {
  const dataset = new nn.data.TensorDataset({ x: { shape: [6], data: new Float32Array(6) } });
  const transform = (_: object, generator: Generator): { x: number } => ({ x: generator.uniform(1)[0]! });
  const drawn: number[] = [];
  for await (const { x } of new nn.data.DataLoader(dataset, { batchSize: 2, transform }))
    drawn.push(...(await x.data()));
  expect(new Set(drawn).size).toBe(6);
});
