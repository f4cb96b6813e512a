/** Writes the plan of a launch of the attention's kernel and lays out its scratch memory; plan.as.ts has the words. */

import type { Chosen, Cut, Sight } from '../tiles.ts';
import * as field from './plan.as.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { countChunks, countTiles, cutProblem } from '../tiles.ts';
import { Writer } from './writer.ts';

/** Where an operand begins and its strides in elements: batch entries, tokens along three axes, heads. */
export interface Operand {
  readonly address: number;
  readonly strides: readonly [number, number, number, number, number];
}

/** What a launch does. Addresses are of bytes. */
export interface Task {
  readonly mode: number;
  readonly batch: number;
  /** Heads of the owners and of the box. */
  readonly heads: readonly [owner: number, box: number];
  /** Head dims of the first and of the second operands. */
  readonly dims: readonly [first: number, second: number];
  readonly sights: readonly [Sight, Sight, Sight];
  readonly chosen?: Chosen;
  readonly owner: readonly Operand[];
  readonly box: readonly Operand[];
  readonly results: readonly Operand[];
  /** Addresses of contiguous gradients of key and value, which the sums of the boxes are added to. */
  readonly boxResults?: readonly [gradKey: number, gradValue: number];
  /** What the owners' and the box's first operands, and the results, are multiplied by. Default 1. */
  readonly factors?: readonly [owner: number, box: number, result: number];
  readonly logsumexp?: number;
  readonly delta?: number;
  readonly additional?: { readonly count: number; readonly operands: readonly Operand[] };
  readonly bias?: {
    readonly address: number;
    readonly kernelSizes: readonly number[];
    readonly grads?: number;
    readonly slices?: number;
  };
  readonly dropout?: { readonly p: number; readonly seed: number; readonly firstKey: number };
  readonly attn?: Slots;
  readonly splits?: {
    readonly perAxis: readonly number[];
    readonly first: number;
    readonly count: number;
    readonly bytes: number;
  };
}

/** Weights in memory. */
export interface Slots extends Operand {
  readonly kernelSizes: readonly number[];
  /** Per axis, of all queries: where the window starts, in its group. */
  readonly starts: readonly Int32Array[];
  /** What masked slots get. */
  readonly masked?: number | undefined;
}

export interface Plan {
  readonly numbers: Int32Array;
  readonly items: number;
  /** Elementary steps per item, about a nanosecond each. */
  readonly work: number;
  /** Bytes per thread. */
  readonly scratch: number;
  /** Bytes of the sums that the boxes have. */
  readonly parts: number;
  /** Of one batch entry and head. */
  readonly tiles: number;
  readonly chunks: number;
}

const frameBytes = 512;
/** The constants of 2ˣ: lowest x, 1.5 · 2²³, the polynomial for 2ᶠ with |f| <= ½ from f⁶ to 1; then the exponent's bias. */
const polynomial = [
  1.5353361959569156e-4, 1.3398873852565885e-3, 9.61843691766262e-3, 5.5503323674201965e-2, 2.4022647738456726e-1,
  6.931471824645996e-1, 1,
];
const powers = new Int32Array(Float32Array.of(-126, 12582912, ...polynomial).buffer);
const exponentBias = 127;
const largestPower = 128;
/** Bytes of the box that additional tokens may have at a time. */
const mostAdditionalBytes = 192 * 1024;

export function planLaunch(task: Task): Plan {
  const { sights, batch, heads } = task;
  const rows = rowsOf(task);
  const cut = cutProblem(
    sights,
    batch * heads[0],
    { owner: rows.ownerBytes, row: rows.boxBytes - rows.partRowBytes },
    task.chosen,
  );
  const plan = new Writer();
  const units = batch * countTiles(cut);
  const slices = Math.min(task.bias?.slices ?? units, units);
  const items = slices * heads[0] * (task.splits?.count ?? 1);
  const partBytes = rows.partRowBytes * sizeOf(cut.box);
  plan.put(field.partBytes, partBytes, rows.partRowBytes);
  plan.put(field.mode, task.mode);
  plan.put(field.ownerHeads, ...heads);
  plan.put(field.units, units, slices);
  plan.put(field.splits, task.splits?.count ?? 1, task.splits?.first ?? 0, task.splits?.bytes ?? 0);
  plan.put(field.dim, ...task.dims, rows.dimBytes, rows.dimValueBytes);
  putRows(plan, rows);
  const scratch = putPlaces(plan, task, cut, rows);
  plan.putFloats(field.ownerFactor, ...(task.factors ?? [1, 1, 1]));
  plan.put(field.logsumexp, task.logsumexp ?? 0, task.delta ?? 0);
  putExtras(plan, task);
  sights.forEach((sight, axis) => putAxis(plan, task, axis, sight, cut));
  const none: Operand = { address: 0, strides: [0, 0, 0, 0, 0] };
  const additional = task.additional?.operands ?? [];
  [task.owner, task.box, additional, task.results].forEach((pair, i) => {
    for (const j of [0, 1]) {
      const { address, strides } = pair[j] ?? none;
      plan.put(field.operands + 6 * (2 * i + j), address, ...strides.map((step) => 4 * step));
    }
  });
  plan.put(field.powers, ...powers, exponentBias);
  plan.putFloats(field.powers + powers.length + 1, largestPower);
  const work = Math.ceil(workOf(task) / Math.max(items, 1));
  const parts = units * heads[0] * partBytes;
  return {
    numbers: plan.numbers(),
    items,
    work,
    scratch,
    parts,
    tiles: countTiles(cut),
    chunks: countChunks(sights, cut),
  };
}

