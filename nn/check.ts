// Checks of arguments, before anything is made.

import { ArgumentError, ShapeError } from '../index.ts';

/** A number of features, channels or samples. */
export function checkSize(op: string, name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ShapeError(`${name} is ${String(value)}; it must be an integer >= ${least}`, { op, [name]: value });
}

/** A probability. */
export function checkRate(op: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ArgumentError(`${name} is ${String(value)}; it must be a probability of 0..1`, { op, [name]: value });
}

/** Any number but NaN and the infinities. */
export function checkFinite(op: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(`${name} is ${String(value)}; it must be a finite number`, { op, [name]: value });
}

/** A constant added to a variance. */
export function checkEps(op: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
  throw new ArgumentError(`eps is ${String(value)}; it must be a number >= 0`, { op, eps: value });
}

/** One size per spatial axis: a scalar is repeated. */
export function pair(op: string, name: string, value: number | readonly number[], least: number): [number, number] {
  const [height, width, ...rest] = Array.isArray(value)
    ? (value as readonly number[])
    : [value as number, value as number];
  const fits = (n: number | undefined): boolean => Number.isInteger(n) && n! >= least;
  if (rest.length === 0 && fits(height) && fits(width)) return [height!, width!];
  throw new ShapeError(
    `${name} is ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}; it must be one integer >= ${least} or two [y, x]`,
    {
      op,
      [name]: value,
    },
  );
}

/** What stands in the brackets of a constructor's call: arguments, then the options that differ from their defaults. */
export function describeCall(
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>> = {},
  defaults: Readonly<Record<string, unknown>> = {},
): string {
  const shown = Object.entries(options)
    .filter(([key, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key]))
    .map(([key, value]) => `${key}: ${describeValue(value)}`);
  return [...args.map(describeValue), ...(shown.length > 0 ? [`{ ${shown.join(', ')} }`] : [])].join(', ');
}

function describeValue(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === 'string' ? `'${value}'` : String(value);
  return value.every((item) => item === value[0]) ? String(value[0]) : `[${value.join(', ')}]`;
}
