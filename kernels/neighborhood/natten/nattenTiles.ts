/**
 * Which tiles NATTEN's kernels have, and how it splits keys. There a tile of queries is the rows of a matrix product, a tile
 * of keys its columns; a shape is legal when a product of that size was compiled.
 *
 * @source NATTEN 0.17.5, src/natten/autotuner/configs, src/natten/context.py, csrc/include/natten/pytorch
 */

import type { MemoryUsagePreference } from '../tuner/context.ts';
import type { Axis } from '../window.ts';
import { ShapeError } from '../../../tensor/errors.ts';
import { formatShape, sizeOf } from '../../../tensor/shape.ts';
import { checkTuple, mostSplits } from '../attributes.ts';

/** A shape for the tile of queries and one for the tile of keys, an entry per token axis. */
export interface TilePair {
  readonly queryTileSize: number[];
  readonly keyTileSize: number[];
}

/** The same, as given. */
export type GivenTiles = { readonly [Name in keyof TilePair]: readonly number[] };

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
  { queryTileSize, keyTileSize }: GivenTiles,
): void {
  checkTuple(op, 'queryTileSize', queryTileSize, tokenAxes);
  checkTuple(op, 'keyTileSize', keyTileSize, tokenAxes);
  const [rows, columns] = [sizeOf(queryTileSize), sizeOf(keyTileSize)];
  if (products[pass].some(([m, n]) => m === rows && n === columns)) return;
  const got = `queryTileSize ${formatShape(queryTileSize)} with keyTileSize ${formatShape(keyTileSize)}`;
  const legal = products[pass].map(([m, n]) => `${m} with ${n}`).join(', ');
  throw new ShapeError(
    `no ${pass} kernel matches ${got}: tiles of ${rows} queries with ${columns} keys; use shapes whose products are ${legal}`,
    { op, queryTileSize, keyTileSize, legal: products[pass] },
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
  axes: readonly Pick<Axis, 'length' | 'dilation'>[],
  keyTileSize: readonly number[],
  problems: number,
  preference: MemoryUsagePreference,
): number[] {
  const splits = mostSplits(axes, keyTileSize);
  const groups = sizeOf(axes.map(({ dilation }) => dilation));
  const cap = Math.max(1, Math.floor(caps[preference] / Math.max(1, problems * groups)));
  if (sizeOf(splits) <= cap) return splits;
  const within = (budget: number, count: number): number => Math.max(1, Math.min(Math.floor(budget), count));
  // The first axis takes at most its share of the cap, one part in `axes`; each after it takes what is left.
  const first = within(cap / axes.length, splits[0]!);
  if (axes.length === 1) return [first];
  const second = within(cap / first, splits[1]!);
  return axes.length === 2 ? [first, second] : [first, second, within(cap / (first * second), splits[2]!)];
}
