import type { Request } from './request.ts';
import type { World } from './world.ts';
import { Comparison, everyone, expectSame } from './comparison.ts';

/** Calls that were made and wait for what they need, and when the last of them is posted. */
let unposted = 0;
let lastPost: Promise<unknown> = Promise.resolve();

/**
 * One call that all ranks make. Calls are posted in the order in which they are made, as MPI matches them by it: at once, unless
 * this or an earlier one waits for elements from a GPU, or for the comparison of the ranks' calls.
 */
export class Collective<T> {
  /** Null in a job of one rank, where there is nothing to do. */
  #request: Request | null = null;
  readonly #posted: Promise<unknown> | null = null;

  /**
   * @param call - as the comparison of the ranks' calls shows it, the op's name first
   * @param memory - what `post` needs, or waits for
   * @param post - the call of MPI
   */
  constructor(world: World, call: string, memory: T | Promise<T>, post: (memory: T) => Request | null) {
    const agreed = world.mpi && world.checksCalls ? compare(world, call) : null;
    if (unposted === 0 && !agreed && !(memory instanceof Promise)) {
      this.#request = post(memory);
      return;
    }
    unposted++;
    this.#posted = Promise.all([lastPost, memory, agreed])
      .then(([, ready]) => (this.#request = post(ready)))
      .finally(() => unposted--);
    lastPost = this.#posted.catch(() => undefined);
  }

  /** Moves the data on, if it is posted. */
  progress(): void {
    this.#request?.test();
  }

  /** @throws DistributedError when MPI fails, a rank has ended, or (where calls are checked) the ranks make different calls */
  async done(): Promise<void> {
    await this.#posted;
    await this.#request?.done();
  }
}

function compare(world: World, call: string): Promise<void> {
  const op = call.split('(')[0]!;
  return expectSame(world, op, new Comparison(world, op, call, everyone(world)), {
    verb: 'calls',
    right: 'all ranks must make the same calls in the same order',
  });
}
