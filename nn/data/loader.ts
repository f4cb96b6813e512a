import type { Device, DeviceName, GeneratorState, Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import type { Dataset } from './dataset.ts';
import type { Sampler } from './sampler.ts';
import { ArgumentError, Generator, tensor } from '../../index.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { Scope } from '../../tensor/scope.ts';
import { checkOptions, kindOf } from '../../tensor/options.ts';
import { checkSize } from '../check.ts';
import { stack } from './collate.ts';
import { eventLoopTurn } from '../../tensor/eventLoop.ts';

/** A tensor for each of a sample's keys. */
export type Batch<T extends object> = { readonly [K in keyof T]: Tensor };
/** The same in host memory: what `collate` gives. */
export type HostBatch<T extends object> = { readonly [K in keyof T]: HostTensor };

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
  transform?: (sample: S, generator: Generator) => T | Promise<T>;
  /** Makes a batch of samples, with random numbers of its own. Default: `stack`. */
  collate?: (samples: readonly T[], generator: Generator) => HostBatch<T>;
  /** Draws the orders. Default: one whose seed the default generator draws. */
  generator?: Generator;
  /** Where batches are put. Default: the default device. */
  device?: Device | DeviceName;
}

/** Where a loader stands: plain JSON, for checkpoints. */
export interface LoaderState {
  /** Which epoch, from 0. */
  readonly epoch: number;
  /** How many of its batches were given out. */
  readonly batch: number;
  /** The generator as it was before the epoch's order was drawn. */
  readonly generator: GeneratorState;
}

/** Blocks of the generator that each sample's transform may draw: four words each. */
const blocksPerSample = 2 ** 20;

const known = ['batchSize', 'shuffle', 'sampler', 'dropLast', 'transform', 'collate', 'generator', 'device'] as const;

/** One pass over the dataset: all that its batches depend on. */
interface Epoch {
  readonly order: ArrayLike<number> | undefined;
  /** Of the samples' generators. */
  readonly seed: number;
}

/**
 * Batches of a dataset; one `for await` is one epoch. A batch lives until the next is asked for or the loop is left,
 * unless it is kept (`batch.image.keep()`). The next batch is made ready while one is used, and the event loop
 * turns once per batch, so that Ctrl-C, timers and a page's events get through.
 *
 * Everything random depends on the generator's state and the sample's place in the epoch alone, so `state()` taken
 * between two batches and given to `setState()` continues with the same batches, bit for bit.
 *
 * @throws ArgumentError for an unknown option or no dataset, ShapeError for a size that is no integer; either from the
 *   loop, when samples cannot be stacked
 * @source PyTorch: `torch.utils.data.DataLoader`
 * @example
 * const dataset = new nn.data.TensorDataset({ x: zeros([5, 3]), y: { shape: [5], data: new Int32Array(5) } });
 * const loader = new nn.data.DataLoader(dataset, { batchSize: 2, shuffle: true });
 * const sizes = [];
 * for await (const { x } of loader) sizes.push(x.shape[0]);
 * sizes; // [2, 2, 1]
 */
export class DataLoader<S extends object, T extends object = S> implements AsyncIterable<Batch<T>> {
  readonly dataset: Dataset<S>;
  readonly batchSize: number;
  readonly #options: DataLoaderOptions<S, T>;
  readonly #generator: Generator;
  #position: LoaderState;
  /** Whether the next loop begins at `#position`, and not with a new epoch. */
  #isAhead = true;
  /** Loops begun: where loops overlap, the newest says where the loader stands. */
  #loops = 0;

  constructor(dataset: Dataset<S>, options: DataLoaderOptions<S, T> = {}) {
    checkOptions('DataLoader', options, known);
    checkDataset(dataset);
    if (options.sampler) checkSampler(options.sampler, options.shuffle);
    this.dataset = dataset;
    this.batchSize = checkSize('DataLoader', 'batchSize', options.batchSize ?? 1);
    this.#options = options;
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

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch<T>, void, undefined> {
    const loop = ++this.#loops;
    const epoch = this.#begin();
    const { batch: first } = this.#position;
    let ready = this.#prepare(epoch, first);
    for (let batch = first; batch < this.length; batch++) {
      const [host] = await Promise.all([ready, eventLoopTurn()]);
      ready = this.#prepare(epoch, batch + 1);
      const lifetime = new Scope();
      try {
        const tensors = upload<T>(host, this.#options.device, lifetime);
        if (loop === this.#loops) this.#position = { ...this.#position, batch: batch + 1 };
        yield tensors;
      } finally {
        lifetime.free();
      }
    }
    if (loop === this.#loops) this.#moveOn();
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

  /** The samples of one batch in host memory. A failure is thrown where the batch is asked for. */
  #prepare(epoch: Epoch, batch: number): Promise<HostBatch<T>> {
    if (batch >= this.length) return Promise.resolve({} as HostBatch<T>);
    const prepared = this.#gather(epoch, batch * this.batchSize);
    prepared.catch(() => undefined);
    return prepared;
  }

  async #gather({ order, seed }: Epoch, first: number): Promise<HostBatch<T>> {
    const { transform, sampler, collate = stack as NonNullable<DataLoaderOptions<S, T>['collate']> } = this.#options;
    const count = Math.min(this.batchSize, this.#samples - first);
    const place = (i: number): number => sampler?.place?.(first + i) ?? first + i;
    const samples = Array.from({ length: count }, async (_, i) => {
      const sample = await this.dataset.get(order ? order[first + i]! : first + i);
      if (!transform) return sample as unknown as T;
      return transform(sample, generatorOf(seed, place(i)));
    });
    return collate(await Promise.all(samples), generatorOf(seed, place(0), blocksPerSample / 2));
  }
}

/** Of the sample at `place` of the epoch's order. A batch has what its first sample leaves. */
function generatorOf(seed: number, place: number, begin = 0): Generator {
  const generator = new Generator();
  generator.setState({ seed, counter: place * blocksPerSample + begin });
  return generator;
}

function checkDataset(dataset: Partial<Dataset<object>> | undefined | null): void {
  const op = 'DataLoader';
  if (typeof dataset?.get !== 'function') {
    throw new ArgumentError(`dataset must be an object { size, get(index) }, got ${kindOf(dataset)}`, {
      op,
      dataset,
    });
  }
  checkSize(op, 'dataset.size', dataset.size as number, 0);
}

function checkSampler({ size, order }: Partial<Sampler>, shuffle = false): void {
  const op = 'DataLoader';
  if (shuffle) throw new ArgumentError('shuffle and sampler both say the order; give one of them', { op });
  if (typeof order !== 'function') {
    throw new ArgumentError(`sampler must be an object { size, order(epoch) }; its order is ${kindOf(order)}`, { op });
  }
  checkSize(op, 'sampler.size', size as number, 0);
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
