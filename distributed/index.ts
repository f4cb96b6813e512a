/**
 * Training over several processes and machines, on MPI.
 *
 * @module
 */

export {
  allGather,
  allReduce,
  barrier,
  broadcast,
  reduceScatter,
  type BroadcastOptions,
  type ReduceOp,
  type ReduceOptions,
} from './collectives.ts';
export { DistributedDataParallel, type DataParallelOptions } from './dataParallel.ts';
export { abort, finalize } from './ending.ts';
export { DistributedError } from './error.ts';
export { init, type InitOptions } from './init.ts';
export { DistributedSampler, type DistributedSamplerOptions } from './sampler.ts';
export { localRank, localSize, rank, size } from './world.ts';
