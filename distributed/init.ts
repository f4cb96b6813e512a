import { ArgumentError, setThreads } from '../index.ts';
import { isDevelopment } from '../tensor/development.ts';
import { checkOptions } from '../tensor/options.ts';
import { disagree } from './disagreement.ts';
import { watchEnd } from './ending.ts';
import { DistributedError } from './error.ts';
import { shareGpus } from './gpuOfRank.ts';
import { launchOf, type Launch } from './launch.ts';
import { loadMpi, type Mpi } from './library.ts';
import { threadsPerRank } from './threadsPerRank.ts';
import { joinWithin } from './watchdog.ts';
import { meetWitness, startWitness } from './witness.ts';
import { setWorld, World } from './world.ts';

export interface InitOptions {
  /** Threads of this rank. Default: the processors that it may use, over the ranks that may use the same; at most 8. */
  threads?: number;
  /**
   * Compare each collective call between the ranks before it counts. Default: in development, that is with
   * `NODE_ENV=development` or `VICINAL_DEBUG=1`.
   */
  checkCalls?: boolean;
  /** Seconds in which the other ranks must join, or the job ends. Default 120. */
  timeout?: number;
}

/** All calls of MPI are made by the thread that starts it. */
const threadFunneled = 1;

let starting: Promise<void> | null = null;

/**
 * Joins the job that `mpirun`, `mpiexec` or `srun` started this process for, through Open MPI or MPICH; a process that was
 * started alone is a job of one rank, and needs neither. Sets the number of threads, and which of a machine's equal GPUs `webgpu`
 * will take: to be called before that device. A second call does nothing.
 *
 * From here on the process ends in order when all ranks do, and an error that nobody catches, or an exit with another code than
 * 0, ends the whole job.
 *
 * @throws ArgumentError for a timeout that is no positive number; DistributedError when the process belongs to a job, but koffi or a fitting MPI library is missing
 * @example
 * await init();
 * `rank ${rank()} of ${size()}`; // 'rank 0 of 1'
 */
export function init(options: InitOptions = {}): Promise<void> {
  const op = 'init';
  checkOptions(op, options, ['threads', 'checkCalls', 'timeout']);
  const { timeout = 120 } = options;
  if (!(timeout > 0 && timeout < 1e6)) throw new ArgumentError(`timeout is ${timeout}; give seconds above 0`, { op });
  return (starting ??= start(options, timeout));
}

async function start({ threads, checkCalls = isDevelopment }: InitOptions, timeout: number): Promise<void> {
  const environment = globalThis.process?.env ?? {};
  const launch = launchOf(environment);
  const mpi = launch && (await loadFor(launch, environment['VICINAL_MPI']));
  const witness = mpi && (await startWitness(launch));
  if (mpi) {
    await joinWithin(launch, timeout, () => mpi.call('Init_thread', null, null, threadFunneled, new Int32Array(1)));
  }
  const world = new World(mpi, checkCalls);
  if (mpi) {
    await join(world, mpi, launch);
    world.tellWitness = await meetWitness(world, witness);
    shareGpus(world);
    const share = await threadsPerRank(world); // which all ranks find out together, also one that has been told
    setThreads(threads ?? share);
  } else if (threads !== undefined) setThreads(threads);
  setWorld(world);
}

async function loadFor(launch: Launch, path: string | undefined): Promise<Mpi> {
  // UCX, on which MPI may build, would take over the signal by which V8 notices WebAssembly that leaves its memory, and patch
  // libc's mmap while V8's threads run through it.
  process.env['UCX_ERROR_SIGNALS'] ??= 'SIGILL,SIGBUS,SIGFPE';
  process.env['UCX_MEM_EVENTS'] ??= 'no';
  try {
    return await loadMpi(launch, path);
  } catch (error) {
    return disagree(launch.rank, error as DistributedError);
  }
}

async function join(world: World, { version, path }: Mpi, { by, rank, size }: Launch): Promise<void> {
  watchEnd(world);
  const found = world.all.size;
  if (found !== size) {
    const message = `${by} started ${size} processes, but ${version} (${path}) knows of ${found}: it belongs to another launcher; name the launcher's own library in VICINAL_MPI`;
    await disagree(rank, new DistributedError(message, { op: 'init', expected: size, found }));
  }
}