/** What an owner's record and a row of the box consist of, in bytes. */
interface Rows {
  readonly operands: readonly [owner: number, box: number];
  readonly dimBytes: number;
  readonly dimValueBytes: number;
  readonly ownerSum: number;
  readonly ownerSecondSum: number;
  readonly ownerStats: number;
  readonly ownerBytes: number;
  readonly boxBytes: number;
  /** Of the sums that a row of the box has. */
  readonly partRowBytes: number;
}

function rowsOf({ mode, dims, owner, box }: Task): Rows {
  const [dimBytes, dimValueBytes] = dims.map((dim) => 16 * Math.ceil(dim / 4)) as [number, number];
  const bytesOf = (count: number): number => (count > 0 ? dimBytes : 0) + (count > 1 ? dimValueBytes : 0);
  const ownerSum = bytesOf(owner.length);
  const sum = mode === field.dotsMode ? 0 : mode === field.forwardMode ? dimValueBytes : dimBytes;
  const ownerSecondSum = ownerSum + sum;
  const ownerStats = ownerSecondSum + (mode === field.backwardKeyMode ? dimValueBytes : 0);
  const partRowBytes = mode === field.backwardMode ? dimBytes + dimValueBytes : 0;
  const boxBytes = bytesOf(box.length) + partRowBytes + (mode === field.backwardKeyMode ? 16 : 0);
  const operands = [owner.length, box.length] as const;
  const sums = { ownerSum, ownerSecondSum, ownerStats, ownerBytes: ownerStats + 16 };
  return { operands, dimBytes, dimValueBytes, ...sums, boxBytes, partRowBytes };
}

function putRows(plan: Writer, rows: Rows): void {
  plan.put(field.ownerOperands, ...rows.operands);
  const { dimBytes, dimValueBytes, ownerSum, ownerSecondSum, ownerStats, ownerBytes, boxBytes } = rows;
  plan.put(field.ownerBytes, ownerBytes, dimBytes, ownerSum, ownerSecondSum, ownerStats);
  plan.put(field.boxBytes, boxBytes, dimBytes, dimBytes + dimValueBytes);
}

/** Lays out scratch memory; returns its size. */
function putPlaces(plan: Writer, task: Task, { tile, chunk }: Cut, rows: Rows): number {
  const seen = task.sights.map((sight, i) => Math.min(chunk[i]!, reachOf(sight, i < 2 ? 1 : 2)));
  const [slabs, lines, columns] = seen as [number, number, number];
  const additional = Math.min(
    task.additional?.count ?? 0,
    Math.max(1, Math.floor(mostAdditionalBytes / rows.boxBytes)),
  );
  const listed = Math.max(slabs * lines * columns, additional);
  let end = frameBytes;
  const reserve = (place: number, bytes: number): void => {
    plan.put(place, end);
    end += 64 * Math.ceil(bytes / 64);
  };
  // Lists and arrays are read and written up to two vectors past their end.
  reserve(field.list, 4 * listed + 32);
  reserve(field.tokenList, 4 * listed + 32);
  // The second owner's numbers are padded to as many as the first has.
  const scoreBytes = 64 * Math.ceil((8 * listed + 48) / 64);
  const isBackward = [field.backwardQueryMode, field.backwardKeyMode, field.backwardMode].includes(task.mode);
  reserve(field.scores, scoreBytes * (isBackward ? 4 : 2));
  reserve(field.biases, task.bias ? 2 * scoreBytes : 0);
  reserve(field.keeps, task.dropout ? 2 * scoreBytes : 0);
  // An odd number of cache lines, so that the rows of a column do not fall into the same sets.
  const lineBytes = 64 * (Math.ceil((chunk[2]! * rows.boxBytes) / 64) | 1);
  const slabBytes = lineBytes * chunk[1]!;
  // Up to three rows after the last listed one are read, though not used; they lie in what comes behind.
  reserve(field.box, Math.max(slabBytes * chunk[0]!, additional * rows.boxBytes) + rows.boxBytes);
  reserve(field.tile, rows.ownerBytes * sizeOf(tile));
  reserve(field.spare, rows.ownerBytes);
  plan.put(field.scoreBytes, scoreBytes);
  plan.put(field.lineBytes, lineBytes, slabBytes);
  plan.put(field.columns, columns);
  plan.put(field.additional, task.additional?.count ?? 0, additional);
  return end;
}

