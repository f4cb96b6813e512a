/** How a problem is cut into tiles and chunks; see plan.as.ts for the words. Depends on the problem alone. */

import type { Axis } from './window.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { windowTable, windowOf, inverseWindowOf } from './window.ts';

/** One axis: its owners, and which of the box's tokens each of them sees. */
export interface Sight {
  readonly length: number;
  readonly boxLength: number;
  readonly dilation: number;
  /** Of all owners, start and end of the window in the owner's dilation group. Neither falls along a group. */
  readonly windows: Int32Array;
  /** About how many tokens an owner sees. */
  readonly reach: number;
}

export interface Cut {
  /** Per axis and tile: group, first and last position. */
  readonly tiles: readonly Int32Array[];
  /** Tokens along each axis of the largest tile, the largest box, the largest chunk. */
  readonly tile: readonly number[];
  readonly box: readonly number[];
  readonly chunk: readonly number[];
}

/** What the caller chose: tokens of a tile and of a chunk along each axis. */
export interface Chosen {
  readonly tile: readonly number[] | null;
  readonly chunk: readonly number[] | null;
}

/** Bytes that the tile's records, or a chunk's rows, may have: they share a second-level cache. */
const mostBytes = 192 * 1024;
/** Enough items for an even end with eight threads. */
const wantedItems = 16;
/** Copying a row costs about as much as four products; cuts for the sake of more items keep it below a tenth. */
const leastProducts = 40;

const lone: Sight = { length: 1, boxLength: 1, dilation: 1, windows: Int32Array.of(0, 1), reach: 1 };

/** Three axes, the leading ones of length 1. */
export function threeAxes<T>(own: readonly T[], lead: T): [T, T, T] {
  return [lead, lead, ...own].slice(-3) as [T, T, T];
}

/** What queries see of keys, or with the inverse rule keys of queries. */
export function sightsOf(axes: readonly Axis[], by: 'query' | 'key'): [Sight, Sight, Sight] {
  const rule = by === 'key' ? inverseWindowOf : windowOf;
  const own = axes.map((axis): Sight => {
    const { length, dilation, kernelSize } = axis;
    return { length, boxLength: length, dilation, windows: windowTable(axis, rule), reach: kernelSize };
  });
  return threeAxes(own, lone);
}

/** One axis whose owner i sees the tokens that `windows` say. */
export function sightsOfLine(length: number, boxLength: number, windows: Int32Array): [Sight, Sight, Sight] {
  let seen = 0;
  for (let i = 0; i < length; i++) seen += windows[2 * i + 1]! - windows[2 * i]!;
  const reach = Math.max(1, Math.ceil(seen / Math.max(length, 1)));
  return [lone, lone, { length, boxLength, dilation: 1, windows, reach }];
}

/**
 * @param problems batch entries times heads
 * @param bytes of a tile's record and of a box's row
 */
export function cutProblem(
  sights: readonly Sight[],
  problems: number,
  bytes: { owner: number; row: number },
  chosen: Chosen = { tile: null, chunk: null },
): Cut {
  if (chosen.tile) return cutInto(sights, tilesOfSize(sights, chosen.tile), bytes.row, chosen.chunk);
  const size = sights.map(({ length, dilation }) => Math.ceil(length / dilation));
  for (;;) {
    const even = sights.map((sight, i) => evenTiles(sight, size[i]!));
    const cut = cutInto(sights, even, bytes.row, chosen.chunk);
    const [tile, box] = [sizeOf(cut.tile), sizeOf(cut.box)];
    const items = problems * countTiles(cut);
    // The axis whose tile is longest beside its window loses least by a cut.
    const slack = sights.map(({ reach }, i) => (size[i]! > 1 ? size[i]! / reach : 0));
    const most = Math.max(...slack);
    const products = (tile * sizeOf(sights.map(({ reach }) => reach))) / box;
    const isTooLarge = tile * bytes.owner > mostBytes || (box * bytes.row > mostBytes && most > 1);
    const isTooFew = items < wantedItems && products > 2 * leastProducts;
    if (most === 0 || !(isTooLarge || isTooFew)) return cut;
    const at = slack.indexOf(most);
    size[at] = Math.ceil(size[at]! / 2);
  }
}

/** Tiles of one batch entry and head. */
export function countTiles({ tiles }: Cut): number {
  return sizeOf(tiles.map((table) => table.length / 3));
}

/** Chunks that the tiles of one batch entry and head stream. */
export function countChunks(sights: readonly Sight[], { tiles, chunk }: Cut): number {
  return sizeOf(
    sights.map((sight, axis) => {
      let count = 0;
      forTiles(tiles[axis]!, (...tile) => (count += Math.ceil(boxLengthOf(sight, ...tile) / chunk[axis]!)));
      return count;
    }),
  );
}

function cutInto(
  sights: readonly Sight[],
  tiles: readonly Int32Array[],
  rowBytes: number,
  chosen: readonly number[] | null,
): Cut {
  const longest = (axis: number, length: (group: number, first: number, last: number) => number): number => {
    let most = 1;
    forTiles(tiles[axis]!, (...tile) => (most = Math.max(most, length(...tile))));
    return most;
  };
  const tile = tiles.map((_, axis) => longest(axis, (_group, first, last) => last - first + 1));
  const box = sights.map((sight, axis) => longest(axis, (...each) => boxLengthOf(sight, ...each)));
  if (chosen) return { tiles, tile, box, chunk: box.map((length, axis) => Math.min(length, chosen[axis]!)) };
  const chunk = [...box];
  for (let axis = 0; axis < chunk.length; axis++) {
    const others = sizeOf(chunk) / chunk[axis]!;
    chunk[axis] = Math.min(chunk[axis]!, Math.max(1, Math.floor(mostBytes / (others * rowBytes))));
  }
  return { tiles, tile, box, chunk };
}

/** How many of the box's tokens the owners from `first` to `last` see together. */
function boxLengthOf({ windows, dilation }: Sight, group: number, first: number, last: number): number {
  return windows[2 * (group + last * dilation) + 1]! - windows[2 * (group + first * dilation)]!;
}

function forTiles(table: Int32Array, body: (group: number, first: number, last: number) => void): void {
  for (let i = 0; i < table.length; i += 3) body(table[i]!, table[i + 1]!, table[i + 2]!);
}

/** Tiles of at most `size` positions, of nearly equal sizes in each group. */
function evenTiles(sight: Sight, size: number): Int32Array {
  return tilesOf(sight, (length) => {
    const count = Math.ceil(length / size);
    return Array.from({ length: count }, (_, n) => Math.floor((n * length) / count));
  });
}

/** Tiles of `size` positions, in each group the last one of what is left. */
function tilesOfSize(sights: readonly Sight[], size: readonly number[]): Int32Array[] {
  return sights.map((sight, axis) =>
    tilesOf(sight, (length) => Array.from({ length: Math.ceil(length / size[axis]!) }, (_, n) => n * size[axis]!)),
  );
}

function tilesOf({ length, dilation }: Sight, startsIn: (groupLength: number) => number[]): Int32Array {
  const tiles: number[] = [];
  for (let group = 0; group < Math.min(dilation, length); group++) {
    const here = Math.ceil((length - group) / dilation);
    startsIn(here).forEach((start, n, starts) => tiles.push(group, start, (starts[n + 1] ?? here) - 1));
  }
  return Int32Array.from(tiles);
}
