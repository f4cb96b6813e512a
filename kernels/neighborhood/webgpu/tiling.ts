// What the tiled programs mean to those who choose tiles: na*d, libnatten and the auto-tuner.

import type { TileAttrs } from '../attributes.ts';
import type { Pass, TilePair } from '../natten/nattenTiles.ts';
import type { TileRules, TilingProblem } from '../tileRules.ts';
import type { TileChoice, TileFacts, TileRoom } from './tileChoice.ts';
import type { TileKind } from './tileParts.ts';
import type { WebgpuRuntime } from '../../runtime/webgpu/runtime.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { largestTile } from '../attributes.ts';
import { halved, keyTile, queryTiles, unlike } from '../tilePairs.ts';
import { groupLength } from '../window.ts';
import { onThree, roomOf, tileSizes, whyNoTiles } from './tileChoice.ts';
import { cellBytes } from './tileParts.ts';

const kinds: Readonly<Record<Pass, readonly TileKind[]>> = {
  forward: ['forward'],
  backward: ['backwardQuery', 'backwardKey'],
};

/** Where no adapter was asked: what every page gets, and the smallest subgroups that are common. */
const leastRoom: TileRoom = { threads: 256, bytes: 16 * 1024, subgroup: 8 };

export const webgpuTiles: TileRules = {
  refusal(pass, problem, tiles) {
    const [facts, choice] = [factsOf(problem), tileChoice(tiles)];
    if (!choice) return null;
    return kinds[pass].map((kind) => tileSizes(kind, facts, choice)).find((sizes) => typeof sizes === 'string') ?? null;
  },
  pairs(pass, problem) {
    const facts = factsOf(problem);
    if (whyNoTiles(facts) !== null) return [];
    return unlike(pairsFor(problem, facts)).filter((pair) => webgpuTiles.refusal(pass, problem, pair) === null);
  },
  /** Of three axes one plane, then halves, the keys' first; none where the problem has no tiles. */
  fitted(pass, problem, { queryTileSize, keyTileSize }) {
    const planar = (tile: readonly number[]): number[] => (tile.length === 3 ? tile.with(0, 1) : [...tile]);
    const halves = (tile: number[], times: number): number[] => (times === 0 ? tile : halves(halved(tile), times - 1));
    const most = whyNoTiles(factsOf(problem)) === null ? 2 * Math.log2(largestTile) : -1;
    for (let times = 0; times <= most; times++) {
      for (let ofQueries = 0; ofQueries <= times; ofQueries++) {
        const tiles = {
          queryTileSize: halves(planar(queryTileSize), ofQueries),
          keyTileSize: halves(planar(keyTileSize), times - ofQueries),
        };
        if (webgpuTiles.refusal(pass, problem, tiles) === null) return tiles;
      }
    }
    return { queryTileSize: null, keyTileSize: null };
  },
};

export function tileChoice({ queryTileSize, keyTileSize }: TileAttrs): TileChoice | null {
  if (!queryTileSize && !keyTileSize) return null;
  return {
    query: queryTileSize ? onThree(queryTileSize, 1) : null,
    key: keyTileSize ? onThree(keyTileSize, 1) : null,
  };
}

function factsOf({ axes, dim, dimValue, extras, runtime }: TilingProblem): TileFacts {
  return {
    dim,
    dimValue,
    lengths: onThree(
      axes.map((axis) => groupLength(axis, 0)),
      1,
    ),
    kernelSizes: onThree(
      axes.map(({ kernelSize }) => kernelSize),
      1,
    ),
    strides: onThree(
      axes.map(({ stride }) => stride),
      1,
    ),
    extras,
    room: runtime ? roomOf(runtime as WebgpuRuntime) : leastRoom,
  };
}

/** Tokens of a tile of queries. */
const volumes = [8, 16, 32, 64, 128, 256];

/** Of each tile of queries key tiles that hold what it sees, or as much of it as fits; half of that; one row, or a quarter. */
function pairsFor({ axes, dim }: TilingProblem, { room }: TileFacts): TilePair[] {
  // Of three axes the first is walked plane by plane.
  const lengths = axes.map((axis, i) => (axes.length === 3 && i === 0 ? 1 : groupLength(axis, 0)));
  const fitting = Math.floor(room.bytes / cellBytes(dim, Math.min(4, dim / 4)));
  return queryTiles(lengths, volumes).flatMap((queryTileSize) => {
    const planar = axes.map((axis, i) => (lengths[i] === 1 ? { ...axis, length: axis.dilation } : axis));
    const whole = keyTile(planar, queryTileSize, fitting);
    const half = keyTile(planar, queryTileSize, Math.max(1, sizeOf(whole) >> 1));
    const seen = keyTile(planar, queryTileSize, Infinity);
    const row = seen.map((n, i) => (i < axes.length - 1 ? 1 : Math.min(n, fitting)));
    const least = axes.length > 1 ? row : halved(half);
    return [whole, half, least].map((keyTileSize) => ({ queryTileSize, keyTileSize }));
  });
}
