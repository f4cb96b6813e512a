// What the ops of the attention may be told beside the problem, and the checks of it.

import type { Shape } from '../../tensor/shape.ts';
import type { Operands } from './packed.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { ArgumentError, GradError, ShapeError } from '../../tensor/errors.ts';
import { checkShare } from '../../tensor/range.ts';
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.ts';
import { axisName, checkBias, checkOperands, resolveProblem } from './problem.ts';

/** How scores become weights. */
export interface WeightAttrs {
  /** What scores are multiplied by; 0 is a value. null: D ** -0.5. */
  scale?: number | null;
  /** Probability that a weight is dropped, 0..1; those kept are divided by 1 − dropout. Default 0. */
  dropout?: number;
  /** 32 bits that decide which weights are dropped. Default 0. */
  seed?: number;
}

/** How the work is cut: one entry per token axis, or null for the kernel's own choice. Results do not depend on it beyond rounding. */
export interface TileAttrs {
  /** Queries of a tile: for the output and dQ those whose results are made at a time, for dK and dV those that are streamed. */
  queryTileSize?: readonly number[] | null;
  /** Keys of a tile: those that are streamed past the queries at a time, or for dK and dV those whose results are made. */
  keyTileSize?: readonly number[] | null;
}

export const weightDefaults = { scale: null, dropout: 0, seed: 0 };
export const problemDefaults = { stride: 1, dilation: 1, isCausal: false };
export const tileDefaults = { queryTileSize: null, keyTileSize: null };

/** Most tokens of a tile that the kernels take. */
export const largestTile = 1024;

/** Checks what forward and backward have in common; the problem, axis by axis. */
export function checkProblem(
  op: string,
  operands: Operands<Shape>,
  attrs: NaProblem & Required<WeightAttrs> & TileAttrs,
): Axis[] {
  checkOperands(op, operands);
  const { query, rpb } = operands;
  const axes = resolveProblem(op, query, attrs);
  if (rpb) checkBias(op, rpb, query.at(-2)!, axes);
  checkWeights(op, attrs);
  const { queryTileSize, keyTileSize } = attrs;
  checkTiles(op, axes, { queryTileSize, keyTileSize });
  return axes;
}

/** What scores of rows of `dim` numbers are multiplied by. */
export function scaleOf(dim: number, { scale }: Pick<WeightAttrs, 'scale'>): number {
  return scale ?? dim ** -0.5;
}

export function checkWeights(op: string, { scale, dropout, seed }: Required<WeightAttrs>): void {
  if (scale !== null && !Number.isFinite(scale))
    throw new ArgumentError(`scale must be a finite number, got ${String(scale)}`, { op, scale });
  checkShare(op, { dropout });
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new ArgumentError(`seed must be an integer of 0..2^32-1, got ${String(seed)}`, { op, seed });
}

/** Throws unless each tile that is given has a positive integer per axis and at most `largestTile` tokens. */
export function checkTiles(
  op: string,
  axes: readonly Axis[],
  tiles: Readonly<Record<string, readonly number[] | null | undefined>>,
): void {
  for (const [name, tile] of Object.entries(tiles)) {
    if (tile === null || tile === undefined) continue;
    checkTuple(op, name, tile, axes.length);
    const tokens = sizeOf(tile);
    if (tokens <= largestTile) continue;
    const advice = `the kernels take tiles of 1 to ${largestTile} tokens, of any integers >= 1`;
    throw new ShapeError(`${name} [${tile.join(', ')}] has ${tokens} tokens; ${advice}`, { op, [name]: tile });
  }
}

/** NATTEN's tile of queries and of keys where none is chosen: 64 tokens, as square as they get. */
export function defaultTile(tokenAxes: number): number[] {
  return [[64], [8, 8], [4, 4, 4]][tokenAxes - 1]!;
}

/** How many key tiles the longest dilation group of each axis has: into no more parts can its keys be split. */
export function mostSplits(
  axes: readonly Pick<Axis, 'length' | 'dilation'>[],
  keyTileSize: readonly number[],
): number[] {
  return axes.map(({ length, dilation }, i) => Math.ceil(Math.ceil(length / dilation) / keyTileSize[i]!));
}

/** Throws unless `numSplitsKey` has an integer of 1..mostSplits for each axis. */
export function checkSplits(
  op: string,
  axes: readonly Pick<Axis, 'length' | 'dilation'>[],
  numSplitsKey: readonly number[] | null,
  keyTileSize: readonly number[] | null,
): void {
  if (numSplitsKey === null) return;
  checkTuple(op, 'numSplitsKey', numSplitsKey, axes.length);
  const keyTile = keyTileSize ?? defaultTile(axes.length);
  const most = mostSplits(axes, keyTile);
  const wrong = most.findIndex((count, i) => numSplitsKey[i]! > count);
  if (wrong < 0) return;
  const { length, dilation } = axes[wrong]!;
  const tiles = `ceil(ceil(${length} / ${dilation}) / ${keyTile[wrong]}) = ${most[wrong]} key tiles`;
  throw new ShapeError(
    `numSplitsKey ${formatShape(numSplitsKey)} has ${numSplitsKey[wrong]} along axis ${axisName(wrong)}, which has ${tiles}; use at most ${formatShape(most)}`,
    { op, numSplitsKey, keyTileSize, most },
  );
}

/** Throws unless `values`, called `name`, is an array with a positive integer for each token axis. */
export function checkTuple(op: string, name: string, values: readonly number[], tokenAxes: number): void {
  const isFine = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;
  if (Array.isArray(values) && values.length === tokenAxes && values.every(isFine)) return;
  const got = Array.isArray(values) ? formatShape(values) : String(values);
  const wanted = `${tokenAxes} integer${tokenAxes === 1 ? '' : 's'} >= 1, one per token axis`;
  throw new ShapeError(`${name} must be an array of ${wanted}, got ${got}`, { op, [name]: values });
}

/** Throws unless the shapes are those that follow from the others: `{ logsumexp: [got, wanted] }`. */
export function checkFollowing(
  op: string,
  query: Shape,
  shapes: Readonly<Record<string, readonly [got: Shape | undefined, wanted: Shape]>>,
): void {
  for (const [label, [got, wanted]] of Object.entries(shapes)) {
    if (!got || sameShape(got, wanted)) continue;
    const misfit = `${label} ${formatShape(got)} does not fit query ${formatShape(query)}`;
    throw new ShapeError(`${misfit}; it must be ${formatShape(wanted)}`, { op, [label]: got, query });
  }
}

export function refuseSecondDerivative(op: string, advice: string): never {
  throw new GradError(`the fused operation has no second derivative; ${advice} where it is needed`, { op });
}
