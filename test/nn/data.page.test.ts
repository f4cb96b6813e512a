// What pages do by other means than Node: pictures, and workers of a loader. Served by Vite, as a user's page would be.

import { describe, expect, test } from 'vitest';
import { decodeNpz, encodeNpz, FormatError, Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import type { Sample } from './workers/samples.ts';
import { collate, dataset, transform, whole } from './workers/samples.ts';

const noise: nn.data.HostArray = { shape: [3, 5, 9], data: Uint8Array.from(new Generator(4).integers(135, 0, 256)) };

describe('a picture file', () => {
  test.each<[1 | 3 | 4, nn.data.HostArray]>([
    [3, noise],
    [1, { shape: [1, 1, 3], data: Uint8Array.of(0, 100, 255) }],
    [4, { shape: [4, 1, 2], data: Uint8Array.of(200, 3, 100, 2, 50, 1, 255, 255) }],
  ])('of %d channels comes back as it was', async (channels, image) => {
    const file = await nn.data.encodeImage(image);
    expect(await nn.data.decodeImage(file, { channels })).toEqual(image);
    expect(await nn.data.decodeImage(new File([file as Uint8Array<ArrayBuffer>], 'a.png'), { channels })).toEqual(
      image,
    );
  });

  test('is smaller with less quality, and refused when it is none', async () => {
    const sizes = await Promise.all([90, 10].map((quality) => nn.data.encodeImage(noise, { format: 'jpeg', quality })));
    expect(sizes[1]!.length).toBeLessThan(sizes[0]!.length);
    expect((await nn.data.decodeImage(sizes[0]!)).shape).toEqual([3, 5, 9]);
    await expect(nn.data.decodeImage(new TextEncoder().encode('hello'))).rejects.toThrow(FormatError);
  });

  test('is found by its folder, at an address or in a file', async () => {
    const file = await nn.data.encodeImage(noise);
    const blob = new Blob([file as Uint8Array<ArrayBuffer>], { type: 'image/png' });
    const address = URL.createObjectURL(blob);
    const images = new nn.data.ImageFolder({
      'dog/1.png': address,
      'cat/1.png': blob,
      'cat/2.png': new Blob(['torn']),
    });
    expect(images.classes).toEqual(['cat', 'dog']);
    expect((await images.get(2)).image).toEqual(noise);
    expect((await images.get(0)).image).toEqual(noise);
    await expect(images.get(1)).rejects.toThrow("ImageFolder: 'cat/2.png': the image cannot be decoded");
    URL.revokeObjectURL(address);
    await expect(images.get(2)).rejects.toThrow('cannot be fetched');
    expect(() => new nn.data.ImageFolder('photographs')).toThrow('there is no file system here');
  });
});

test('compressed arrays are read and written', async () => {
  const zeros = { dtype: 'float32', shape: [1000], data: new Float32Array(1000) } as const;
  expect((await decodeNpz(await encodeNpz({ zeros }, { compressed: true }))).get('zeros')).toEqual(zeros);
});

describe('a loader with workers', () => {
  const started: Worker[] = [];
  const samples = (): Worker => {
    const worker = new Worker(new URL('./workers/samples.worker.ts', import.meta.url), { type: 'module' });
    started.push(worker);
    return worker;
  };
  const order = (...indices: number[]): nn.data.Sampler => ({ size: indices.length, order: () => indices });
  const sampler = order(...new Generator(1).permutation(whole));
  const read = async (options: nn.data.DataLoaderOptions<Sample, Sample>): Promise<number[][]> => {
    const batches: number[][] = [];
    const given = { sampler, transform, collate, batchSize: 4, generator: new Generator(5), ...options };
    for await (const { x, label } of new nn.data.DataLoader(dataset, given)) {
      batches.push([...(await x.data()), ...(await label.data())]);
    }
    return batches;
  };

  test('gives the same batches bit for bit', async () => {
    const expected = await read({});
    expect(expected).toHaveLength(8);
    expect(await read({ worker: samples, numWorkers: 2 })).toEqual(expected);
    expect(started).toHaveLength(2);
  });

  test('tells of a sample that cannot be made, and of a module that is not there', async () => {
    const run = read({ worker: samples, sampler: order(1, whole) });
    await expect(run).rejects.toMatchObject({
      name: 'SampleError',
      index: whole,
      message: 'DataLoader: sample 30: no sample 30',
    });
    const nowhere = (): Worker => new Worker('/nowhere.js', { type: 'module' });
    await expect(read({ worker: nowhere })).rejects.toThrow('worker 0 failed: ');
  });
});
