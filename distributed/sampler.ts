import type { Sampler } from '../nn/data/index.ts';
import { ArgumentError, Generator } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { rank as ownRank, size as jobSize } from './world.ts';

export interface DistributedSamplerOptions {
  /** A new random order for each epoch, the same on all ranks. Default true. */
  shuffle?: boolean;
  /** Of the orders. Default 0. */
  seed?: number;
  /** Leave out the samples beyond the last multiple of the number of ranks, where otherwise the first come again. Default false. */
  dropLast?: boolean;
  /** Default: this process's. */
  rank?: number;
  /** How many ranks share the dataset. Default: the job's. */
  size?: number;
}

/**
 * One rank's share of each epoch: of the epoch's order, the samples at the places rank, rank + size, rank + 2 size ... So the
 * ranks' n-th batches together are the n-th batch of one process whose batch is as large as theirs together, and a run goes on
 * with another number of ranks where it stopped, if that total stays the same.
 *
 * @source PyTorch: `torch.utils.data.DistributedSampler`
 * @example
 * const dataset = new nn.data.TensorDataset({ x: zeros([5, 3]) });
 * const sampler = new DistributedSampler(dataset, { shuffle: false, rank: 1, size: 2 });
 * const loader = new nn.data.DataLoader(dataset, { batchSize: 2, sampler });
 * sampler.order(0); // [1, 3, 0]
 */
export class DistributedSampler implements Sampler {
  /** Samples per epoch on this rank: as many as on every other. */
  readonly size: number;
  readonly #samples: number;
  readonly #ranks: number;
  readonly #rank: number;
  readonly #seed: number;
  readonly #shuffle: boolean;

  /** @throws ArgumentError for a rank that is not below `size`; DistributedError before `init()` when one of them is left out */
  constructor(dataset: { readonly size: number }, options: DistributedSamplerOptions = {}) {
    const op = 'DistributedSampler';
    checkOptions(op, options, ['shuffle', 'seed', 'dropLast', 'rank', 'size']);
    const { shuffle = true, seed = 0, dropLast = false, rank = ownRank(), size: ranks = jobSize() } = options;
    if (!Number.isInteger(ranks) || ranks < 1)
      throw new ArgumentError(`size is ${ranks}; give a number of ranks`, { op });
    if (!Number.isInteger(rank) || rank < 0 || rank >= ranks) {
      throw new ArgumentError(`rank is ${rank}; there are the ranks 0..${ranks - 1}`, { op, rank, size: ranks });
    }
    this.#samples = dataset.size;
    this.#ranks = ranks;
    this.#rank = rank;
    this.#seed = seed;
    this.#shuffle = shuffle;
    this.size = Math[dropLast ? 'floor' : 'ceil'](dataset.size / ranks);
  }

  order(epoch: number): Int32Array {
    const order = this.#shuffle ? orderOf(this.#seed, epoch, this.#samples) : undefined;
    return Int32Array.from({ length: this.size }, (_, i) => {
      const place = this.place(i) % this.#samples;
      return order ? order[place]! : place;
    });
  }

  place(i: number): number {
    return i * this.#ranks + this.#rank;
  }
}

/** A permutation for each epoch, each from a stretch of the random bits of its own. */
function orderOf(seed: number, epoch: number, samples: number): Int32Array {
  const generator = new Generator();
  generator.setState({ seed, counter: epoch * 2 ** 32 });
  return generator.permutation(samples);
}
