/**
 * Which tiles NATTEN's kernels have, and how it splits keys. There a tile of queries is the rows of a matrix product, a tile
 * of keys its columns; a shape is legal when a product of that size was compiled.
 *
 * @source NATTEN 0.17.5, src/natten/autotuner/configs, src/natten/context.py, csrc/include/natten/pytorch
 */

import type { MemoryUsagePreference } from '../tuner/context.ts';
import { ShapeError } from '../../../tensor/errors.ts';
import { formatShape } from '../../../tensor/shape.ts';
import { axisName } from '../problem.ts';

/** A shape for the tile of queries and one for the tile of keys, an entry per token axis. */
export interface TilePair {
  readonly queryTileSize: number[];
  readonly keyTileSize: number[];
}

export type Pass = 'forward' | 'backward';

/** [queries, keys] per tile of the matrix products that were compiled. */
const products: Readonly<Record<Pass, readonly (readonly [number, number])[]>> = {
  forward: [
    [32, 128],
    [64, 64],
    [64, 128],
  ],
  backward: [
    [64, 64],
    [128, 64],
    [128, 128],
  ],
};

/** @throws ShapeError unless both tiles have a positive integer per axis, and their products are a pair of NATTEN's table */
export function checkNattenTiles(
  op: string,
  pass: Pass,
  tokenAxes: number,
  { queryTileSize, keyTileSize }: { queryTileSize: readonly number[]; keyTileSize: readonly number[] },
): void {
  checkTuple(op, 'queryTileSize', queryTileSize, tokenAxes);
  checkTuple(op, 'keyTileSize', keyTileSize, tokenAxes);
  const [rows, columns] = [product(queryTileSize), product(keyTileSize)];
  if (products[pass].some(([m, n]) => m === rows && n === columns)) return;
  const got = `queryTileSize ${formatShape(queryTileSize)} with keyTileSize ${formatShape(keyTileSize)}`;
  const legal = products[pass].map(([m, n]) => `${m} with ${n}`).join(', ');
  throw new ShapeError(
    `no ${pass} kernel matches ${got}: tiles of ${rows} queries with ${columns} keys; use shapes whose products are ${legal}`,
    { op, queryTileSize, keyTileSize, legal: products[pass] },
  );
}

/** @throws ShapeError unless `values`, called `name`, is a positive integer for each token axis */
export function checkTuple(op: string, name: string, values: readonly number[], tokenAxes: number): void {
  const isFine = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;
  if (Array.isArray(values) && values.length === tokenAxes && values.every(isFine)) return;
  const got = Array.isArray(values) ? formatShape(values) : String(values);
  const wanted = `${tokenAxes} integer${tokenAxes === 1 ? '' : 's'} >= 1, one per token axis`;
  throw new ShapeError(`${name} must be an array of ${wanted}, got ${got}`, { op, [name]: values });
}

/** What splitting needs to know of a token axis. */
export interface SplitAxis {
  readonly length: number;
  readonly dilation: number;
}

/** How many key tiles the longest dilation group of each axis has: into no more parts can its keys be split. */
export function mostSplits(axes: readonly SplitAxis[], keyTileSize: readonly number[]): number[] {
  return axes.map(({ length, dilation }, i) => Math.ceil(Math.ceil(length / dilation) / keyTileSize[i]!));
}

/** @throws ShapeError unless `numSplitsKey` has an integer of 1..mostSplits for each axis */
export function checkNattenSplits(
  op: string,
  axes: readonly SplitAxis[],
  keyTileSize: readonly number[],
  numSplitsKey: readonly number[],
): void {
  checkTuple(op, 'numSplitsKey', numSplitsKey, axes.length);
  const most = mostSplits(axes, keyTileSize);
  const wrong = most.findIndex((count, i) => numSplitsKey[i]! > count);
  if (wrong < 0) return;
  const { length, dilation } = axes[wrong]!;
  const tiles = `ceil(ceil(${length} / ${dilation}) / ${keyTileSize[wrong]}) = ${most[wrong]} key tiles`;
  throw new ShapeError(
    `numSplitsKey ${formatShape(numSplitsKey)} has ${numSplitsKey[wrong]} along axis ${axisName(wrong)}, which has ${tiles}; use at most ${formatShape(most)}`,
    { op, numSplitsKey, most },
  );
}

/** Work items that split keys may make. */
const caps: Readonly<Record<MemoryUsagePreference, number>> = { strict: 1024, default: 4096, unrestricted: 65535 };

/**
 * The splits that NATTEN takes by itself: all that there are, or so many that with batch, heads and dilation groups they stay
 * below a cap.
 *
 * @param problems batch entries times heads
 */
export function defaultSplits(
  axes: readonly SplitAxis[],
  keyTileSize: readonly number[],
  problems: number,
  preference: MemoryUsagePreference,
): number[] {
  const splits = mostSplits(axes, keyTileSize);
  const groups = product(axes.map(({ dilation }) => dilation));
  const cap = Math.max(1, Math.floor(caps[preference] / Math.max(1, problems * groups)));
  if (product(splits) <= cap) return splits;
  const within = (budget: number, count: number): number => Math.max(1, Math.min(Math.floor(budget), count));
  // The first axis takes at most its share of the cap, one part in `axes`; each after it takes what is left.
  const first = within(cap / axes.length, splits[0]!);
  if (axes.length === 1) return [first];
  const second = within(cap / first, splits[1]!);
  return axes.length === 2 ? [first, second] : [first, second, within(cap / (first * second), splits[2]!)];
}

/**
 * The shapes that NATTEN's tuner tries: powers of two, at least 2 along each of several axes; in forward no tile of queries is
 * longer than its tile of keys along any axis.
 */
export function nattenPairs(pass: Pass, tokenAxes: number): TilePair[] {
  return products[pass].flatMap(([rows, columns]) =>
    tileShapes(rows, tokenAxes).flatMap((queryTileSize) =>
      tileShapes(columns, tokenAxes)
        .filter((keyTileSize) => pass === 'backward' || queryTileSize.every((n, i) => n <= keyTileSize[i]!))
        .map((keyTileSize) => ({ queryTileSize: [...queryTileSize], keyTileSize })),
    ),
  );
}

/** The shapes of `size` tokens, a power of two, whose entries are powers of two >= 2. */
function tileShapes(size: number, tokenAxes: number): number[][] {
  if (tokenAxes === 1) return [[size]];
  const shapes: number[][] = [];
  for (let first = 2; first < size; first *= 2)
    for (const rest of tileShapes(size / first, tokenAxes - 1))
      if (rest.every((n) => n >= 2)) shapes.push([first, ...rest]);
  return shapes;
}

export function product(values: readonly number[]): number {
  return values.reduce((a, b) => a * b, 1);
}
