import { ArgumentError } from '../../../tensor/errors.ts';
import { canShareMemory } from './memory.ts';

const most = 64;
/** Beyond eight the memory bus of a common machine is full, and a fork costs a wake-up for every thread. */
const mostByDefault = 8;

let wanted: number | null = null;

/** How many threads run kernels, the calling one included. 1 where memory cannot be shared. */
export function threads(): number {
  if (wanted === null) wanted = Math.max(1, Math.min(mostByDefault, availableParallelism()));
  return canShareMemory() ? wanted : 1;
}

/**
 * Sets how many threads run kernels, the calling one included: 1 to 64. Results do not depend on it.
 * By default as many as the machine offers, at most 8. Threads start at the first work that is worth them;
 * those of a page once its event loop turns, until when the calling one works alone.
 *
 * @throws ArgumentError when `count` is not such a number
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new ArgumentError(`${count} threads; give a whole number from 1 to ${most}`, { op: 'setThreads', count });
  }
  wanted = count;
}

function availableParallelism(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os');
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
