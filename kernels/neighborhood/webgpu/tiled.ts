// Which problems are computed tile by tile, and how large their tiles are.

import type { WebgpuRuntime } from '../../runtime/webgpu/runtime.ts';
import type { Attending } from './attend.ts';
import type { Options } from './bodies.ts';
import type { Sighting } from './sighting.ts';
import type { TileFacts } from './tileChoice.ts';
import type { Tile, TileKind } from './tileParts.ts';
import { attend } from './attend.ts';
import { tileBody, tileDeclarations } from './tile.ts';
import { isLine, threadsOf } from './tileParts.ts';
import { evenly, roomOf, tileSizes } from './tileChoice.ts';

/** Cells that are unrolled, at most: of a row, and of a column that is one cell wide. */
const chunks = {
  rows: { forward: 13, backwardQuery: 1, backwardKey: 1 },
  line: { forward: 8, backwardQuery: 4, backwardKey: 4 },
} as const;

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
    key: `${task.key} tile ${[tile.own, across, down, tile.each, boxRows, boxColumns, tile.chunk].join()}`,
    params: [
      ...(task.params ?? []),
      ['batch', 'u32', batch],
      ['tiles1', 'u32', tiles1],
      ['tiles2', 'u32', tiles2],
      // Given, not written into the text, so that the loops over them stay loops.
      ['lines', 'u32', tile.boxRows],
    ],
    enable: 'diagnostic(off, subgroup_uniformity);\nenable subgroups;',
    declarations: `${task.declarations ?? ''}\n${tileDeclarations(tile)}`,
    teams: { size: threadsOf(tile), count: tiles1 * tiles2 * d1 * d2 * tokens[0] * heads * batch },
    body: tileBody(tile, sight),
  });
  return true;
}

function planTile(
  kind: TileKind,
  { reads, extents, sight }: Omit<Attending, 'body'>,
  { kernelSizes, strides, isCausal, tiles, windows }: Sighting,
  { hasBias, hasAdditional, hasDropout }: Options,
  runtime: WebgpuRuntime,
): Tile | null {
  const [dim, dimValue] = [reads[0]!, reads.at(kind === 'backwardKey' ? 1 : -1)!].map(({ tensor }) =>
    tensor.shape.at(-1)!,
  );
  const extras = Object.entries({ bias: hasBias, additional: hasAdditional, dropout: hasDropout, windows });
  const facts: TileFacts = {
    dim: dim!,
    dimValue: dimValue!,
    lengths: [0, 1, 2].map((axis) => Math.ceil(extents.tokens[axis]! / sight.dilations[axis]!)) as [
      number,
      number,
      number,
    ],
    kernelSizes,
    strides,
    extras: extras.flatMap(([name, isThere]) => (isThere ? [name] : [])),
    room: roomOf(runtime),
  };
  const sizes = tileSizes(kind, facts, tiles ?? null);
  if (typeof sizes === 'string') return null;
  const columns = kernelSizes[2];
  const most = chunks[isLine(sizes) ? 'line' : 'rows'][kind];
  const chunk = isLine(sizes) ? most : evenly(columns, most);
  const isWhole = kind === 'forward' && !isCausal[2] && sight.params === undefined;
  const isEven =
    isWhole &&
    sizes.boxColumns >= Math.min(facts.lengths[2], sizes.across + columns + strides[2] - 2) &&
    columns % chunk === 0;
  return { kind, dim: dim!, ...sizes, chunk, columns, isEven };
}
