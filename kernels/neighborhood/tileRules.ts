// Which tiles the kernels of each device take.

import type { DeviceName, Runtime } from '../../tensor/runtime.ts';
import type { TileAttrs, WeightAttrs } from './attributes.ts';
import type { GivenTiles, Pass, TilePair } from './natten/nattenTiles.ts';
import type { Operands } from './packed.ts';
import type { Axis } from './window.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { cpuPairs } from './tilePairs.ts';
import { webgpuTiles } from './webgpu/tiling.ts';

/** What tiles may depend on. */
export interface TilingProblem {
  readonly axes: readonly Axis[];
  readonly dim: number;
  readonly dimValue: number;
  /** What the problem has besides: 'a bias', 'additional keys', 'dropout'. */
  readonly extras: readonly string[];
  /** Undefined where no device is started. */
  readonly runtime: Runtime | undefined;
}

export interface TileRules {
  /** A sentence that says why the kernels have no such tiles; null where they do. That tiles are sizes is checked before. */
  refusal(pass: Pass, problem: TilingProblem, tiles: TileAttrs): string | null;
  /** What the auto-tuner tries. */
  pairs(pass: Pass, problem: TilingProblem): TilePair[];
  /** As much of the tiles as the kernels have. */
  fitted(pass: Pass, problem: TilingProblem, tiles: GivenTiles): TileAttrs;
}

/** Tiles mean nothing to it, so that any will do. */
const indifferent: TileRules = { refusal: () => null, pairs: () => [], fitted: (_pass, _problem, tiles) => tiles };

export const tileRules: Readonly<Record<DeviceName, TileRules>> = {
  cpu: { ...indifferent, pairs: (_pass, { axes, dim }) => cpuPairs(axes, dim) },
  webgpu: webgpuTiles,
  webgl: indifferent,
  reference: indifferent,
};

export function tilingProblem(
  { query, value, rpb, additionalKeys }: Operands,
  axes: readonly Axis[],
  { dropout = 0 }: WeightAttrs,
): TilingProblem {
  const has = { 'a bias': rpb, 'additional keys': additionalKeys, dropout: dropout > 0 };
  return {
    axes,
    dim: query.shape.at(-1)!,
    dimValue: value.shape.at(-1)!,
    extras: Object.entries(has).flatMap(([name, isThere]) => (isThere ? [name] : [])),
    runtime: query.storage.runtime,
  };
}

/**
 * @param names of the two tiles, as the caller knows them
 * @throws ArgumentError for tiles that the kernels of the problem's device do not have
 */
export function checkDeviceTiles(
  op: string,
  pass: Pass,
  problem: TilingProblem,
  tiles: TileAttrs,
  names: readonly [query: string, key: string] = ['queryTileSize', 'keyTileSize'],
): void {
  const { name } = problem.runtime!;
  const given = [tiles.queryTileSize, tiles.keyTileSize];
  const reason = tileRules[name].refusal(pass, problem, tiles);
  if (reason === null) return;
  const got = given.flatMap((tile, i) => (tile ? [`${names[i]} ${formatShape(tile)}`] : []));
  const advice = 'leave tiles out, or take some of configsFor';
  throw new ArgumentError(`${got.join(' with ')} cannot be used on '${name}': ${reason}; ${advice}`, {
    op,
    ...tiles,
    device: name,
  });
}
