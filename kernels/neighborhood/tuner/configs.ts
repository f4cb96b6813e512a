// The tiles that the auto-tuner tries.

import type { DeviceName } from '../../../tensor/runtime.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { TilePair } from '../natten/nattenTiles.ts';
import type { NaProblem } from '../problem.ts';
import { ArgumentError } from '../../../tensor/errors.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { startedDevices } from '../../../tensor/runtime.ts';
import { tokenAxesOf } from '../mask.ts';
import { tileRules } from '../tileRules.ts';

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
 * which it tries first: a few sizes of query tile, long or compact, each with key tiles that hold what it sees or a part of it. The
 * cpu's kernels take any shape of up to 1024 tokens, webgpu's what a workgroup holds: those of the adapter, or where webgpu is not
 * started of any. None for a device without tiles, or a head dim that webgpu computes without.
 *
 * @throws ShapeError when the problem does not fit the axes, ArgumentError when `dim` is no integer >= 1 or there is no such device
 * @example
 * configsFor([56, 56], { kernelSize: 7, dim: 32 }).forward.length;                       // 16
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
  const runtime = [...startedDevices()].find(({ name }) => name === device);
  const tiling = { axes, dim, dimValue: dim, extras: [], runtime };
  const rules = tileRules[device];
  return { forward: rules.pairs('forward', tiling), backward: rules.pairs('backward', tiling) };
}