/** The longest stretch that one token, or a token and the next of its group, see. */
function reachOf({ length, dilation, windows }: Sight, tokens: 1 | 2): number {
  let most = 1;
  for (let token = 0; token < length; token++) {
    const last = tokens === 2 && token + dilation < length ? token + dilation : token;
    most = Math.max(most, windows[2 * last + 1]! - windows[2 * token]!);
  }
  return most;
}

/** Biases, dropout, weights in memory. */
function putExtras(plan: Writer, { sights, bias, dropout, attn }: Task): void {
  plan.put(
    field.tokens,
    sights.reduce((n, { boxLength }) => n * boxLength, 1),
  );
  if (bias) {
    const bytes = 4 * bias.kernelSizes.reduce((n, size) => n * (2 * size - 1), 1);
    plan.put(field.bias, bias.address, bias.grads ?? 0, bytes);
  }
  if (dropout) {
    const { p, seed, firstKey } = dropout;
    // All bits are below 2³², which is no u32: where all weights are dropped, the factor says so.
    const threshold = Math.round(p * 2 ** 32);
    plan.put(field.hasDropout, 1, seed, threshold >= 2 ** 32 ? 0 : threshold);
    plan.putFloats(field.keepFactor, threshold >= 2 ** 32 ? 0 : 1 / (1 - p));
    plan.put(field.firstKey, firstKey);
  }
  if (attn) {
    const slots = sizeOf(attn.kernelSizes);
    plan.put(field.attn, attn.address, 4 * attn.strides[0], 4 * attn.strides[4], slots);
    if (attn.masked === undefined) return;
    plan.put(field.hasMasked, 1);
    plan.putFloats(field.masked, attn.masked);
  }
}

function putAxis(plan: Writer, { bias, attn, splits }: Task, axis: number, sight: Sight, cut: Cut): void {
  const at = field.axes + 16 * axis;
  plan.put(at + field.axisLength, sight.length, sight.boxLength, sight.dilation, plan.append(sight.windows));
  plan.put(at + field.axisTiles, plan.append(cut.tiles[axis]!), cut.tiles[axis]!.length / 3);
  plan.put(at + field.axisChunk, cut.chunk[axis]!, splits?.perAxis[axis] ?? 1);
  if (bias) {
    const [r0, r1] = bias.kernelSizes.map((size) => 2 * size - 1) as [number, number];
    plan.put(at + field.axisBiasOrigin, bias.kernelSizes[axis]! - 1, 4 * [r1, 1, r0 * r1][axis]!);
  }
  if (attn) {
    const slot = sizeOf(attn.kernelSizes.slice(axis + 1));
    const table = attn.starts[axis]!.map((start, token) => 4 * (token * attn.strides[1 + axis]! - start * slot));
    plan.put(at + field.axisSlot, 4 * slot, plan.append(table));
  }
}

/** Nanoseconds for all items on one thread, roughly: two operations per product at 30 per nanosecond, and the softmax. */
function workOf({ mode, batch, heads, sights, dims: [dim, dimValue], additional }: Task): number {
  const owners = sights.reduce((n, { length }) => n * length, batch * Math.max(...heads));
  const pairs = owners * (sights.reduce((n, { reach }) => n * reach, 1) + (additional?.count ?? 0));
  const products: Record<number, number> = {
    [field.forwardMode]: dim + dimValue,
    [field.backwardQueryMode]: 2 * dim + dimValue,
    [field.backwardKeyMode]: 2 * dim + 2 * dimValue,
    [field.backwardMode]: 3 * dim + 2 * dimValue,
  };
  return pairs * ((products[mode] ?? dim) / 15 + 0.5);
}
