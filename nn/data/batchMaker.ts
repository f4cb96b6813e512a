import type { BatchTask, MadeBatch, SampleSource } from './makeBatch.ts';
import type { WorkerLike } from './workers/batchWorker.ts';
import { makeBatch } from './makeBatch.ts';
import { WorkerPool } from './workers/workerPool.ts';

/** What a loop has its batches from: this thread, or workers. */
export interface BatchMaker<T extends object> {
  /** How many batches are made ready while one is used. */
  readonly depth: number;
  make(task: BatchTask): Promise<MadeBatch<T>>;
  /** What was made, once it is there. */
  wait(made: Promise<MadeBatch<T>>): Promise<MadeBatch<T>>;
  end(): void;
}

export function makerOfThread<S extends object, T extends object>(source: SampleSource<S, T>): BatchMaker<T> {
  return { depth: 1, make: (task) => makeBatch(source, task), wait: (made) => made, end() {} };
}

export function makerOfWorkers<S extends object, T extends object>(
  { dataset, transform, collate }: SampleSource<S, T>,
  numWorkers: number,
  prefetchFactor: number,
  worker: () => WorkerLike,
): BatchMaker<T> {
  const expected = { size: dataset.size, hasTransform: !!transform, hasCollate: !!collate };
  const pool = new WorkerPool(numWorkers, worker, expected);
  return {
    depth: numWorkers * prefetchFactor,
    make: (task) => pool.make(task) as Promise<MadeBatch<T>>,
    wait: (made) => pool.wait(made),
    end: () => pool.end(),
  };
}
