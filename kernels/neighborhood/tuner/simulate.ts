// How many tiles of keys a cut into tiles visits, counted without running it.

import type { Shape } from '../../../tensor/shape.ts';
import type { NaProblem } from '../problem.ts';
import type { Axis } from '../window.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { tokenAxesOf } from '../mask.ts';
import { checkTuple } from '../attributes.ts';
import { groupLength, windowOf, windowOfTile } from '../window.ts';

export interface TileProblem extends NaProblem {
  /** Queries per tile along each axis; the last tile of a dilation group may have fewer. */
  queryTileSize: readonly number[];
  /** Keys per tile along each axis. */
  keyTileSize: readonly number[];
}

/** Tiles of keys, summed over all tiles of queries of one head. */
export interface TileCount {
  /** Visited where key tiles lie on a grid that starts with the dilation group, as in NATTEN. */
  visitedAligned: number;
  /** Visited where key tiles start with the first key that the query tile sees, as here. */
  visitedExact: number;
  /** All there are: what dense attention visits. */
  dense: number;
  /** Pairs of a query and a key that it sees, as a share of those that the exact visits multiply: no kernel is faster than
   *  its matrix products times this share. */
  usefulShare: number;
}

const known = ['kernelSize', 'stride', 'dilation', 'isCausal', 'queryTileSize', 'keyTileSize'] as const;
const required = ['kernelSize', 'queryTileSize', 'keyTileSize'] as const;

/**
 * Counts the tiles of keys that each tile of queries visits, for token axes `shape` [*X].
 *
 * @throws ShapeError when the problem does not fit the axes, or a tile has not one integer >= 1 per axis
 * @example
 * simulateTiles([56, 56], { kernelSize: 7, queryTileSize: [8, 8], keyTileSize: [8, 8] });
 * // { visitedAligned: 361, visitedExact: 196, dense: 2401, usefulShare: 0.19140625 }
 */
export function simulateTiles(shape: Shape, problem: TileProblem): TileCount {
  const op = 'simulateTiles';
  const { queryTileSize, keyTileSize, ...rest } = checkOptions(op, problem, known, required);
  const axes = tokenAxesOf(op, shape, rest);
  checkTuple(op, 'queryTileSize', queryTileSize, axes.length);
  checkTuple(op, 'keyTileSize', keyTileSize, axes.length);
  // Tiles and windows are products over the axes, so are their numbers.
  const counts = axes.map((axis, i) => countAxis(axis, queryTileSize[i]!, keyTileSize[i]!));
  const total = (name: keyof AxisCount): number => sizeOf(counts.map((count) => count[name]));
  const multiplied = total('exact') * sizeOf(queryTileSize) * sizeOf(keyTileSize);
  return {
    visitedAligned: total('aligned'),
    visitedExact: total('exact'),
    dense: total('dense'),
    usefulShare: total('pairs') / multiplied,
  };
}

/** Pairs of a query and a key that it sees, in one head of one batch entry. */
export function countPairs(axes: readonly Axis[]): number {
  return sizeOf(axes.map((axis) => countAxis(axis, axis.length, axis.length).pairs));
}

interface AxisCount {
  aligned: number;
  exact: number;
  dense: number;
  pairs: number;
}

function countAxis(axis: Axis, queryTile: number, keyTile: number): AxisCount {
  const count = { aligned: 0, exact: 0, dense: 0, pairs: 0 };
  for (let group = 0; group < Math.min(axis.dilation, axis.length); group++) {
    const length = groupLength(axis, group);
    for (let first = 0; first < length; first += queryTile) {
      const afterLast = Math.min(first + queryTile, length);
      const { start, end } = windowOfTile(axis, length, { start: first, end: afterLast });
      count.aligned += Math.floor((end - 1) / keyTile) - Math.floor(start / keyTile) + 1;
      count.exact += Math.ceil((end - start) / keyTile);
      count.dense += Math.ceil(length / keyTile);
      for (let position = first; position < afterLast; position++) {
        const window = windowOf(axis, length, position);
        count.pairs += window.end - window.start;
      }
    }
  }
  return count;
}
