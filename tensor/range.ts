import { ArgumentError } from './errors.ts';

/** @throws ArgumentError unless each of `numbers` is a finite number >= 0 */
export function checkNonNegative(op: string, numbers: Record<string, unknown>): void {
  check(op, numbers, 'a finite number >= 0', (value) => value >= 0 && value < Infinity);
}

/** @throws ArgumentError unless each of `numbers` is any number but NaN and the infinities */
export function checkFinite(op: string, numbers: Record<string, unknown>): void {
  check(op, numbers, 'a finite number', Number.isFinite);
}

/** @throws ArgumentError unless each of `numbers` is a probability, or a share of the whole */
export function checkShare(op: string, numbers: Record<string, unknown>): void {
  check(op, numbers, 'a number of 0..1', (value) => value >= 0 && value <= 1);
}

/** @throws ArgumentError unless each of `numbers` can be the decay of a running mean: at 1 it would never move */
export function checkDecay(op: string, numbers: Record<string, unknown>): void {
  check(op, numbers, 'a number of 0..1, less than 1', (value) => value >= 0 && value < 1);
}

/** @throws ArgumentError unless each of `numbers` is an integer >= 1 */
export function checkCount(op: string, numbers: Record<string, unknown>): void {
  check(op, numbers, 'an integer >= 1', (value) => Number.isInteger(value) && value >= 1);
}

function check(
  op: string,
  numbers: Record<string, unknown>,
  wanted: string,
  isLegal: (value: number) => boolean,
): void {
  for (const name in numbers) {
    const value = numbers[name];
    if (typeof value === 'number' && isLegal(value)) continue;
    const got = typeof value === 'number' ? value : value === null ? 'null' : typeof value;
    throw new ArgumentError(`${name} must be ${wanted}, got ${got}`, { op, [name]: value });
  }
}
