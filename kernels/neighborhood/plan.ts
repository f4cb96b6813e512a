/** Writes the plan of a launch of the fused kernels and lays out their scratch memory; plan.as.ts has the words. */

import type { Shape } from '../../tensor/shape.ts';
import type { Cut, Sight } from './tiles.ts';
import type { Axis } from './window.ts';
import * as field from './plan.as.ts';
import { cutProblem } from './tiles.ts';
import { inverseWindowOf, windowOf, windowTable } from './window.ts';

/** Which of the three kernels a plan is for. */
export type PlanKind = 'forward' | 'backwardQuery' | 'backwardKey';

export interface Plan {
  readonly numbers: Int32Array;
  readonly items: number;
  /** Elementary steps per item, about a nanosecond each. */
  readonly work: number;
  /** Bytes per thread. */
  readonly scratch: number;
}

const frameBytes = 512;
const trivialAxis: Axis = { length: 1, kernelSize: 1, stride: 1, dilation: 1, isCausal: false };
/** The constants of 2ˣ: lowest x, 1.5 · 2²³, the polynomial for 2ᶠ with |f| <= ½ from f⁶ to 1; then the exponent's bias. */
const polynomial = [
  1.5353361959569156e-4, 1.3398873852565885e-3, 9.61843691766262e-3, 5.5503323674201965e-2, 2.4022647738456726e-1,
  6.931471824645996e-1, 1,
];
const powers = new Int32Array(Float32Array.of(-126, 12582912, ...polynomial).buffer);
const exponentBias = 127;

/**
 * @param shape of query, key and value: [B, *X, N, D]
 * @param axes one per token axis
 * @param strides of the operands in elements: the owners' first and second, the box's first and second
 */
export function planLaunch(kind: PlanKind, shape: Shape, axes: readonly Axis[], strides: readonly Shape[]): Plan {
  const [heads, dim] = [shape.at(-2)!, shape.at(-1)!];
  const problems = shape[0]! * heads;
  const rule = kind === 'backwardKey' ? inverseWindowOf : windowOf;
  const sights = [trivialAxis, trivialAxis, ...axes]
    .slice(-3)
    .map((axis) => ({ axis, windows: windowTable(axis, rule) }));
  const rows = rowsOf(kind, 16 * Math.ceil(dim / 4));
  const cut = cutProblem(sights, problems, { owner: rows.ownerBytes, row: rows.boxBytes });
  const plan = new Writer();
  plan.put(field.heads, heads);
  plan.put(field.dim, dim);
  plan.put(field.dimValue, dim);
  putRows(plan, rows);
  const scratch = putPlaces(plan, kind, sights, cut, rows);
  sights.forEach((sight, i) => putAxis(plan, field.axes + 8 * i, sight, cut.tiles[i]!, cut.chunk[i]!));
  strides.forEach((steps, i) => {
    const tokens = [0, 0, ...steps.slice(1, -2)].slice(-3);
    plan.put(field.strides + 5 * i, ...[steps[0]!, ...tokens, steps.at(-2)!].map((step) => 4 * step));
  });
  plan.put(field.powers, ...powers, exponentBias);
  const items = problems * cut.tiles.reduce((n, tiles) => n * (tiles.length / 3), 1);
  return {
    numbers: plan.numbers(),
    items,
    work: Math.ceil(workOf(kind, problems, sights, dim) / Math.max(items, 1)),
    scratch,
  };
}

/** Numbers at fixed places, then tables. */
class Writer {
  readonly #head = new Int32Array(field.tables);
  readonly #tables: Int32Array[] = [];
  #length = field.tables;

  put(at: number, ...values: readonly number[]): void {
    this.#head.set(values, at);
  }

  /** Where the table will lie. */
  append(table: Int32Array): number {
    this.#tables.push(table);
    this.#length += table.length;
    return this.#length - table.length;
  }

