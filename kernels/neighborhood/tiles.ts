/** How a problem is cut into tiles and chunks; see plan.as.ts for the words. Depends on the shape alone. */

import type { Axis } from './window.ts';
import { groupLength } from './window.ts';

/** One axis of a problem and what its tokens see: windows or inverse windows, by `windowTable`. */
export interface Sight {
  readonly axis: Axis;
  readonly windows: Int32Array;
}

export interface Cut {
  /** Per axis and tile: group, first and last position. */
  readonly tiles: readonly Int32Array[];
  /** Tokens along each axis of the largest tile, the largest box, the largest chunk. */
  readonly tile: readonly number[];
  readonly box: readonly number[];
  readonly chunk: readonly number[];
}

/** Bytes that the tile's records, or a chunk's rows, may have: they share a second-level cache. */
const mostBytes = 192 * 1024;
/** Enough items for an even end with eight threads. */
const wantedItems = 16;
/** Copying a row costs about as much as four products; cuts for the sake of more items keep it below a tenth. */
const leastProducts = 40;

/**
 * @param problems batch entries times heads
 * @param bytes of a tile's record and of a box's row
 */
export function cutProblem(sights: readonly Sight[], problems: number, bytes: { owner: number; row: number }): Cut {
  const size = sights.map(({ axis }) => groupLength(axis, 0));
  for (;;) {
    const cut = cutInto(sights, size, bytes.row);
    const [tile, box] = [product(cut.tile), product(cut.box)];
    const items = problems * cut.tiles.reduce((n, tiles) => n * (tiles.length / 3), 1);
    // The axis whose tile is longest beside its window loses least by a cut.
    const slack = sights.map(({ axis }, i) => (size[i]! > 1 ? size[i]! / axis.kernelSize : 0));
    const most = Math.max(...slack);
    const products = (tile * product(sights.map(({ axis }) => axis.kernelSize))) / box;
    const isTooLarge = tile * bytes.owner > mostBytes || (box * bytes.row > mostBytes && most > 1);
    const isTooFew = items < wantedItems && products > 2 * leastProducts;
    if (most === 0 || !(isTooLarge || isTooFew)) return cut;
    const at = slack.indexOf(most);
    size[at] = Math.ceil(size[at]! / 2);
  }
}

function cutInto(sights: readonly Sight[], size: readonly number[], rowBytes: number): Cut {
  const tiles = sights.map(({ axis }, i) => tilesOf(axis, size[i]!));
  const tile = tiles.map((table) => longest(table, (_group, first, last) => last - first + 1));
  const box = sights.map(({ axis: { dilation }, windows }, i) =>
    longest(tiles[i]!, (group, first, last) => {
      const [start, end] = [windows[2 * (group + first * dilation)]!, windows[2 * (group + last * dilation) + 1]!];
      return end - start;
    }),
  );
  const chunk = [...box];
  for (let axis = 0; axis < chunk.length; axis++) {
    const others = product(chunk) / chunk[axis]!;
    chunk[axis] = Math.min(chunk[axis]!, Math.max(1, Math.floor(mostBytes / (others * rowBytes))));
  }
  return { tiles, tile, box, chunk };
}

/** Tiles of at most `size` positions, of nearly equal sizes in each group. */
function tilesOf(axis: Axis, size: number): Int32Array {
  const tiles: number[] = [];
  for (let group = 0; group < axis.dilation; group++) {
    const length = groupLength(axis, group);
    const count = Math.ceil(length / size);
    for (let n = 0; n < count; n++) {
      tiles.push(group, Math.floor((n * length) / count), Math.floor(((n + 1) * length) / count) - 1);
    }
  }
  return Int32Array.from(tiles);
}

function longest(tiles: Int32Array, length: (group: number, first: number, last: number) => number): number {
  let most = 1;
  for (let i = 0; i < tiles.length; i += 3) most = Math.max(most, length(tiles[i]!, tiles[i + 1]!, tiles[i + 2]!));
  return most;
}

function product(values: readonly number[]): number {
  return values.reduce((a, b) => a * b, 1);
}
