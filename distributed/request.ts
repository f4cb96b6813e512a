import type { Handles } from './handles.ts';
import type { Argument, CallName } from './library.ts';
import type { Group, World } from './world.ts';
import { eventLoopTurn } from '../tensor/eventLoop.ts';
import { DistributedError } from './error.ts';

/** Milliseconds of asking before the event loop may turn: a small message arrives within them. */
const spinFor = 0.05;
/** Milliseconds between looks for ranks that have ended. */
const lookEvery = 100;

/** A call in progress, with the memory that MPI may still read and write: to be kept until it is done. */
export class Request {
  readonly #world: World;
  readonly #handle = new BigUint64Array(1);
  #args: readonly Argument[] | null;

  /** @throws DistributedError when MPI refuses the call */
  constructor(world: World, name: CallName, ...args: Argument[]) {
    this.#world = world;
    this.#args = args;
    world.mpi!.call(name, ...args, this.#handle);
  }

  /** Whether it is done. Asking is also what moves the data on: MPI works only while it is called. */
  test(): boolean {
    if (!this.#args) return true;
    const mpi = this.#world.mpi!;
    const flag = new Int32Array(1);
    mpi.call('Test', this.#handle, flag, mpi.handles.ignoreStatus);
    if (flag[0] !== 0) this.#args = null;
    return !this.#args;
  }
}

/** A call that all ranks of a group make. The world keeps it until it is done. */
export class GroupRequest extends Request {
  readonly #world: World;
  readonly #group: Group;
  readonly #op: string;
  /** Which of the group's calls it is, from 1. */
  readonly #number: number;

  /** @param args - without the group, which comes last */
  constructor(world: World, group: Group, op: string, name: CallName, ...args: Argument[]) {
    super(world, name, ...args, group.handle);
    this.#world = world;
    this.#group = group;
    this.#op = op;
    this.#number = ++group.calls;
    world.inFlight.add(this);
  }

  override test(): boolean {
    const isDone = super.test();
    if (isDone) this.#world.inFlight.delete(this);
    return isDone;
  }

  /**
   * Resolves when the call is done. The event loop turns meanwhile: timers, signals and the loader's files get through.
   *
   * @throws DistributedError when a rank has ended that would have to take part
   */
  async done(): Promise<void> {
    let looked = performance.now();
    while (!this.#spin()) {
      await eventLoopTurn();
      if (performance.now() - looked < lookEvery) continue;
      looked = performance.now();
      const absentee = this.#world.absentee(this.#group, this.#number);
      if (absentee !== null) throw this.#missing(absentee);
    }
  }

  #spin(): boolean {
    const until = performance.now() + spinFor;
    do if (this.test()) return true;
    while (performance.now() < until);
    return false;
  }

  #missing(rank: number): DistributedError {
    const message = `rank ${rank} has ended, while rank ${this.#world.all.rank} waits for it; all ranks must make the same calls`;
    return new DistributedError(message, { op: this.#op, rank });
  }
}

/** A call of all ranks, begun with what the library calls things; null in a job of one rank, where there is nothing to do. */
export function post(
  world: World,
  op: string,
  name: CallName,
  args: (handles: Handles) => Argument[],
): GroupRequest | null {
  return world.mpi ? new GroupRequest(world, world.all, op, name, ...args(world.mpi.handles)) : null;
}
