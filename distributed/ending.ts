// How a job ends: with its last rank, or with the first that fails. A rank that left without a word would keep the others waiting.

import type { World } from './world.ts';
import { eventLoopTurn } from '../tensor/eventLoop.ts';
import { checkOptions } from '../tensor/options.ts';
import { DistributedError } from './error.ts';
import { currentWorld, setWorld, worldOf } from './world.ts';

/** Sees to it that this process leaves the job in order when it ends well, and ends the job when it does not. */
export function watchEnd(world: World): void {
  let reason: string | null = null;
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    // Node would go on to exit with 1, unless the program has a handler of its own, and print the error only after that.
    reason = (error instanceof Error && error.stack) || String(error);
  });
  process.on('exit', (code) => {
    if (world.isFinalized) return;
    if (code !== 0) endJob(world, reason ?? `it exited with code ${code}`, code);
    if (world.isBusy) endJob(world, 'it exited while a call was in progress', 1);
    const farewells = world.farewells();
    while (!farewells.every((request) => request.test())); // nothing else runs any more
    leave(world);
  });
}

function leave(world: World): void {
  world.isFinalized = true;
  world.tellWitness(0);
  world.mpi?.call('Finalize');
}

/** Milliseconds for what is written to be read: Open MPI's mpirun drops what it has not read when it is told. */
const lastWords = 200;

function endJob(world: World, reason: string, code: number): never {
  const { rank, size } = world.all;
  // Another may have been killed a moment ago, of which this one's error is the consequence.
  world.tellWitness(lastWords / 2);
  const host = process.getBuiltinModule('node:os').hostname();
  console.warn(`vicinal: rank ${rank} of ${size} on ${host} ends the job: ${reason}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lastWords);
  world.mpi?.call('Abort', world.all.handle, code);
  process.exit(code);
}

/**
 * Leaves the job, when all ranks do. A process that ends well does so by itself.
 *
 * @throws DistributedError while a call is in progress
 */
export async function finalize(): Promise<void> {
  const world = currentWorld();
  if (!world) return;
  if (world.isBusy) throw new DistributedError('a call is in progress; await it first', { op: 'finalize' });
  setWorld(null);
  if (!world.mpi) return;
  for (const request of world.farewells()) while (!request.test()) await eventLoopTurn();
  leave(world);
}

/**
 * Ends the job at once, on all machines, with this rank and the reason on standard error: for what only one rank can know. An
 * error that nobody catches does the same.
 *
 * @param options - `code`: what the processes exit with, 1 by default
 * @throws DistributedError before `init()`
 */
export function abort(reason: unknown, options: { code?: number } = {}): never {
  const { code = 1 } = checkOptions('abort', options, ['code']);
  return endJob(worldOf('abort'), String(reason), code);
}
