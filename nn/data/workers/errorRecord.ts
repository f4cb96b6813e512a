import * as errors from '../../../tensor/errors.ts';
import { SampleError } from '../sampleError.ts';

/** An error as a message: classes, and what they add, do not travel between threads. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Node's, such as ENOENT. */
  readonly code?: string;
  /** Of this library's errors. */
  readonly op?: string;
  /** Of a SampleError: which sample, and what was thrown. */
  readonly sample?: { readonly index: number; readonly cause: ErrorRecord };
}

export function recordError(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined };
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  const record = { name, message, stack, ...(typeof code === 'string' && { code }) };
  if (error instanceof SampleError)
    return { ...record, sample: { index: error.index, cause: recordError(error.cause) } };
  return error instanceof errors.VicinalError ? { ...record, op: error.op } : record;
}

/** The error again: of its class where that is this library's, with the stack it had in the worker. */
export function reviveError({ name, message, stack, code, op, sample }: ErrorRecord): Error {
  if (sample) return new SampleError(sample.index, reviveError(sample.cause));
  const classes: Readonly<Record<string, typeof errors.VicinalError>> = errors;
  const Class = classes[name];
  const error = op !== undefined && Class ? new Class(message.slice(op.length + 2), { op }) : new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  if (code !== undefined) Object.assign(error, { code });
  return error;
}
