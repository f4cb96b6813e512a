import { VicinalError } from '../../index.ts';

/** A sample could not be made: its dataset or its transform threw `cause`, in this thread or in a worker. */
export class SampleError extends VicinalError {
  /** Which sample of the dataset. */
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super(`sample ${index}: ${cause instanceof Error ? cause.message : String(cause)}`, { op: 'DataLoader', index });
    this.index = index;
    this.cause = cause;
  }
}
