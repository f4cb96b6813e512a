// How large the tiles of the tiled programs are: of a caller's choice, or by themselves.

import type { WebgpuRuntime } from '../../runtime/webgpu/runtime.ts';
import type { TileKind, TileSizes } from './tileParts.ts';
import { cellBytes } from './tileParts.ts';

/** On the three axes of programs. */
export type Three = readonly [number, number, number];

/**
 * Values of one to three axes on the three that programs have. A single axis lies along the middle one, the rows: an invocation of the
 * tiled programs has several owners along it.
 */
export function onThree<T>(values: readonly T[], missing: T): [T, T, T] {
  if (values.length === 1) return [missing, values[0]!, missing];
  return [missing, missing, ...values].slice(-3) as [T, T, T];
}

/** What a caller chose: queries of a tile, and keys of one. Either may be left to the program. */
export interface TileChoice {
  readonly query: Three | null;
  readonly key: Three | null;
}

/** What the sizes depend on. */
export interface TileFacts {
  readonly dim: number;
  readonly dimValue: number;
  /** Tokens of the longest dilation group along each axis. */
  readonly lengths: Three;
  readonly kernelSizes: Three;
  readonly strides: Three;
  /** What only the general program does: 'a bias', 'dropout' ... */
  readonly extras: readonly string[];
  readonly room: TileRoom;
}

/** What a workgroup may have: invocations, bytes of memory, and the invocations among which numbers can be shuffled, 0 for never. */
export interface TileRoom {
  readonly threads: number;
  readonly bytes: number;
  readonly subgroup: number;
}

/** What programs are cut by where nobody chose. */
const cut = {
  /** Vectors of four numbers of a row that an invocation holds, and owners. */
  own: 4,
  each: 2,
  /** Invocations of a workgroup, and of a row of owners: whole subgroups, so that all of one see the same rows. */
  threads: 64,
  lanes: 32,
  /** What every page gets. */
  bytes: 16 * 1024,
  /** Rows at a time where a row is one cell. */
  lines: 16,
  /** Vectors of both operands that an invocation brings at a time, each by its own statements: more compile slowly. */
  brought: 8,
} as const;

export function roomOf({ device, info }: WebgpuRuntime): TileRoom {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX, maxComputeWorkgroupStorageSize } = device.limits;
  return {
    threads: Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX),
    bytes: maxComputeWorkgroupStorageSize,
    subgroup: device.features.has('subgroups') ? Number(info['subgroupSize'] ?? 1) : 0,
  };
}

/** Why a problem has no tiled program; null where it has. */
export function whyNoTiles({ dim, dimValue, extras, room }: TileFacts): string | null {
  if (extras.length > 0) return `a problem with ${extras.join(' and ')} is computed without tiles`;
  if (dim !== dimValue)
    return `head dims ${dim} of queries and ${dimValue} of values are computed without tiles; they must be equal`;
  if (dim % 16 !== 0) return `head dim ${dim} is computed without tiles; it must be a multiple of 16`;
  const parts = Math.max(1, dim / (4 * cut.own));
  if ((parts & (parts - 1)) !== 0) return `head dim ${dim} is computed without tiles; use 16, 32, 64 or 128`;
  if (parts <= room.subgroup) return null;
  const have = room.subgroup === 0 ? 'has none' : `has some of ${room.subgroup}`;
  return `head dim ${dim} needs subgroups of ${parts} invocations, and this adapter ${have}`;
}

/** The sizes, or a sentence that says why there is no such tile. Owners are queries; in dK and dV keys, which see queries. */
export function tileSizes(kind: TileKind, facts: TileFacts, choice: TileChoice | null): TileSizes | string {
  const reason = whyNoTiles(facts);
  if (reason !== null) return reason;
  const { dim, room } = facts;
  const own = Math.min(cut.own, dim / 4);
  const [ofQueries, ofKeys] = [choice?.query ?? null, choice?.key ?? null];
  const [owned, seen] = kind === 'backwardKey' ? [ofKeys, ofQueries] : [ofQueries, ofKeys];
  const deep = [owned, seen].find((tile) => tile !== null && tile[0] > 1);
  if (deep)
    return `a workgroup takes one plane at a time, so that of three entries the first must be 1, not ${deep[0]}`;
  const owners = ownersOf(facts, dim / (4 * own), owned);
  const threads = (owners.across * owners.down * dim) / (4 * own);
  if (threads > room.threads)
    return `a tile of ${owned![1]} x ${owned![2]} of head dim ${dim} needs ${threads} invocations; a workgroup has ${room.threads} here`;
  const box = boxOf(facts, owners, dim, cellBytes(dim, own), seen);
  const bytes = box.boxRows * box.boxColumns * cellBytes(dim, own);
  const brought = Math.ceil((box.boxRows * box.boxColumns * dim) / 4 / threads);
  if (brought > mostBrought)
    return `${threads} invocations would bring ${brought} vectors each for ${box.boxRows} x ${box.boxColumns} rows of head dim ${dim}; at most ${mostBrought}`;
  if (bytes <= room.bytes) return { own, ...owners, ...box };
  return `${box.boxRows} x ${box.boxColumns} rows of head dim ${dim} take ${bytes} bytes; a workgroup has ${room.bytes} here`;
}

/** What a caller may ask for. */
const mostBrought = 2 * cut.brought;

type Owners = Pick<TileSizes, 'across' | 'each' | 'down'>;

function ownersOf({ lengths, room }: TileFacts, parts: number, chosen: Three | null): Owners {
  if (chosen) {
    const [rows, across] = [Math.min(chosen[1], lengths[1]), Math.min(chosen[2], lengths[2])];
    const each = rows % cut.each === 0 ? cut.each : 1;
    return { across, each, down: rows / each };
  }
  const lanes = Math.min(Math.max(cut.lanes, room.subgroup), room.threads);
  const across = Math.min(2 ** Math.ceil(Math.log2(lengths[2])), Math.max(1, Math.floor(lanes / parts)));
  const most = Math.max(1, Math.floor(Math.max(cut.threads, lanes) / (across * parts)));
  return { across, each: cut.each, down: Math.min(most, Math.ceil(lengths[1] / cut.each)) };
}

/** What is in workgroup memory at a time of the box that a tile in the interior sees. */
function boxOf(
  { lengths, kernelSizes, strides, room }: TileFacts,
  { across, each, down }: Owners,
  dim: number,
  bytesOfCell: number,
  chosen: Three | null,
): Pick<TileSizes, 'boxRows' | 'boxColumns'> {
  const seen = (axis: 1 | 2, owners: number): number =>
    Math.min(lengths[axis], owners + kernelSizes[axis] + strides[axis] - 2);
  const [rows, columns] = [seen(1, down * each), seen(2, across)];
  if (chosen) return { boxRows: Math.min(chosen[1], rows), boxColumns: Math.min(chosen[2], columns) };
  const threads = (across * down * dim) / (4 * Math.min(cut.own, dim / 4));
  const fitting = Math.floor(Math.min(room.bytes, cut.bytes) / bytesOfCell);
  const cells = Math.max(1, Math.min(fitting, Math.floor((cut.brought * threads * 4) / dim)));
  const boxColumns = evenly(columns, cells);
  const most = columns === 1 ? Math.min(cut.lines, cells) : 1;
  return { boxRows: Math.min(rows, Math.max(1, most)), boxColumns };
}

/** The length of equal parts of at most `most`. */
export function evenly(length: number, most: number): number {
  return Math.ceil(length / Math.ceil(length / Math.max(1, most)));
}
