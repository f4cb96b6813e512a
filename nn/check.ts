// Checks of arguments, before anything is made.

import { ShapeError } from '../index.ts';

/** A number of features, channels or samples. */
export function checkSize(op: string, name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ShapeError(`${name} is ${String(value)}; it must be an integer >= ${least}`, { op, [name]: value });
}

/** As many as a layer has spatial axes. */
export type Single = readonly [number];
export type Double = readonly [number, number];
export type Triple = readonly [number, number, number];

const several = { 1: '', 2: ' or two [y, x]', 3: ' or three [z, y, x]' } as const;

/** One number per spatial axis: a scalar is repeated. */
export function sides<S extends Single | Double | Triple>(
  op: string,
  name: string,
  value: number | S,
  least: number,
  rank: S['length'],
): S {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value;
  if (Array.isArray(list) && list.length === rank && list.every((n) => Number.isInteger(n) && n >= least)) {
    return [...list] as unknown as S;
  }
  const given = Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
  throw new ShapeError(`${name} is ${given}; it must be one integer >= ${least}${several[rank]}`, {
    op,
    [name]: value,
  });
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
