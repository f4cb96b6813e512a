// Shapes of tiles for the auto-tuner to try.

import type { TilePair } from './natten/nattenTiles.ts';
import type { Axis } from './window.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { largestTile } from './attributes.ts';
import { groupLength } from './window.ts';

/** Tokens of a tile of queries; a work item of fewer would mostly copy keys. */
const volumes = [16, 64, 256, 1024];
/** The rows of a tile of queries must leave a second-level cache room for the keys. */
const mostBytes = 512 * 1024;

/** For the cpu: a few sizes of query tile, long or compact, each with key tiles that hold all or half of what it sees. */
export function cpuPairs(axes: readonly Axis[], dim: number): TilePair[] {
  const lengths = axes.map((axis) => groupLength(axis, 0));
  const fitting = volumes.filter((volume, i) => i === 0 || volume * dim * 4 <= mostBytes);
  return unlike(
    queryTiles(lengths, fitting).flatMap((queryTileSize) => {
      const whole = keyTile(axes, queryTileSize, largestTile);
      const half = keyTile(axes, queryTileSize, Math.max(1, sizeOf(whole) >> 1));
      return [whole, half].map((keyTileSize) => ({ queryTileSize, keyTileSize }));
    }),
  );
}

/** Of each volume the compact one and the long one. */
export function queryTiles(lengths: readonly number[], volumes: readonly number[]): number[][] {
  return volumes.flatMap((volume) => [false, true].map((isFlat) => queryTile(lengths, volume, isFlat)));
}

/** At most `volume` tokens of a dilation group of such lengths: whole lines, or as compact as the group allows. */
function queryTile(lengths: readonly number[], volume: number, isFlat: boolean): number[] {
  const tile = lengths.map(() => 1);
  for (let size = 1; size < volume; size *= 2) {
    const open = lengths.map((_, i) => i).filter((i) => tile[i]! < lengths[i]!);
    if (open.length === 0) break;
    // The shortest, of equals the last: its tokens lie closest together.
    const at = isFlat ? open.at(-1)! : open.reduce((best, i) => (tile[i]! <= tile[best]! ? i : best));
    tile[at] = Math.min(lengths[at]!, 2 * tile[at]!);
  }
  return tile;
}

/** What a tile of queries sees, cut in half across its longest axis until it has at most `most` tokens. */
export function keyTile(axes: readonly Axis[], queryTileSize: readonly number[], most: number): number[] {
  let tile = axes.map((axis, i) => {
    const seen = queryTileSize[i]! + axis.kernelSize - 1 + (axis.stride - 1);
    return Math.min(groupLength(axis, 0), seen);
  });
  while (sizeOf(tile) > most) tile = halved(tile);
  return tile;
}

/** A tile cut in half across its longest axis. */
export function halved(tile: readonly number[]): number[] {
  const at = tile.indexOf(Math.max(...tile));
  return tile.with(at, Math.ceil(tile[at]! / 2));
}

/** Each pair once. */
export function unlike(pairs: readonly TilePair[]): TilePair[] {
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
}
