import type { HostTensor } from '../../tensor/io/elements.ts';
import type { Dataset } from './dataset.ts';
import { FormatError, Generator } from '../../index.ts';
import { stack } from './collate.ts';
import { SampleError } from './sampleError.ts';

/** A batch in host memory: what `collate` gives. */
export type HostBatch<T extends object> = { readonly [K in keyof T]: HostTensor };

/** What becomes of a sample, with random numbers of its own. */
export type SampleTransform<S, T> = (sample: S, generator: Generator) => T | Promise<T>;

/** Makes a batch of samples, with random numbers of its own. */
export type Collate<T extends object> = (samples: readonly T[], generator: Generator) => HostBatch<T>;

/** What batches are made of, in this thread or in a worker. */
export interface SampleSource<S extends object, T extends object = S> {
  readonly dataset: Dataset<S>;
  /** Default: none. */
  readonly transform?: SampleTransform<S, T> | undefined;
  /** Default: `stack`. */
  readonly collate?: Collate<T> | undefined;
}

/** All that a batch depends on: plain data, so that a worker can be asked for it. */
export interface BatchTask {
  /** Of the epoch's generators. */
  readonly seed: number;
  /** The samples' numbers in the dataset. */
  readonly indices: readonly number[];
  /** Where each stands in the epoch: what its transform draws depends on it. */
  readonly places: readonly number[];
  /** Whether samples whose bytes are not what they should be are left out. */
  readonly skipBroken: boolean;
}

export interface MadeBatch<T extends object> {
  /** Null where all samples were left out. */
  readonly batch: HostBatch<T> | null;
  /** What was wrong with each sample that was left out. */
  readonly broken: readonly string[];
}

/** Blocks of the generator that each sample's transform may draw: four words each. */
const blocksPerSample = 2 ** 20;

/** @throws SampleError of the first sample that cannot be made; what `collate` throws */
export async function makeBatch<S extends object, T extends object>(
  { dataset, transform, collate = stack as Collate<T> }: SampleSource<S, T>,
  { seed, indices, places, skipBroken }: BatchTask,
): Promise<MadeBatch<T>> {
  const tries = indices.map(async (index, i) => {
    const sample = await dataset.get(index);
    return transform ? transform(sample, generatorOf(seed, places[i]!)) : (sample as unknown as T);
  });
  const samples: T[] = [];
  const broken: string[] = [];
  (await Promise.allSettled(tries)).forEach((outcome, i) => {
    if (outcome.status === 'fulfilled') return samples.push(outcome.value);
    const error = new SampleError(indices[i]!, outcome.reason);
    if (!skipBroken || !(outcome.reason instanceof FormatError)) throw error;
    return broken.push(error.message.slice('DataLoader: '.length));
  });
  const isEmpty = samples.length === 0 && broken.length > 0;
  return { batch: isEmpty ? null : collate(samples, generatorOf(seed, places[0]!, blocksPerSample / 2)), broken };
}

/** Of the sample at `place`. A batch has what its first sample leaves. */
function generatorOf(seed: number, place: number, begin = 0): Generator {
  const generator = new Generator();
  generator.setState({ seed, counter: place * blocksPerSample + begin });
  return generator;
}
