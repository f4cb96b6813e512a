import { argsOffset, controlLength, messageOffset, mostArgs, slot } from './job.ts';
import { spawn } from './spawn.ts';

/** A kernel call over items [0, items), cut at multiples of `grain`. */
export interface Job {
  readonly kernel: number;
  readonly call: (...args: number[]) => void;
  readonly args: readonly number[];
  readonly items: number;
  readonly grain: number;
  /** Thread i's scratch memory is at `base + i · stride`. */
  readonly scratch: { base: number; stride: number } | null;
}

/** How often the launching thread looks before it sleeps, where it may. */
const spins = 4000;
/** In milliseconds: only the end of a job wakes it, not a worker that leaves the slot. */
const longestSleep = 0.1;

/**
 * The worker threads of one memory. They start at the first job and sleep between jobs; one that has not started yet
 * is not waited for, as the launching thread takes chunks like the others until none is left.
 */
export class Pool {
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #control: Int32Array;
  readonly #args: Float64Array;
  readonly #canSleep: boolean;
  #limit = 0;
  /** What ends the workers that were started. */
  readonly #ends: (() => void)[] = [];
  /** Why there are no more threads, if one could not be started. */
  failure: string | null = null;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.#module = module;
    this.#memory = memory;
    this.#control = new Int32Array(memory.buffer, 0, controlLength);
    this.#args = new Float64Array(memory.buffer, argsOffset, mostArgs);
    this.#canSleep = canSleep(this.#control);
  }

  /**
   * Runs all chunks of a job on up to `threads` threads and returns when they are done.
   *
   * @throws Error with the message of the first chunk that failed, after the others ended
   */
  run(job: Job, threads: number): void {
    const control = this.#control;
    if (threads !== this.#limit) this.#resize(threads);
    const chunks = Math.ceil(job.items / job.grain);
    this.#post(job, chunks);
    Atomics.add(control, slot.generation, 1);
    Atomics.notify(control, slot.generation, Math.min(chunks, threads) - 1);
    const failure = this.#takePart(job, chunks);
    this.#waitUntil(slot.done, chunks);
    Atomics.store(control, slot.open, 0);
    if (failure) throw failure;
    if (control[slot.failed] !== 0) throw new Error(this.#message());
  }

  /** Ends the workers. Out of its loop one is still alive in a page: it would wait for messages, and hold the memory. */
  stop(): void {
    this.#setLimit(-1);
    for (const end of this.#ends) end();
  }

  #post({ kernel, args, items, grain, scratch }: Job, chunks: number): void {
    const control = this.#control;
    this.#waitUntil(slot.active, 0);
    this.#args.set(args);
    control[slot.kernel] = kernel;
    control[slot.chunks] = chunks;
    control[slot.grain] = grain;
    control[slot.items] = items;
    control[slot.count] = args.length;
    control[slot.scratchBase] = scratch?.base ?? 0;
    control[slot.scratchStride] = scratch?.stride ?? 0;
    control[slot.failed] = 0;
    Atomics.store(control, slot.next, 0);
    Atomics.store(control, slot.done, 0);
    Atomics.store(control, slot.open, 1);
  }

  /** Takes chunks until none is left. Gives back what the first failing chunk threw. */
  #takePart({ call, args, items, grain, scratch }: Job, chunks: number): unknown {
    const control = this.#control;
    let failure: unknown;
    for (let chunk = 0; (chunk = Atomics.add(control, slot.next, 1)) < chunks;) {
      const begin = chunk * grain;
      const end = Math.min(items, begin + grain);
      try {
        if (scratch) call(...args, begin, end, scratch.base);
        else call(...args, begin, end);
      } catch (error) {
        failure ??= error;
      }
      Atomics.add(control, slot.done, 1);
    }
    return failure;
  }

  #waitUntil(word: number, value: number): void {
    const control = this.#control;
    for (let turns = 0; ; turns++) {
      const seen = Atomics.load(control, word);
      if (seen === value) return;
      if (turns >= spins && this.#canSleep) Atomics.wait(control, word, seen, longestSleep);
    }
  }

  #resize(threads: number): void {
    this.#setLimit(threads);
    while (this.#ends.length < threads - 1 && this.failure === null) {
      const start = { module: this.#module, memory: this.#memory, index: this.#ends.length + 1 };
      try {
        this.#ends.push(spawn(start, (reason) => (this.failure ??= reason)));
      } catch (error) {
        this.failure = String(error);
      }
    }
  }

  #setLimit(limit: number): void {
    const control = this.#control;
    this.#limit = limit;
    Atomics.store(control, slot.limit, limit);
    Atomics.notify(control, slot.limit);
    Atomics.add(control, slot.generation, 1);
    Atomics.notify(control, slot.generation);
  }

  #message(): string {
    const bytes = new Uint8Array(this.#memory.buffer, messageOffset, this.#control[slot.messageLength]);
    return new TextDecoder().decode(bytes.slice());
  }
}

/** False on the main thread of a page, which must not block. */
function canSleep(control: Int32Array): boolean {
  try {
    Atomics.wait(control, slot.done, 1, 0);
    return true;
  } catch {
    return false;
  }
}
