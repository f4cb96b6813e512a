import { VicinalError } from '../index.ts';

/** Ranks disagree, one is missing, or MPI cannot be had or fails. */
export class DistributedError extends VicinalError {}
