import type { Device, DeviceName, Generator } from '../../index.ts';
import type { Dataset } from './dataset.ts';
import type { Collate, SampleTransform } from './makeBatch.ts';
import type { Sampler } from './sampler.ts';
import type { WorkerLike } from './workers/batchWorker.ts';
import { ArgumentError } from '../../index.ts';
import { checkOptions, kindOf } from '../../tensor/options.ts';
import { checkSize } from '../check.ts';
import { checkDataset } from './checkDataset.ts';
import { startWorker } from './workers/startWorker.ts';

export interface DataLoaderOptions<S extends object, T extends object> {
  /** Samples per batch. Default 1. */
  batchSize?: number;
  /** A new random order for each epoch. Default false. */
  shuffle?: boolean;
  /** Which samples an epoch gives, and their order; instead of `shuffle`. */
  sampler?: Sampler;
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** What becomes of each sample, with random numbers of its own. */
  transform?: SampleTransform<S, T>;
  /** Makes a batch of samples, with random numbers of its own. Default: `stack`. */
  collate?: Collate<T>;
  /** Leave out samples that throw a FormatError, such as broken images; a warning lists them when the loop ends. Default false. */
  skipBroken?: boolean;
  /** Draws the orders. Default: one whose seed the default generator draws. */
  generator?: Generator;
  /** Where batches are put. Default: the default device. */
  device?: Device | DeviceName;
  /**
   * A module that calls `serveBatches`, to be run in other threads: `new URL('./samples.worker.js', import.meta.url)`. Where a bundler is
   * to find it, what starts it: `() => new Worker(new URL('./samples.worker.js', import.meta.url), { type: 'module' })`.
   */
  worker?: URL | (() => WorkerLike);
  /** How many of them make batches; with 0 they are made in this thread. Default 1 with `worker`, else 0. */
  numWorkers?: number;
  /** How many batches each worker is asked for ahead. Default 2. */
  prefetchFactor?: number;
  /** Keep the workers from loop to loop, until `close()` or a failure. Default false: each loop starts and ends its own. */
  persistentWorkers?: boolean;
}

const known = [
  'batchSize',
  'shuffle',
  'sampler',
  'dropLast',
  'transform',
  'collate',
  'skipBroken',
  'generator',
  'device',
  'worker',
  'numWorkers',
  'prefetchFactor',
  'persistentWorkers',
] as const;

const op = 'DataLoader';
/** A worker is a thread with a heap of its own: more than this are a mistake. */
const mostWorkers = 128;

/** The options with their defaults. @throws ArgumentError, ShapeError */
export function readLoaderOptions<S extends object, T extends object>(
  dataset: Dataset<S>,
  options: DataLoaderOptions<S, T>,
) {
  checkOptions(op, options, known);
  checkDataset(op, dataset);
  if (options.sampler) checkSampler(options.sampler, options.shuffle);
  const { batchSize = 1, worker, numWorkers = worker ? 1 : 0, prefetchFactor = 2 } = options;
  checkSize(op, 'batchSize', batchSize);
  checkSize(op, 'numWorkers', numWorkers, 0);
  checkSize(op, 'prefetchFactor', prefetchFactor);
  if (numWorkers > mostWorkers) {
    throw new ArgumentError(`numWorkers is ${numWorkers}; it must be at most ${mostWorkers}`, { op, numWorkers });
  }
  if (numWorkers > 0 && typeof worker !== 'function' && !(worker instanceof URL)) {
    const how = "new URL('./samples.worker.js', import.meta.url)";
    const got = `numWorkers is ${numWorkers} and worker ${kindOf(worker)}`;
    throw new ArgumentError(`${got}; give the address of a module, ${how}, or a function that starts a Worker of it`, {
      op,
      numWorkers,
    });
  }
  const start = worker instanceof URL ? () => startWorker(worker) : worker;
  return { ...options, batchSize, worker: start, numWorkers, prefetchFactor };
}

function checkSampler({ size, order }: Partial<Sampler>, shuffle = false): void {
  if (shuffle) throw new ArgumentError('shuffle and sampler both say the order; give one of them', { op });
  if (typeof order !== 'function') {
    throw new ArgumentError(`sampler must be an object { size, order(epoch) }; its order is ${kindOf(order)}`, { op });
  }
  checkSize(op, 'sampler.size', size as number, 0);
}
