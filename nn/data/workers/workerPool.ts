import type { BatchTask, MadeBatch } from '../makeBatch.ts';
import type { WorkerLike } from './batchWorker.ts';
import type { Ready } from './messages.ts';
import { ArgumentError } from '../../../index.ts';
import { kindOf } from '../../../tensor/options.ts';
import { BatchWorker } from './batchWorker.ts';

/** The workers of a loader. Which of them makes a batch changes nothing but the time. */
export class WorkerPool {
  readonly #workers: BatchWorker[] = [];
  /** Loops that wait for a batch. */
  #waits = 0;

  /** @throws ArgumentError unless `make` gives a new worker each time */
  constructor(count: number, make: () => WorkerLike, expected: Omit<Ready, 'vicinal'>) {
    const made = new Set<WorkerLike>();
    try {
      for (let i = 0; i < count; i++) {
        const worker: Partial<WorkerLike> | undefined = make();
        if (
          typeof worker?.postMessage !== 'function' ||
          typeof worker.terminate !== 'function' ||
          made.has(worker as WorkerLike)
        ) {
          const got = made.has(worker as WorkerLike) ? 'the same one again' : kindOf(worker);
          throw new ArgumentError(`worker() gave ${got}; it must make a new Worker(...) each time`, {
            op: 'DataLoader',
          });
        }
        made.add(worker as WorkerLike);
        this.#workers.push(new BatchWorker(worker as WorkerLike, i, expected));
      }
    } catch (error) {
      this.end();
      throw error;
    }
  }

  make(task: BatchTask): Promise<MadeBatch<object>> {
    const idlest = this.#workers.reduce((best, worker) => (worker.load < best.load ? worker : best));
    return idlest.make(task);
  }

  /** Waits, and keeps the process alive meanwhile: between batches a loop may be left without a word. */
  async wait<T>(made: Promise<T>): Promise<T> {
    if (this.#waits++ === 0) for (const worker of this.#workers) worker.hold(true);
    try {
      return await made;
    } finally {
      if (--this.#waits === 0) for (const worker of this.#workers) worker.hold(false);
    }
  }

  end(): void {
    for (const worker of this.#workers) worker.end();
  }
}
