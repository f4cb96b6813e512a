// Which problems are computed tile by tile, and how large their tiles are.

import type { WebgpuRuntime } from '../../runtime/webgpu/runtime.ts';
import type { Attending } from './attend.ts';
import type { Options } from './bodies.ts';
import type { Sighting } from './sighting.ts';
import type { Tile, TileKind } from './tileParts.ts';
import { attend } from './attend.ts';
import { tileBody, tileDeclarations } from './tile.ts';
import { partsOf } from './tileParts.ts';

/** Owners of an invocation: as many as its registers hold. */
const each = { forward: 2, backwardQuery: 2, backwardKey: 1 } as const;
const mostInvocations = 128;
/** What every device has. */
const mostBytes = 16 * 1024;

/** Runs the task by tiles, if it has a form that they take; whether it did. `task` is what the general program would do. */
export function attendTiled(
  kind: TileKind,
  task: Omit<Attending, 'body'>,
  sighting: Sighting,
  options: Options,
): boolean {
  const { tensor } = task.reads[0]!;
  const runtime = tensor.storage.runtime as WebgpuRuntime;
  const tile = planTile(kind, task, sighting, options, runtime);
  if (!tile) return false;
  const { extents, sight } = task;
  const { tokens, batch, heads } = extents;
  const [, d1, d2] = sight.dilations as [number, number, number];
  const [tiles1, tiles2] = [
    Math.ceil(Math.ceil(tokens[1] / d1) / (tile.down * tile.each)),
    Math.ceil(Math.ceil(tokens[2] / d2) / tile.across),
  ];
  const { across, down, boxRows, boxColumns } = tile;
  attend({
    ...task,
    key: `${task.key} tile ${[across, down, tile.each, boxRows, boxColumns].join()}`,
    params: [
      ...(task.params ?? []),
      ['batch', 'u32', batch],
      ['tiles1', 'u32', tiles1],
      ['tiles2', 'u32', tiles2],
      // Given, not written into the text, so that the loops over them stay loops.
      ['lines', 'u32', tile.boxRows],
      ['slots', 'u32', tile.boxRows * tile.boxColumns * (tile.dim / 4)],
    ],
    enable: 'diagnostic(off, subgroup_uniformity);\nenable subgroups;',
    declarations: tileDeclarations(tile),
    teams: { size: across * partsOf(tile) * down, count: tiles1 * tiles2 * d1 * d2 * tokens[0] * heads * batch },
    body: tileBody(tile, sight, options),
  });
  return true;
}

function planTile(
  kind: TileKind,
  { reads, extents, sight }: Omit<Attending, 'body'>,
  { kernelSizes, strides, windows }: Sighting,
  { hasBias, hasAdditional, hasDropout }: Options,
  { device, info }: WebgpuRuntime,
): Tile | null {
  const dim = reads[0]!.tensor.shape.at(-1)!;
  const isPlain = hasBias || hasAdditional || hasDropout || windows !== undefined || strides === undefined;
  if (isPlain || dim % 16 !== 0 || reads.some(({ tensor }) => tensor.shape.at(-1) !== dim)) return null;
  const parts = dim / 16;
  if (parts > 8 || (parts & (parts - 1)) !== 0) return null;
  if (!device.features.has('subgroups') || Number(info['subgroupSize'] ?? 0) < parts) return null;
  const lengths = [1, 2].map((axis) => Math.ceil(extents.tokens[axis]! / sight.dilations[axis]!)) as [number, number];
  if (lengths[0] === 1) return null;
  const columns = kernelSizes[2]! + (kind === 'backwardKey' ? (kernelSizes[2]! >> 1) + strides[2]! : strides[2]! - 1);
  const storage = Math.min(device.limits.maxComputeWorkgroupStorageSize, mostBytes);
  for (let most = Math.max(4, 64 / parts); most >= 4; most /= 2) {
    // A power of two, so that no team of invocations spans two rows of owners.
    const across = Math.min(most, 2 ** Math.ceil(Math.log2(lengths[1])));
    const down = Math.max(
      1,
      Math.min(Math.ceil(lengths[0] / each[kind]), Math.floor(mostInvocations / (across * parts))),
    );
    const boxColumns = Math.min(lengths[1], across - 1 + columns);
    const boxRows = Math.min(Math.floor(storage / (boxColumns * (8 * dim + 8))), down * each[kind] + kernelSizes[1]!);
    if (boxRows < 1) continue;
    return { kind, dim, across, each: each[kind], down, boxRows, boxColumns, columns: kernelSizes[2]! };
  }
  return null;
}
