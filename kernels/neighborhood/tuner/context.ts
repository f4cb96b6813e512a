// What holds for all calls that follow, as in NATTEN's context: determinism, splits of the keys, memory for them.

import { ArgumentError } from '../../../tensor/errors.ts';

/** How many parts backward may split its keys into: NATTEN's caps on work items. */
export type MemoryUsagePreference = 'default' | 'strict' | 'unrestricted';

const preferences: readonly MemoryUsagePreference[] = ['default', 'strict', 'unrestricted'];

let isDeterministic = false;
let isParallel = false;
let preference: MemoryUsagePreference = 'default';

/**
 * Keeps the auto-tuner and `useKvParallelism` off while it is on, so that the same call is cut in the same way on every run
 * and machine. One cut gives the same bits for any number of threads, with this or without: so do splits that a call asks for.
 *
 * @throws ArgumentError unless `on` is true or false
 * @source NATTEN 0.17.5, src/natten/context.py; there it throws while one of the two is on, here they wait
 * @example
 * useDeterministicAlgorithms();
 * areDeterministicAlgorithmsEnabled(); // true
 * useDeterministicAlgorithms(false);
 */
export function useDeterministicAlgorithms(on = true): void {
  isDeterministic = checked('useDeterministicAlgorithms', on);
}

/** Whether `useDeterministicAlgorithms` is on. It starts off. */
export function areDeterministicAlgorithmsEnabled(): boolean {
  return isDeterministic;
}

/**
 * Lets the gradient of query be summed in parts of the keys, as many as NATTEN's rule gives, where the caller names no
 * `numSplitsKey`. It starts off, unlike in NATTEN: the partial sums cost memory, and the tiles of a few hundred queries that
 * a CPU works on leave no thread without work.
 *
 * @throws ArgumentError unless `on` is true or false
 * @example
 * useKvParallelism();
 * isKvParallelismEnabled(); // true
 * useKvParallelism(false);
 */
export function useKvParallelism(on = true): void {
  isParallel = checked('useKvParallelism', on);
}

/** Whether `useKvParallelism` is on and determinism does not keep it off. */
export function isKvParallelismEnabled(): boolean {
  return isParallel && !isDeterministic;
}

/**
 * How many parts `useKvParallelism` may make: at most 4096 work items (default), 1024 (strict) or 65535 (unrestricted).
 *
 * @throws ArgumentError for any other preference
 * @example
 * setMemoryUsagePreference('strict');
 * getMemoryUsagePreference(); // 'strict'
 * setMemoryUsagePreference('default');
 */
export function setMemoryUsagePreference(wanted: MemoryUsagePreference): void {
  if (!preferences.includes(wanted)) {
    const names = preferences.map((name) => `'${name}'`).join(', ');
    throw new ArgumentError(`there is no preference '${String(wanted)}'; use one of ${names}`, {
      op: 'setMemoryUsagePreference',
      preference: wanted,
    });
  }
  preference = wanted;
}

/** What `setMemoryUsagePreference` set last; it starts as 'default'. */
export function getMemoryUsagePreference(): MemoryUsagePreference {
  return preference;
}

function checked(op: string, on: boolean): boolean {
  if (typeof on === 'boolean') return on;
  throw new ArgumentError(`on must be true or false, got ${on === null ? 'null' : typeof on}`, { op, on });
}
