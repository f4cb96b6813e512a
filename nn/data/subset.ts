// Datasets made of others, as PyTorch's torch.utils.data has them.

import type { Dataset } from './dataset.ts';
import { ArgumentError, Generator, ShapeError } from '../../index.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { checkOptions } from '../../tensor/options.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkDataset } from './checkDataset.ts';

/**
 * The samples of a dataset with these numbers, in this order.
 *
 * @throws ArgumentError when the dataset has no such sample
 * @source PyTorch: `torch.utils.data.Subset`
 * @example
 * const dataset = new nn.data.TensorDataset({ x: { shape: [4], data: Float32Array.of(0, 10, 20, 30) } });
 * new nn.data.Subset(dataset, [3, 1]).get(0).x.data; // [30]
 */
export class Subset<S extends object> implements Dataset<S> {
  readonly dataset: Dataset<S>;
  readonly indices: ArrayLike<number>;

  constructor(dataset: Dataset<S>, indices: ArrayLike<number>) {
    const op = 'Subset';
    checkDataset(op, dataset);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      if (Number.isInteger(index) && index >= 0 && index < dataset.size) continue;
      throw new ArgumentError(`index ${i} is ${index}; the dataset has 0..${dataset.size - 1}`, { op, index });
    }
    this.dataset = dataset;
    this.indices = indices;
  }

  get size(): number {
    return this.indices.length;
  }

  get(index: number): S | Promise<S> {
    return this.dataset.get(this.indices[index]!);
  }
}

/**
 * A dataset in parts of random samples, each sample in one of them. Lengths are numbers of samples, or shares of all that sum to 1:
 * what these leave over goes to the first parts, one each.
 *
 * @throws ShapeError when the lengths do not make up the dataset
 * @source PyTorch: `torch.utils.data.random_split`
 * @example
 * const dataset = new nn.data.TensorDataset({ x: zeros([10]) });
 * const [train, test] = nn.data.randomSplit(dataset, [0.8, 0.2], { generator: new Generator(1) });
 * [train.size, test.size]; // [8, 2]
 */
export function randomSplit<S extends object>(
  dataset: Dataset<S>,
  lengths: readonly number[],
  options: { generator?: Generator } = {},
): Subset<S>[] {
  const op = 'randomSplit';
  const { generator = new Generator(defaultGenerator.seed()) } = checkOptions(op, options, ['generator']);
  checkDataset(op, dataset);
  const counts = countsOf(op, lengths, dataset.size);
  const order = generator.permutation(dataset.size);
  let begin = 0;
  return counts.map((count) => new Subset(dataset, order.subarray(begin, (begin += count))));
}

function countsOf(op: string, lengths: readonly number[], size: number): readonly number[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const isShares = Math.abs(total - 1) < 1e-6 && lengths.every((length) => length >= 0);
  const counts = isShares ? lengths.map((share) => Math.floor(share * size)) : [...lengths];
  if (isShares) {
    const left = size - counts.reduce((sum, count) => sum + count, 0);
    for (let i = 0; i < left; i++) counts[i % counts.length]!++;
    return counts;
  }
  if (total === size && counts.every((count) => Number.isInteger(count) && count >= 0)) return counts;
  const got = `lengths ${formatShape(lengths)} sum to ${total}`;
  throw new ShapeError(`${got}; they must be integers that sum to ${size}, or shares that sum to 1`, {
    op,
    lengths,
    size,
  });
}

/**
 * One dataset after another.
 *
 * @throws ArgumentError for none
 * @source PyTorch: `torch.utils.data.ConcatDataset`
 * @example
 * const [a, b] = [3, 2].map((n) => new nn.data.TensorDataset({ x: zeros([n]) }));
 * new nn.data.ConcatDataset([a, b]).size; // 5
 */
export class ConcatDataset<S extends object> implements Dataset<S> {
  readonly datasets: readonly Dataset<S>[];
  readonly size: number;

  constructor(datasets: readonly Dataset<S>[]) {
    const op = 'ConcatDataset';
    if (datasets.length === 0) throw new ArgumentError('there are no datasets; give at least one', { op });
    datasets.forEach((dataset) => checkDataset(op, dataset));
    this.datasets = datasets;
    this.size = datasets.reduce((sum, { size }) => sum + size, 0);
  }

  get(index: number): S | Promise<S> {
    let at = index;
    for (const dataset of this.datasets) {
      if (at < dataset.size) return dataset.get(at);
      at -= dataset.size;
    }
    throw new ArgumentError(`index is ${index}; use 0..${this.size - 1}`, { op: 'ConcatDataset', index });
  }
}