  numbers(): Int32Array {
    const all = new Int32Array(this.#length);
    let at = 0;
    for (const part of [this.#head, ...this.#tables]) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** What an owner's record and a row of the box consist of, in bytes. */
interface Rows {
  readonly dimBytes: number;
  readonly ownerSum: number;
  readonly ownerStats: number;
  readonly ownerBytes: number;
  readonly boxBytes: number;
}

function rowsOf(kind: PlanKind, dimBytes: number): Rows {
  const ownerSum = (kind === 'forward' ? 1 : 2) * dimBytes;
  const ownerStats = ownerSum + (kind === 'backwardKey' ? 2 : 1) * dimBytes;
  const boxBytes = 2 * dimBytes + (kind === 'backwardKey' ? 16 : 0);
  return { dimBytes, ownerSum, ownerStats, ownerBytes: ownerStats + 16, boxBytes };
}

function putRows(plan: Writer, { dimBytes, ownerSum, ownerStats, ownerBytes, boxBytes }: Rows): void {
  plan.put(field.dimBytes, dimBytes);
  plan.put(field.dimValueBytes, dimBytes);
  plan.put(field.ownerBytes, ownerBytes);
  plan.put(field.ownerSecond, dimBytes);
  plan.put(field.ownerSum, ownerSum);
  plan.put(field.ownerSecondSum, ownerSum + dimBytes);
  plan.put(field.ownerStats, ownerStats);
  plan.put(field.boxBytes, boxBytes);
  plan.put(field.boxSecond, dimBytes);
  plan.put(field.boxStats, 2 * dimBytes);
}

/** Lays out scratch memory; returns its size. */
function putPlaces(plan: Writer, kind: PlanKind, sights: readonly Sight[], { tile, chunk }: Cut, rows: Rows): number {
  const [slabs, lines, columns] = sights.map((sight, i) => Math.min(chunk[i]!, reachOf(sight, i < 2 ? 1 : 2))) as [
    number,
    number,
    number,
  ];
  const listed = slabs * lines * columns;
  let end = frameBytes;
  const reserve = (place: number, bytes: number): void => {
    plan.put(place, end);
    end += roundUp(bytes);
  };
  // Lists and scores are read and written up to two vectors past their end.
  reserve(field.list, 4 * listed + 32);
  const scoreBytes = roundUp(4 * listed + 48);
  reserve(field.scores, scoreBytes * (kind === 'forward' ? 2 : 4));
  // An odd number of cache lines, so that the rows of a column do not fall into the same sets.
  const lineBytes = 64 * (Math.ceil((chunk[2]! * rows.boxBytes) / 64) | 1);
  const slabBytes = lineBytes * chunk[1]!;
  // The row after the last listed one is read, though not used.
  reserve(field.box, slabBytes * chunk[0]! + rows.boxBytes);
  reserve(field.tile, rows.ownerBytes * tile.reduce((a, b) => a * b, 1));
  reserve(field.spare, rows.ownerBytes);
  plan.put(field.scoreBytes, scoreBytes);
  plan.put(field.lineBytes, lineBytes);
  plan.put(field.slabBytes, slabBytes);
  plan.put(field.columns, columns);
  return end;
}

function putAxis(plan: Writer, at: number, { axis, windows }: Sight, tiles: Int32Array, chunk: number): void {
  plan.put(at + field.axisLength, axis.length);
  plan.put(at + field.axisDilation, axis.dilation);
  plan.put(at + field.axisWindows, plan.append(windows));
  plan.put(at + field.axisTiles, plan.append(tiles));
  plan.put(at + field.axisTileCount, tiles.length / 3);
  plan.put(at + field.axisChunk, chunk);
}

/** The longest stretch that one token, or a token and the next of its group, see. */
function reachOf({ axis: { length, dilation }, windows }: Sight, tokens: 1 | 2): number {
  let most = 1;
  for (let token = 0; token < length; token++) {
    const last = tokens === 2 && token + dilation < length ? token + dilation : token;
    most = Math.max(most, windows[2 * last + 1]! - windows[2 * token]!);
  }
  return most;
}

/** Nanoseconds for all items on one thread, roughly: two operations per product at 30 per nanosecond, and the softmax. */
function workOf(kind: PlanKind, problems: number, sights: readonly Sight[], dim: number): number {
  const pairs = sights.reduce((n, { axis }) => n * axis.length * axis.kernelSize, problems);
  const products = kind === 'forward' ? 2 : kind === 'backwardQuery' ? 3 : 4;
  return pairs * ((products * dim) / 15 + 0.5);
}

function roundUp(bytes: number): number {
  return 64 * Math.ceil(bytes / 64);
}
