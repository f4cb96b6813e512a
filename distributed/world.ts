import type { Handle } from './handles.ts';
import type { Mpi } from './library.ts';
import { DistributedError } from './error.ts';
import { Request } from './request.ts';

/** Of the message by which a rank says that it ends. */
const farewellTag = 1;

/** Ranks that make calls together: MPI takes each one's n-th call together with the others' n-th. */
export class Group {
  readonly handle: Handle;
  /** This process's number in it. */
  readonly rank: number;
  readonly size: number;
  /** How many calls this process has made. */
  calls = 0;

  constructor(mpi: Mpi | null, handle: Handle) {
    this.handle = handle;
    this.rank = mpi ? mpi.integer('Comm_rank', handle) : 0;
    this.size = mpi ? mpi.integer('Comm_size', handle) : 1;
  }
}

/** What is to come from a rank when it ends: how many calls it has made, by group. */
interface Farewell {
  readonly rank: number;
  readonly calls: Int32Array;
  readonly request: Request;
}

/** All processes of the job, as this one sees them. */
export class World {
  /** Null for a process that was started alone. */
  readonly mpi: Mpi | null;
  /** All ranks, for the program's calls. */
  readonly all: Group;
  /** All ranks, for what is not the program's own: comparisons and farewells. */
  readonly control: Group;
  /** The ranks of this machine. */
  readonly machine: Group;
  /** Whether calls are compared between the ranks before they count. */
  readonly checksCalls: boolean;
  /** The groups' calls in progress. */
  readonly inFlight = new Set<Request>();
  /** Calls that were made and wait for what they need, and when the last of them is posted. */
  unposted = 0;
  lastPost: Promise<unknown> = Promise.resolve();
  isFinalized = false;
  /** That this rank ends the job in so many milliseconds. */
  tellWitness: (milliseconds: number) => void = () => undefined;
  readonly #farewells: readonly Farewell[];

  /** Waits until all ranks make theirs. */
  constructor(mpi: Mpi | null, checksCalls: boolean) {
    this.mpi = mpi;
    this.checksCalls = checksCalls;
    if (!mpi) {
      this.all = this.control = this.machine = new Group(null, 0);
      this.#farewells = [];
      return;
    }
    const { world, errorsReturn, commTypeShared, noInfo } = mpi.handles;
    mpi.call('Comm_set_errhandler', world, errorsReturn);
    this.all = new Group(mpi, world);
    this.control = new Group(mpi, mpi.handle('Comm_dup', world));
    this.machine = new Group(mpi, mpi.handle('Comm_split_type', world, commTypeShared, this.all.rank, noInfo));
    this.#farewells = this.#others().map((rank) => {
      const calls = new Int32Array(this.#groups.length);
      return { rank, calls, request: this.#message('Irecv', calls, rank) };
    });
  }

  /** Whether it waits for calls that have been made. */
  get isBusy(): boolean {
    return this.inFlight.size + this.unposted > 0;
  }

  /** A rank that has ended before a group's n-th call. One that has ended after it may be waited for: its part is on its way. */
  absentee(group: Group, n: number): number | null {
    const place = this.#groups.indexOf(group);
    return this.#farewells.find(({ request, calls }) => request.test() && calls[place]! < n)?.rank ?? null;
  }

  /** Says to all others that this rank ends, and hears it from them. */
  farewells(): Request[] {
    const calls = Int32Array.from(this.#groups, (group) => group.calls);
    const said = this.#others().map((rank) => this.#message('Isend', calls, rank));
    return [...said, ...this.#farewells.map(({ request }) => request)];
  }

  get #groups(): readonly Group[] {
    return [this.all, this.control, this.machine];
  }

  #message(name: 'Isend' | 'Irecv', calls: Int32Array, rank: number): Request {
    const type = this.mpi!.handles.types.int32_t;
    return new Request(this, name, calls, calls.length, type, rank, farewellTag, this.control.handle);
  }

  #others(): number[] {
    return Array.from({ length: this.all.size }, (_, rank) => rank).filter((rank) => rank !== this.all.rank);
  }
}

let current: World | null = null;

/** @throws DistributedError before `init()` and after `finalize()` */
export function worldOf(op: string): World {
  if (current) return current;
  throw new DistributedError('the process belongs to no job; call await init() first', { op });
}

export function currentWorld(): World | null {
  return current;
}

export function setWorld(world: World | null): void {
  current = world;
}

/** This process's number among all, from 0. @throws DistributedError before `init()` */
export function rank(): number {
  return worldOf('rank').all.rank;
}

/** How many processes there are. @throws DistributedError before `init()` */
export function size(): number {
  return worldOf('size').all.size;
}

/** This process's number among those on its machine, from 0: which GPU it takes. @throws DistributedError before `init()` */
export function localRank(): number {
  return worldOf('localRank').machine.rank;
}

/** How many processes are on this machine. @throws DistributedError before `init()` */
export function localSize(): number {
  return worldOf('localSize').machine.size;
}
