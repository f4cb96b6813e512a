import type { Device, DeviceName, GeneratorState, Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import type { BatchMaker } from './batchMaker.ts';
import type { Dataset } from './dataset.ts';
import type { DataLoaderOptions } from './loaderOptions.ts';
import type { BatchTask, HostBatch, MadeBatch } from './makeBatch.ts';
import { ArgumentError, Generator, tensor } from '../../index.ts';
import { eventLoopTurn } from '../../tensor/eventLoop.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { Scope } from '../../tensor/scope.ts';
import { makerOfThread, makerOfWorkers } from './batchMaker.ts';
import { readLoaderOptions } from './loaderOptions.ts';

/** A tensor for each of a sample's keys. */
export type Batch<T extends object> = { readonly [K in keyof T]: Tensor };

/** Where a loader stands: plain JSON, for checkpoints. */
export interface LoaderState {
  /** Which epoch, from 0. */
  readonly epoch: number;
  /** How many of its batches were given out. */
  readonly batch: number;
  /** The generator as it was before the epoch's order was drawn. */
  readonly generator: GeneratorState;
}

/** One pass over the dataset: all that its batches depend on. */
interface Epoch {
  readonly order: ArrayLike<number> | undefined;
  /** Of the samples' generators. */
  readonly seed: number;
}

/** How many broken samples a warning spells out. */
const mostListed = 10;

/**
 * Batches of a dataset; one `for await` is one epoch. A batch lives until the next is asked for or the loop is left,
 * unless it is kept (`batch.image.keep()`). The next batch is made ready while one is used, and the event loop
 * turns once per batch, so that Ctrl-C, timers and a page's events get through.
 *
 * Everything random depends on the generator's state and the sample's place in the epoch alone, so `state()` taken
 * between two batches and given to `setState()` continues with the same batches, bit for bit.
 *
 * With `worker` batches are made in threads of their own, whose module calls `serveBatches`; they are the same, bit for bit, for any
 * number of workers. They end with the loop, however it ends, and do not keep the process alive. Each is a thread beside those that run
 * the cpu device's kernels (`threads()`): where making samples takes long, leave it a core with `setThreads`.
 *
 * @throws ArgumentError for an unknown option or no dataset, ShapeError for a size that is no integer. From the loop: SampleError when
 *   a sample cannot be made, ShapeError when samples cannot be stacked, DeviceError when a worker does not start
 * @source PyTorch: `torch.utils.data.DataLoader`
 * @example
 * const dataset = new nn.data.TensorDataset({ x: zeros([5, 3]), y: { shape: [5], data: new Int32Array(5) } });
 * const loader = new nn.data.DataLoader(dataset, { batchSize: 2, shuffle: true });
 * const sizes = [];
 * for await (const { x } of loader) sizes.push(x.shape[0]);
 * sizes; // [2, 2, 1]
 */
export class DataLoader<S extends object, T extends object = S> implements AsyncIterable<Batch<T>>, Disposable {
  readonly dataset: Dataset<S>;
  readonly batchSize: number;
  readonly #options: ReturnType<typeof readLoaderOptions<S, T>>;
  readonly #generator: Generator;
  /** Kept from loop to loop. */
  #maker: BatchMaker<T> | undefined;
  #position: LoaderState;
  /** Whether the next loop begins at `#position`, and not with a new epoch. */
  #isAhead = true;
  /** Loops begun: where loops overlap, the newest says where the loader stands. */
  #loops = 0;

  constructor(dataset: Dataset<S>, options: DataLoaderOptions<S, T> = {}) {
    this.#options = readLoaderOptions(dataset, options);
    this.dataset = dataset;
    this.batchSize = this.#options.batchSize;
    this.#generator = options.generator ?? new Generator(defaultGenerator.seed());
    this.#position = { epoch: 0, batch: 0, generator: this.#generator.state() };
  }

  /** Batches per epoch. */
  get length(): number {
    return Math[this.#options.dropLast ? 'floor' : 'ceil'](this.#samples / this.batchSize);
  }

  /** Samples per epoch. */
  get #samples(): number {
    return this.#options.sampler?.size ?? this.dataset.size;
  }

  /** The epoch of the last batch that was given out, or of the next one after a loop has ended; from 0. */
  get epoch(): number {
    return this.#position.epoch;
  }

  /** Where the loader stands: after the batch given out last. */
  state(): LoaderState {
    return this.#position;
  }

  /** The next loop gives the batches that follow `state`. @throws ArgumentError when the epoch has no such batch */
  setState({ epoch, batch, generator }: LoaderState): void {
    for (const [name, value, most] of [
      ['epoch', epoch, Infinity],
      ['batch', batch, this.length],
    ] as const) {
      if (Number.isInteger(value) && value >= 0 && value <= most) continue;
      throw new ArgumentError(`${name} is ${String(value)}; it must be an integer of 0..${most}`, {
        op: 'DataLoader.setState',
        [name]: value,
      });
    }
    this.#generator.setState(generator);
    this.#position = { epoch, batch, generator: { ...generator } };
    this.#isAhead = true;
  }

  /** Ends persistent workers; the next loop starts others. */
  close(): void {
    this.#maker?.end();
    this.#maker = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch<T>, void, undefined> {
    const loop = ++this.#loops;
    const epoch = this.#begin();
    const { batch: first, epoch: number } = this.#position;
    const maker = this.#makerOfLoop();
    const broken: string[] = [];
    const ahead: Promise<MadeBatch<T>>[] = [];
    let next = first;
    const askAhead = (): void => {
      while (next < this.length && ahead.length < maker.depth) ahead.push(quiet(maker.make(this.#task(epoch, next++))));
    };
    try {
      askAhead();
      for (let batch = first; batch < this.length; batch++) {
        const [made] = await Promise.all([maker.wait(ahead.shift()!), eventLoopTurn()]);
        askAhead();
        broken.push(...made.broken);
        const lifetime = new Scope();
        try {
          const tensors = made.batch && upload<T>(made.batch, this.#options.device, lifetime);
          if (loop === this.#loops) this.#position = { ...this.#position, batch: batch + 1 };
          if (tensors) yield tensors;
        } finally {
          lifetime.free();
        }
      }
      if (loop === this.#loops) this.#moveOn();
    } catch (error) {
      this.close(); // what failed may be a worker: the next loop starts others
      throw error;
    } finally {
      if (maker !== this.#maker) maker.end();
      warnOfBroken(broken, number);
    }
  }

  #makerOfLoop(): BatchMaker<T> {
    if (this.#maker) return this.#maker;
    const { transform, collate, worker, numWorkers, prefetchFactor, persistentWorkers } = this.#options;
    const source = { dataset: this.dataset, transform, collate };
    if (numWorkers === 0 || !worker) return makerOfThread(source);
    const maker = makerOfWorkers(source, numWorkers, prefetchFactor, worker);
    if (persistentWorkers) this.#maker = maker;
    return maker;
  }

  #begin(): Epoch {
    if (!this.#isAhead) this.#moveOn();
    this.#isAhead = false;
    this.#generator.setState(this.#position.generator);
    const seed = this.#generator.seed();
    return { seed, order: this.#order() };
  }

  #order(): ArrayLike<number> | undefined {
    const { sampler, shuffle } = this.#options;
    if (!sampler) return shuffle ? this.#generator.permutation(this.dataset.size) : undefined;
    const order = sampler.order(this.#position.epoch);
    if (order.length === sampler.size) return order;
    const message = `sampler.order() gave ${order.length} indices; sampler.size is ${sampler.size}`;
    throw new ArgumentError(message, { op: 'DataLoader' });
  }

  /** To the beginning of the next epoch. */
  #moveOn(): void {
    this.#position = { epoch: this.#position.epoch + 1, batch: 0, generator: this.#generator.state() };
    this.#isAhead = true;
  }

  #task({ order, seed }: Epoch, batch: number): BatchTask {
    const { sampler, skipBroken = false } = this.#options;
    const first = batch * this.batchSize;
    const count = Math.min(this.batchSize, this.#samples - first);
    const numbers = Array.from({ length: count }, (_, i) => first + i);
    return {
      seed,
      indices: numbers.map((i) => order?.[i] ?? i),
      places: numbers.map((i) => sampler?.place?.(i) ?? i),
      skipBroken,
    };
  }
}

/** A failure is thrown where the batch is asked for, and not before. */
function quiet<T>(made: Promise<T>): Promise<T> {
  made.catch(() => undefined);
  return made;
}

function warnOfBroken(broken: readonly string[], epoch: number): void {
  if (broken.length === 0) return;
  const rest = broken.length > mostListed ? `\n  and ${broken.length - mostListed} more` : '';
  const list = broken.slice(0, mostListed).map((line) => `\n  ${line}`);
  console.warn(`DataLoader: left out ${broken.length} broken samples of epoch ${epoch}:${list.join('')}${rest}`);
}

function upload<T extends object>(
  host: HostBatch<T>,
  device: Device | DeviceName | undefined,
  lifetime: Scope,
): Batch<T> {
  const batch: Record<string, Tensor> = {};
  for (const [key, { dtype, shape, data }] of Object.entries<HostTensor>(host)) {
    const result = tensor(data, { shape, dtype, ...(device && { device }) });
    result.scope = lifetime;
    lifetime.members.push(result);
    batch[key] = result;
  }
  return batch as Batch<T>;
}
