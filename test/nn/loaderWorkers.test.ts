// Loaders whose batches are made by worker threads, in Node. Those of pages: data.page.test.ts.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LoaderState } from '../../nn/data/index.ts';
import { DeviceError, FormatError, Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { BatchWorker } from '../../nn/data/workers/batchWorker.ts';
import { collate, dataset, transform, whole } from './workers/samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'vicinal-workers-'));
const started: Worker[] = [];

/** What a user's factory does; modules are bundled as no Node runs these as they are. */
const start = (module: string, workerData?: unknown) => (): Worker => {
  const worker = new Worker(join(folder, `${module}.worker.js`), { workerData });
  started.push(worker);
  return worker;
};

beforeAll(async () => {
  const modules = ['samples', 'other', 'bare', 'silent', 'failing', 'counting'];
  const entryPoints = modules.map((name) => join(import.meta.dirname, `workers/${name}.worker.ts`));
  await build({ entryPoints, outdir: folder, bundle: true, format: 'esm', platform: 'node', target: 'node20' });
  await import('node:fs/promises').then((fs) => fs.writeFile(join(folder, 'package.json'), '{ "type": "module" }'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In random order, without those that are broken. */
const sampler = { size: whole, order: (epoch: number) => new Generator(epoch).permutation(whole) };
const source = { sampler, transform, collate, batchSize: 4 };
type Options = Parameters<typeof make>[0];
function make(options: Omit<nn.data.DataLoaderOptions<never, never>, 'transform' | 'collate'> = {}) {
  return new nn.data.DataLoader(dataset, { ...source, generator: new Generator(5), ...options });
}

async function read(loader: ReturnType<typeof make>, most = Infinity): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const { x, label, noise } of loader as AsyncIterable<
    nn.data.Batch<Record<'x' | 'label' | 'noise', number>>
  >) {
    batches.push([...x.dataNow()!, ...label.dataNow()!, ...noise.dataNow()!]);
    if (batches.length === most) break;
  }
  return batches;
}

/** Resolves when every worker that was started has ended. */
async function allEnded(): Promise<void> {
  const alive = started.splice(0).filter(({ threadId }) => threadId >= 0);
  await Promise.all(alive.map((worker) => once(worker, 'exit')));
}

describe('batches', () => {
  const expected = read(make());

  test.each<Options>([
    { worker: start('samples') },
    { worker: start('samples'), numWorkers: 3, prefetchFactor: 1 },
    { worker: start('samples'), numWorkers: 2, prefetchFactor: 4, persistentWorkers: true },
    { worker: start('samples'), numWorkers: 0 },
    { worker: new URL('./workers/samples.worker.ts', import.meta.url), persistentWorkers: true },
  ])('are the same bit for bit with %o', async (options) => {
    using loader = make(options);
    const first = await read(loader);
    expect(first).toEqual(await expected);
    expect(await read(loader)).not.toEqual(first); // another epoch
    const count = options?.worker instanceof URL ? 0 : { 1: 2, 3: 6, 2: 2, 0: 0 }[options?.numWorkers ?? 1]!;
    expect(started).toHaveLength(count);
    loader.close();
    await allEnded();
  });

  test('continue from a state in the middle of an epoch', async () => {
    const first = make({ worker: start('samples') });
    await read(first, 3);
    const state = JSON.parse(JSON.stringify(first.state())) as LoaderState;
    const second = make({ worker: start('samples'), numWorkers: 2 });
    second.setState(state);
    expect(await read(second)).toEqual((await expected).slice(3));
    await allEnded();
  });

  test('are made while this thread is busy, and moved, not copied', async () => {
    const made = new Int32Array(new SharedArrayBuffer(8));
    const counted = { size: 12, get: (): { x: Float32Array } => ({ x: new Float32Array(100) }) };
    const collate = (samples: readonly { x: Float32Array }[]) => nn.data.stack(samples);
    const options = { batchSize: 2, worker: start('counting', made.buffer), prefetchFactor: 3, collate };
    const seen: number[] = [];
    for await (const { x } of new nn.data.DataLoader(counted, options)) {
      seen.push(x.dataNow()![0]!);
      // This thread waits here and hears nothing, as it does while kernels run. Three batches are asked for ahead.
      const ahead = Math.min(12, 2 * (seen.length + 3));
      for (let count = Atomics.load(made, 0); count < ahead; count = Atomics.load(made, 0)) {
        expect(Atomics.wait(made, 0, count, 30_000)).not.toBe('timed-out');
      }
    }
    expect(seen).toEqual([0, 2, 4, 6, 8, 10]);
    expect(Atomics.load(made, 1)).toBe(5); // when a batch was made, the arrays of the one before it were gone
    await allEnded();
  });
});

describe('workers end', () => {
  test('when a loop is left, by a break or a throw', async () => {
    const loader = make({ worker: start('samples'), numWorkers: 2 });
    await read(loader, 2);
    await allEnded();
    const run = async (): Promise<void> => {
      for await (const { label } of loader) if (label.dataNow()![0]! >= 0) throw new Error('enough');
    };
    await expect(run()).rejects.toThrow('enough');
    await allEnded();
  });

  test('with close(), where they are kept from loop to loop', async () => {
    const loader = make({ worker: start('samples'), persistentWorkers: true });
    await read(loader, 1);
    expect((await read(loader)).length).toBe(8);
    expect(started).toHaveLength(1);
    loader.close();
    await allEnded();
    expect((await read(loader)).length).toBe(8);
    expect(started).toHaveLength(1);
    await started[0]!.terminate(); // and others are started after one has failed
    await expect(read(loader)).rejects.toThrow('worker 0 ended by itself');
    expect((await read(loader)).length).toBe(8);
    expect(started).toHaveLength(2);
    loader.close();
    await allEnded();
  });
});

describe('a sample that cannot be made', () => {
  const threads: [string, Options][] = [
    ['in this thread', {}],
    ['in a worker', { worker: start('samples'), numWorkers: 2 }],
  ];
  const order = (...indices: number[]): nn.data.Sampler => ({ size: indices.length, order: () => indices });

  test.each(threads)('%s: its number and its error are thrown where its batch is asked for', async (_, options) => {
    const loader = make({ ...options, sampler: order(1, 2, 3, 4, 5, whole, whole + 1) });
    const run = read(loader);
    await expect(run).rejects.toThrow(`DataLoader: sample ${whole}: no sample ${whole}`);
    await expect(run).rejects.toMatchObject({ name: 'SampleError', index: whole, cause: { name: 'RangeError' } });
    expect(loader.state()).toMatchObject({ epoch: 0, batch: 1 });
    const torn = make({ ...options, sampler: order(whole + 2) });
    await expect(read(torn)).rejects.toSatisfy((error: nn.data.SampleError) => error.cause instanceof FormatError);
    await allEnded();
  });

  test.each(threads)(
    '%s: broken ones are left out with a warning that lists them, if so wanted',
    async (_, options) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const torn = [whole + 1, whole + 2];
      const loader = make({ ...options, skipBroken: true, batchSize: 2, sampler: order(7, torn[0]!, ...torn, 8, 9) });
      const batches = await read(loader);
      expect(batches.map((values) => values.length)).toEqual([2 + 1 + 2, 4 + 2 + 2]);
      expect(loader.state()).toMatchObject({ epoch: 1, batch: 0 });
      const [first, ...others] = warn.mock.calls.map(([message]) => message as string);
      expect(first).toBe(
        `DataLoader: left out 3 broken samples of epoch 0:\n  sample 31: decodeImage: the picture is torn` +
          `\n  sample 31: decodeImage: the picture is torn\n  sample 32: decodeImage: the picture is torn`,
      );
      expect(others).toEqual([]);
      warn.mockRestore();
      await expect(read(make({ ...options, skipBroken: true, sampler: order(whole) }))).rejects.toThrow('no sample 30');
      await allEnded();
    },
  );
});

test('a module that stays alive and never answers is warned of', () => {
  vi.useFakeTimers();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const thread = { on: () => thread, postMessage: () => {}, terminate: () => {}, ref: () => {}, unref: () => {} };
  const worker = new BatchWorker(thread, 3, { size: 33, hasTransform: false, hasCollate: false });
  vi.advanceTimersByTime(9_999);
  expect(warn).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(warn).toHaveBeenCalledWith(
    'DataLoader: worker 3 has not answered for 10 s; does its module call serveBatches?',
  );
  worker.end();
  vi.useRealTimers();
  warn.mockRestore();
});

describe('refused', () => {
  test.each<[string, Options, string]>([
    [
      'a module that throws',
      { worker: start('failing') },
      'worker 0 failed: the disk with the pictures is not there; its module must load and call serveBatches',
    ],
    ['a module that is not there', { worker: () => new Worker(join(folder, 'nowhere.js')) }, 'Cannot find module'],
    [
      'a module that does not answer',
      { worker: start('silent') },
      'worker 0 ended by itself with exit code 0; its module must load and call serveBatches',
    ],
    [
      'another dataset',
      { worker: start('other') },
      "the loader's dataset has 33 samples, that of worker 0 3; give serveBatches what the loader is given",
    ],
    ['no transform in the worker', { worker: start('bare') }, 'the loader has one as transform, worker 0 none'],
  ])('%s', async (_, options, message) => {
    const run = read(make({ ...options, numWorkers: 1 }));
    await expect(run).rejects.toThrow(message);
    await allEnded();
  });

  test('an end in the middle of work', async () => {
    const loader = make({ worker: start('samples') });
    const run = async (): Promise<void> => {
      for await (const { label } of loader) if (label.size > 0) await started[0]!.terminate();
    };
    await expect(run()).rejects.toThrow(DeviceError);
    await allEnded();
  });

  test('options', async () => {
    const one = start('samples')();
    const cases: [Options, string][] = [
      [{ numWorkers: 2 }, 'DataLoader: numWorkers is 2 and worker undefined; give the address of a module, new URL('],
      [{ numWorkers: 1e6, worker: () => one }, 'DataLoader: numWorkers is 1000000; it must be at most 128'],
      [{ numWorkers: -1 }, 'DataLoader: numWorkers is -1; it must be an integer >= 0'],
      [{ prefetchFactor: 0 }, 'DataLoader: prefetchFactor is 0; it must be an integer >= 1'],
      [{ worker: 'samples.worker.js' as never }, 'DataLoader: numWorkers is 1 and worker samples.worker.js'],
    ];
    for (const [options, message] of cases) expect(() => make(options)).toThrow(message);
    await expect(read(make({ worker: () => undefined as never }))).rejects.toThrow(
      'worker() gave undefined; it must make',
    );
    await expect(read(make({ worker: () => one, numWorkers: 2 }))).rejects.toThrow('worker() gave the same one again');
    expect(() => nn.data.serveBatches({ dataset: { size: 1 } as never })).toThrow(
      'serveBatches: dataset must be an object',
    );
    await allEnded();
  });
});
