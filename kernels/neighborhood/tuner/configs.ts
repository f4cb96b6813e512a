// The tiles that the auto-tuner tries.

import type { DeviceName } from '../../../tensor/runtime.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { TilePair } from '../natten/nattenTiles.ts';
import type { NaProblem } from '../problem.ts';
import type { Axis } from '../window.ts';
import { ArgumentError } from '../../../tensor/errors.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { largestTile } from '../attributes.ts';
import { tokenAxesOf } from '../mask.ts';
import { nattenPairs } from '../natten/nattenTiles.ts';
import { groupLength } from '../window.ts';

export interface ConfigOptions extends NaProblem {
  /** D, the head dim. */
  dim: number;
  /** Default 'cpu'. */
  device?: DeviceName;
}

export interface TileConfigs {
  forward: TilePair[];
  backward: TilePair[];
}

const devices: readonly DeviceName[] = ['cpu', 'webgpu', 'webgl', 'reference'];
const known = ['kernelSize', 'stride', 'dilation', 'isCausal', 'dim', 'device'] as const;

/**
 * The tiles that the auto-tuner tries for token axes `shape` [*X], besides the cut that the kernels choose by themselves,
 * which it tries first. On the cpu, whose kernels take any shape of up to 1024 tokens: a few sizes of query tile, long or
 * compact, each with key tiles that hold all or half of what it sees. Elsewhere: NATTEN's list.
 *
 * @throws ShapeError when the problem does not fit the axes, ArgumentError when `dim` is no integer >= 1 or there is no such device
 * @example
 * configsFor([56, 56], { kernelSize: 7, dim: 32 }).forward.length;                       // 16
 * configsFor([56, 56], { kernelSize: 7, dim: 32, device: 'webgpu' }).forward.length;     // 27
 */
export function configsFor(shape: Shape, problem: ConfigOptions): TileConfigs {
  const op = 'configsFor';
  const { dim, device = 'cpu', ...rest } = checkOptions(op, problem, known, ['kernelSize', 'dim']);
  if (!Number.isInteger(dim) || dim < 1)
    throw new ArgumentError(`dim must be an integer >= 1, got ${String(dim)}`, { op, dim });
  if (!devices.includes(device)) {
    const advice = `use one of ${devices.join(', ')}`;
    throw new ArgumentError(`there is no device '${String(device)}'; ${advice}`, { op, device });
  }
  const axes = tokenAxesOf(op, shape, rest);
  if (device !== 'cpu')
    return { forward: nattenPairs('forward', axes.length), backward: nattenPairs('backward', axes.length) };
  return { forward: cpuPairs(axes, dim), backward: cpuPairs(axes, dim) };
}

/** Tokens of a tile of queries; a work item of fewer would mostly copy keys. */
const volumes = [16, 64, 256, 1024];
/** The rows of a tile of queries must leave a second-level cache room for the keys. */
const mostBytes = 512 * 1024;

function cpuPairs(axes: readonly Axis[], dim: number): TilePair[] {
  const pairs = new Map<string, TilePair>();
  for (const volume of volumes) {
    if (volume > volumes[0]! && volume * dim * 4 > mostBytes) continue;
    for (const isFlat of [false, true]) {
      const queryTileSize = queryTile(axes, volume, isFlat);
      const whole = keyTile(axes, queryTileSize, largestTile);
      for (const keyTileSize of [whole, keyTile(axes, queryTileSize, Math.max(1, sizeOf(whole) >> 1))]) {
        pairs.set(JSON.stringify([queryTileSize, keyTileSize]), { queryTileSize, keyTileSize });
      }
    }
  }
  return [...pairs.values()];
}

/** At most `volume` tokens of a dilation group: whole lines, or as compact as the group allows. */
function queryTile(axes: readonly Axis[], volume: number, isFlat: boolean): number[] {
  const lengths = axes.map((axis) => groupLength(axis, 0));
  const tile = axes.map(() => 1);
  for (let size = 1; size < volume; size *= 2) {
    const open = axes.map((_, i) => i).filter((i) => tile[i]! < lengths[i]!);
    if (open.length === 0) break;
    // The shortest, of equals the last: its tokens lie closest together.
    const at = isFlat ? open.at(-1)! : open.reduce((best, i) => (tile[i]! <= tile[best]! ? i : best));
    tile[at] = Math.min(lengths[at]!, 2 * tile[at]!);
  }
  return tile;
}

/** What a tile of queries sees, cut in half across its longest axis until it has at most `most` tokens. */
function keyTile(axes: readonly Axis[], queryTileSize: readonly number[], most: number): number[] {
  const tile = axes.map((axis, i) => {
    const seen = queryTileSize[i]! + axis.kernelSize - 1 + (axis.stride - 1);
    return Math.min(groupLength(axis, 0), seen);
  });
  while (sizeOf(tile) > most) {
    const at = tile.indexOf(Math.max(...tile));
    tile[at] = Math.ceil(tile[at]! / 2);
  }
  return tile;
}
