// How long the GPU works, by its own clock where it has one.

import type { WebgpuRuntime } from './runtime.ts';
import { DeviceError } from '../../../tensor/errors.ts';
import { assertRunning } from '../../../tensor/runtime.ts';

/** Passes that one measurement can count: each holds hundreds of dispatches. */
const mostPasses = 256;
const bytes = 2 * mostPasses * 8;

/**
 * Measures work by timestamps at both ends of its passes. Pages see them rounded to 100 µs, so ask for much work at a time there.
 */
export class GpuClock {
  readonly #runtime: WebgpuRuntime;
  readonly #queries: GPUQuerySet | null;
  readonly #resolved: GPUBuffer | null = null;
  readonly #staging: GPUBuffer | null = null;
  /** Measurements take turns: there is one set of queries. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(runtime: WebgpuRuntime) {
    const { device } = (this.#runtime = runtime);
    this.#queries = null;
    if (!device.features.has('timestamp-query')) return;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 * mostPasses });
    this.#resolved = device.createBuffer({ size: bytes, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
    this.#staging = device.createBuffer({ size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  }

  /**
   * Seconds that the GPU works on what `body` asks for. Without timestamps: the seconds until all of it is done.
   *
   * @throws DeviceError for what goes wrong with that work
   */
  seconds(body: () => void): Promise<number> {
    const measure = (): Promise<number> => (this.#queries ? this.#byTimestamps(body) : this.#byWaiting(body));
    const measured = this.#turn.then(measure);
    this.#turn = measured.catch(() => undefined);
    return measured;
  }

  async #byWaiting(body: () => void): Promise<number> {
    await this.#runtime.finish();
    const start = performance.now();
    body();
    await this.#runtime.finish();
    return (performance.now() - start) / 1e3;
  }

  async #byTimestamps(body: () => void): Promise<number> {
    const passes = this.#watch(body);
    if (passes === 0) return 0;
    const { device } = this.#runtime;
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries!, 0, 2 * passes, this.#resolved!, 0);
    encoder.copyBufferToBuffer(this.#resolved!, 0, this.#staging!, 0, 16 * passes);
    device.queue.submit([encoder.finish()]);
    await this.#runtime.finish();
    try {
      await this.#staging!.mapAsync(0x1);
    } catch (error) {
      assertRunning(this.#runtime, 'secondsOf');
      throw error;
    }
    const times = new BigInt64Array(this.#staging!.getMappedRange().slice(0, 16 * passes));
    this.#staging!.unmap();
    let nanoseconds = 0n;
    for (let i = 0; i < passes; i++) nanoseconds += times[2 * i + 1]! - times[2 * i]!;
    return Number(nanoseconds) / 1e9;
  }

  /** Runs `body` with a pair of timestamps around each pass; how many passes there were. */
  #watch(body: () => void): number {
    const { commands } = this.#runtime;
    let passes = 0;
    commands.flush();
    commands.describePass = () => {
      if (passes === mostPasses)
        throw new DeviceError(`more than ${mostPasses} passes in one measurement; ask for less work`, {
          op: 'secondsOf',
        });
      const [beginningOfPassWriteIndex, endOfPassWriteIndex] = [2 * passes, 2 * passes++ + 1];
      return { timestampWrites: { querySet: this.#queries!, beginningOfPassWriteIndex, endOfPassWriteIndex } };
    };
    try {
      body();
      commands.flush();
    } finally {
      commands.describePass = undefined;
    }
    return passes;
  }
}
