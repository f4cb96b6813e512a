// Checks of arguments, before anything is made.

import { ShapeError } from '../index.ts';

/** A number of features, channels or samples. */
export function checkSize(op: string, name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ShapeError(`${name} is ${String(value)}; it must be an integer >= ${least}`, { op, [name]: value });
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
