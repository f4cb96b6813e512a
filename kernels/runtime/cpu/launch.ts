import type { Tensor } from '../../../tensor/tensor.ts';
import type { Engine } from './instance.ts';
import type { Job, Pool } from './pool.ts';
import { byteSize } from '../../../tensor/dtype.ts';
import { DeviceError, DisposedError } from '../../../tensor/errors.ts';
import { engine } from './instance.ts';
import { threads } from './threads.ts';

export interface LaunchOptions {
  /** Elementary steps per item, about a nanosecond each. With `items` it decides how the work is cut. Default 1. */
  work?: number;
  /** Bytes of scratch memory for each thread; the kernel gets their address as its last parameter. */
  scratch?: number;
  /** Chunks begin at multiples of this many items. Default 1. */
  multiple?: number;
}

/** A chunk should take some ten times as long as handing it to another thread (5 to 10 µs). */
const stepsPerChunk = 40_000;
/** Enough for an even end with eight threads of unequal speed. */
const mostChunks = 64;

/**
 * Runs a kernel over items [0, items), on several threads when the work is worth it, and returns when it is done.
 * The cut depends on `items` and `options` alone, never on the number of threads.
 *
 * @param kernel an `export function` of a *.as.ts file
 * @param args its parameters before `begin` and `end`
 * @throws DeviceError when the kernel does not exist, takes another number of parameters, or traps
 */
export function launch(kernel: string, args: readonly number[], items: number, options: LaunchOptions = {}): void {
  const { work = 1, scratch, multiple = 1 } = options;
  const running = engine();
  const found = running.kernels.get(kernel);
  if (!found)
    throw new DeviceError(
      `there is no kernel '${kernel}'; is it exported from a *.as.ts file, and were the kernels built?`,
      { op: 'launch', kernel },
    );
  const parameters = args.length + (scratch === undefined ? 2 : 3);
  if (found.call.length !== parameters) {
    throw new DeviceError(
      `kernel '${kernel}' takes ${found.call.length} parameters; got ${parameters}, begin and end included`,
      { op: 'launch', kernel, args },
    );
  }
  if (items <= 0) return;
  const { call, index } = found;
  const grain = grainOf(items, work, multiple);
  const { pool } = running;
  const count = grain < items && pool ? threads() : 1;
  try {
    if (count > 1) onThreads(pool!, { kernel: index, call, args, items, grain, scratch }, count);
    else if (scratch === undefined) call(...args, 0, items);
    else temporary(scratch, (address) => call(...args, 0, items, address));
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeviceError(`kernel '${kernel}' failed: ${reason}`, { op: 'launch', kernel, args, items });
  }
}

/** Items per chunk: all of them when the work is not worth a second thread. */
function grainOf(items: number, work: number, multiple: number): number {
  const chunks = Math.min(mostChunks, Math.round((items * work) / stepsPerChunk));
  return chunks > 1 ? Math.ceil(items / chunks / multiple) * multiple : items;
}

function onThreads(pool: Pool, job: Omit<Job, 'scratch'> & { scratch: number | undefined }, count: number): void {
  const { scratch, ...rest } = job;
  if (scratch === undefined) {
    pool.run({ ...rest, scratch: null }, count);
    return;
  }
  const stride = Math.max(1, Math.ceil(scratch / 64)) * 64;
  temporary(stride * count, (base) => pool.run({ ...rest, scratch: { base, stride } }, count));
}

/** The byte address of a tensor's first element. */
export function pointer(x: Tensor): number {
  const { runtime, handle } = x.storage;
  if ((runtime as { engine?: Engine }).engine !== engine()) {
    throw new DisposedError(
      `a tensor of a ${runtime.name} device that was ended, or of another device, reached a cpu kernel`,
      { op: 'launch', shape: x.shape },
    );
  }
  return (handle as number) + x.offset * byteSize[x.dtype];
}

/** Calls `body` with the address of `bytes` unset bytes that all threads see, and frees them at its end. */
export function temporary<T>(bytes: number, body: (address: number) => T): T {
  const { allocator } = engine();
  const address = allocator.allocate(bytes);
  try {
    return body(address);
  } finally {
    allocator.free(address);
  }
}
