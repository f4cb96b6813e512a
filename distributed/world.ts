import type { Handle } from './handles.ts';
import type { Argument, Mpi } from './library.ts';
import { DistributedError } from './error.ts';
import { Request } from './request.ts';

/** Of the message by which a rank says that it ends. */
const farewellTag = 1;

/** All processes of the job, as this one sees them. */
export class World {
  /** Null for a process that was started alone. */
  readonly mpi: Mpi | null;
  readonly rank: number;
  readonly size: number;
  /** Among the ranks of this machine. */
  localRank = 0;
  localSize = 1;
  /** Whether calls are compared between the ranks before they count. */
  readonly checksCalls: boolean;
  /** The calls in progress, with the memory that MPI may still read and write. */
  readonly inFlight = new Map<Request, readonly Argument[]>();
  /** All ranks, for what is not the program's own: comparisons and farewells. */
  readonly control: Handle;
  /** The ranks of this machine. */
  machine: Handle = 0;
  isFinalized = false;

  constructor(mpi: Mpi | null, checksCalls: boolean) {
    this.mpi = mpi;
    this.checksCalls = checksCalls;
    if (!mpi) {
      [this.rank, this.size, this.control] = [0, 1, 0];
      return;
    }
    const { world, errorsReturn } = mpi.handles;
    mpi.call('Comm_set_errhandler', world, errorsReturn);
    this.rank = mpi.integer('Comm_rank', world);
    this.size = mpi.integer('Comm_size', world);
    this.control = mpi.handle('Comm_dup', world);
  }

  /** Finds out which ranks share this machine. */
  findNeighbours(): void {
    const { mpi } = this;
    if (!mpi) return;
    const { world, commTypeShared, noInfo } = mpi.handles;
    this.machine = mpi.handle('Comm_split_type', world, commTypeShared, this.rank, noInfo);
    this.localRank = mpi.integer('Comm_rank', this.machine);
    this.localSize = mpi.integer('Comm_size', this.machine);
  }

  /** A rank that has said that it ends. */
  departed(): number | null {
    const { handles } = this.mpi!;
    const flag = new Int32Array(1);
    const hasLeft = (rank: number): boolean => {
      this.mpi!.call('Iprobe', rank, farewellTag, this.control, flag, handles.ignoreStatus);
      return flag[0] !== 0;
    };
    return this.#others().find(hasLeft) ?? null;
  }

  /** Says to all others that this rank ends, and hears it from them. */
  farewells(): Request[] {
    const type = this.mpi!.handles.types.uint8_t;
    return this.#others().flatMap((rank) =>
      (['Isend', 'Irecv'] as const).map(
        (name) => new Request(this, 'finalize', name, new Uint8Array(1), 1, type, rank, farewellTag, this.control),
      ),
    );
  }

  #others(): number[] {
    return Array.from({ length: this.size }, (_, rank) => rank).filter((rank) => rank !== this.rank);
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
  return worldOf('rank').rank;
}

/** How many processes there are. @throws DistributedError before `init()` */
export function size(): number {
  return worldOf('size').size;
}

/** This process's number among those on its machine, from 0: which GPU it takes. @throws DistributedError before `init()` */
export function localRank(): number {
  return worldOf('localRank').localRank;
}

/** How many processes are on this machine. @throws DistributedError before `init()` */
export function localSize(): number {
  return worldOf('localSize').localSize;
}
