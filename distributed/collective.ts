import type { GroupRequest } from './request.ts';
import type { World } from './world.ts';
import { Comparison, expectSame } from './comparison.ts';

/**
 * One call that all ranks make. Calls are posted in the order in which they are made, as MPI matches them by it: at once, unless
 * this or an earlier one waits for elements from a GPU, or for the comparison of the ranks' calls.
 */
export class Collective<T> {
  /** Null in a job of one rank, where there is nothing to do. */
  #request: GroupRequest | null = null;
  readonly #posted: Promise<unknown> | null = null;

  /**
   * @param call - as the comparison of the ranks' calls shows it, the op's name first
   * @param memory - what `post` needs, or waits for
   * @param post - the call of MPI
   */
  constructor(world: World, call: string, memory: T | Promise<T>, post: (memory: T) => GroupRequest | null) {
    const agreed = world.mpi && world.checksCalls ? compare(world, call) : null;
    if (world.unposted === 0 && !agreed && !(memory instanceof Promise)) {
      this.#request = post(memory);
      return;
    }
    world.unposted++;
    this.#posted = Promise.all([world.lastPost, memory, agreed])
      .then(([, ready]) => (this.#request = post(ready)))
      .finally(() => world.unposted--);
    world.lastPost = this.#posted.catch(() => undefined);
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
  return expectSame(world, op, new Comparison(world, world.control, op, call), {
    verb: 'calls',
    right: 'all ranks must make the same calls in the same order',
  });
}
