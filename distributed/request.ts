import type { Handles } from './handles.ts';
import type { Argument, CallName } from './library.ts';
import type { World } from './world.ts';
import { eventLoopTurn } from '../tensor/eventLoop.ts';
import { DistributedError } from './error.ts';

/** Milliseconds of asking before the event loop may turn: a small message arrives within them. */
const spinFor = 0.05;
/** Milliseconds between looks for ranks that have ended. */
const lookEvery = 100;
/** How long after a rank said that it ends its last messages may be on their way. */
const grace = 2000;

/** A call in progress. The world keeps its memory until it is done. */
export class Request {
  readonly #world: World;
  readonly #op: string;
  readonly #handle = new BigUint64Array(1);
  #isDone = false;

  /** @throws DistributedError when MPI refuses the call */
  constructor(world: World, op: string, name: CallName, ...args: Argument[]) {
    this.#world = world;
    this.#op = op;
    world.mpi!.call(name, ...args, this.#handle);
    world.inFlight.set(this, args);
  }

  /** Whether it is done. Asking is also what moves the data on: MPI works only while it is called. */
  test(): boolean {
    if (this.#isDone) return true;
    const { mpi, inFlight } = this.#world;
    const flag = new Int32Array(1);
    mpi!.call('Test', this.#handle, flag, mpi!.handles.ignoreStatus);
    this.#isDone = flag[0] !== 0;
    if (this.#isDone) inFlight.delete(this);
    return this.#isDone;
  }

  /**
   * Resolves when the call is done. The event loop turns meanwhile: timers, signals and the loader's files get through.
   *
   * @throws DistributedError when a rank has ended that would have to take part
   */
  async done(): Promise<void> {
    let looked = performance.now();
    let departure: { rank: number; seen: number } | null = null;
    while (!this.#spin()) {
      await eventLoopTurn();
      const now = performance.now();
      if (departure && now - departure.seen > grace) throw this.#missing(departure.rank);
      if (departure || now - looked < lookEvery) continue;
      looked = now;
      const rank = this.#world.departed();
      if (rank !== null) departure = { rank, seen: now };
    }
  }

  #spin(): boolean {
    const until = performance.now() + spinFor;
    do if (this.test()) return true;
    while (performance.now() < until);
    return false;
  }

  #missing(rank: number): DistributedError {
    const message = `rank ${rank} has ended, while rank ${this.#world.rank} waits for it; all ranks must make the same calls`;
    return new DistributedError(message, { op: this.#op, rank });
  }
}

/** A call begun with what the library calls things; null in a job of one rank, where there is nothing to do. */
export function post(world: World, op: string, name: CallName, args: (handles: Handles) => Argument[]): Request | null {
  return world.mpi ? new Request(world, op, name, ...args(world.mpi.handles)) : null;
}
