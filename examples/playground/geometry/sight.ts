import { groupLength, inverseWindowOf, windowOf, windowOfTile, type Axis, type Window } from 'vicinal/kernels';
import type { AxisSettings } from './settings.ts';

/** What concerns one token along one axis, for each token of the axis. */
export interface AxisSight {
  /** It is a key that the token sees. */
  readonly keys: readonly boolean[];
  /** It is a query that sees the token. */
  readonly queries: readonly boolean[];
  /** It is in the token's tile of queries. */
  readonly tile: readonly boolean[];
  /** Which of the key tiles that this tile visits it is in; −1 for none. */
  readonly keyTiles: readonly number[];
}

/** What concerns one token among all, row-major; a neighbourhood is the product of its axes' windows. */
export interface Sight {
  readonly keys: readonly boolean[];
  readonly queries: readonly boolean[];
  readonly tile: readonly boolean[];
  /** Tile coordinates summed, so that neighbouring tiles differ by one; −1 where no tile is visited. */
  readonly keyTiles: readonly number[];
  /** Tiles of keys that the token's tile visits. */
  readonly visits: number;
}

/** The library's windows, of positions in a dilation group, as flags of tokens. */
function sightAlong({ queryTile, keyTile, ...axis }: AxisSettings, token: number): AxisSight {
  const group = token % axis.dilation;
  const position = Math.floor(token / axis.dilation);
  const length = groupLength(axis, group);
  const first = position - (position % queryTile);
  const tile = { start: first, end: Math.min(first + queryTile, length) };
  const seen = windowOfTile(axis, length, tile);
  const visits = Math.ceil((seen.end - seen.start) / keyTile);
  const visited = { start: seen.start, end: Math.min(seen.start + visits * keyTile, length) };
  return {
    keys: flags(axis, group, windowOf(axis, length, position)),
    queries: flags(axis, group, inverseWindowOf(axis, length, position)),
    tile: flags(axis, group, tile),
    keyTiles: flags(axis, group, visited).map((isVisited, i) =>
      isVisited ? Math.floor((Math.floor(i / axis.dilation) - seen.start) / keyTile) : -1,
    ),
  };
}

function flags({ length, dilation }: Axis, group: number, { start, end }: Window): boolean[] {
  return Array.from({ length }, (_, token) => {
    const position = Math.floor(token / dilation);
    return token % dilation === group && position >= start && position < end;
  });
}

export function sightOf(axes: readonly AxisSettings[], query: readonly number[]): Sight {
  const along = axes.map((axis, i) => sightAlong(axis, query[i]!));
  const all = tokensOf(axes.map(({ length }) => length));
  const every = (name: 'keys' | 'queries' | 'tile') =>
    all.map((token) => token.every((place, i) => along[i]![name][place]!));
  return {
    keys: every('keys'),
    queries: every('queries'),
    tile: every('tile'),
    keyTiles: all.map((token) => {
      const tiles = token.map((place, i) => along[i]!.keyTiles[place]!);
      return tiles.includes(-1) ? -1 : tiles.reduce((sum, tile) => sum + tile, 0);
    }),
    visits: along.reduce((product, { keyTiles }) => product * (Math.max(...keyTiles) + 1), 1),
  };
}

/** The coordinates of all tokens, row-major. */
export function tokensOf(lengths: readonly number[]): number[][] {
  return lengths.reduce<number[][]>(
    (found, length) => found.flatMap((lead) => Array.from({ length }, (_, i) => [...lead, i])),
    [[]],
  );
}

/** The row-major number of a token. */
export function indexOf(lengths: readonly number[], token: readonly number[]): number {
  return token.reduce((index, place, i) => index * lengths[i]! + place, 0);
}
