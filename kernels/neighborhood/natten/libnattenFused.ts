import { checkTensor, type Tensor } from '../../../tensor/tensor.ts';
import type { TileAttrs } from '../attributes.ts';
import type { Operands } from '../packed.ts';
import type { Given, Wanted } from './libnattenChecks.ts';
import type { GivenTiles, Pass } from './nattenTiles.ts';
import type { Axis } from '../window.ts';
import { noGrad } from '../../../autograd/tape.ts';
import { ArgumentError } from '../../../tensor/errors.ts';
import { checkFinite } from '../../../tensor/range.ts';
import { scope } from '../../../tensor/scope.ts';
import { mul } from '../../elementwise/arithmetic.ts';
import { sum } from '../../reduce/sum.ts';
import { axisNames } from '../problem.ts';
import { tileRules, tilingProblem } from '../tileRules.ts';
import { assign } from './assign.ts';
import { neighborhoodAttentionForward } from '../fused.ts';
import {
  attentionDelta,
  neighborhoodAttentionBackwardKey,
  neighborhoodAttentionBackwardQuery,
} from '../fusedBackward.ts';
import { biasShape, checkKind, checkRank, checkRules, checkShapes, checkTargets } from './libnattenChecks.ts';
import { checkSplits, defaultTile, mostSplits } from '../attributes.ts';
import { checkNattenTiles } from './nattenTiles.ts';

/** Tensors [B, *X, N, D], relPosBias [N, 2K − 1, ...] or null, logsumexp [B, *X, N] or null; arrays have an entry per token axis. */
export type FusedForward = (
  output: Tensor,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  relPosBias: Tensor | null,
  logsumexp: Tensor | null,
  kernelSize: readonly number[],
  dilation: readonly number[],
  isCausal: readonly boolean[],
  attnScale: number,
  queryTileSize: readonly number[],
  keyTileSize: readonly number[],
) => void;

/** Tensors [B, *X, N, D], logsumexp [B, *X, N]; arrays have an entry per token axis. */
export type FusedBackward = (
  gradQuery: Tensor,
  gradKey: Tensor,
  gradValue: Tensor,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  output: Tensor,
  gradOutput: Tensor,
  logsumexp: Tensor,
  kernelSize: readonly number[],
  dilation: readonly number[],
  isCausal: readonly boolean[],
  attnScale: number,
  queryTileSize: readonly number[],
  keyTileSize: readonly number[],
  numSplitsKey: readonly number[],
  computeDeltaWithOps: boolean,
) => void;

const lettersOf = (tokenAxes: number): string => `[B, ${axisNames(tokenAxes)}, N`;

export function fusedForward(tokenAxes: number): FusedForward {
  const op = `na${tokenAxes}dForward`;
  return (output, query, key, value, relPosBias, logsumexp, kernelSize, dilation, isCausal, attnScale, ...tiles) => {
    const [queryTileSize, keyTileSize] = tiles;
    const tensors = { query, key, value, output, relPosBias, logsumexp };
    const rules = { kernelSize, dilation, isCausal };
    const axes = checkFused(op, tokenAxes, { query, tensors, rules, attnScale });
    checkShapes(op, 'query', tensors, { relPosBias: biasShape(query.shape.at(-2)!, axes) });
    checkTargets(op, { output, logsumexp });
    checkNattenTiles(op, 'forward', tokenAxes, { queryTileSize, keyTileSize });
    apart(() => {
      const rpb = relPosBias ?? undefined;
      const cut = fitted('forward', { query, key, value, rpb }, axes, { queryTileSize, keyTileSize });
      const attrs = { ...rules, scale: attnScale, ...cut };
      const [o, l] = neighborhoodAttentionForward(query, key, value, rpb, undefined, undefined, attrs);
      assign(output, o);
      if (logsumexp) assign(logsumexp, l);
    });
  };
}

export function fusedBackward(tokenAxes: number): FusedBackward {
  const op = `na${tokenAxes}dBackward`;
  return (gradQuery, gradKey, gradValue, query, key, value, output, gradOutput, logsumexp, kernelSize, ...rest) => {
    const [dilation, isCausal, attnScale, queryTileSize, keyTileSize, numSplitsKey, computeDeltaWithOps] = rest;
    const targets = { gradQuery, gradKey, gradValue };
    const tensors = { query, key, value, output, gradOutput, logsumexp, ...targets };
    const rules = { kernelSize, dilation, isCausal };
    const axes = checkFused(op, tokenAxes, { query, tensors, rules, attnScale });
    checkTargets(op, targets);
    checkNattenTiles(op, 'backward', tokenAxes, { queryTileSize, keyTileSize });
    checkSplits(op, axes, numSplitsKey, keyTileSize);
    checkFlag(op, computeDeltaWithOps);
    apart(() => {
      const delta = computeDeltaWithOps
        ? sum(mul(output, gradOutput), { axis: -1 })
        : attentionDelta(output, gradOutput);
      const operands = [query, key, value, gradOutput, logsumexp, delta] as const;
      const cut = fitted('backward', { query, key, value }, axes, { queryTileSize, keyTileSize });
      const attrs = { ...rules, scale: attnScale, ...cut };
      // Where the tile of keys is another, so are the splits that there can be.
      const most = mostSplits(axes, cut.keyTileSize ?? defaultTile(tokenAxes));
      const splits = numSplitsKey.map((count, i) => Math.min(count, most[i]!));
      const none = [undefined, undefined, undefined] as const;
      const [dq] = neighborhoodAttentionBackwardQuery(...operands, ...none, { ...attrs, numSplitsKey: splits });
      const [dk, dv] = neighborhoodAttentionBackwardKey(...operands, undefined, attrs);
      assign(gradQuery, dq!);
      assign(gradKey, dk);
      assign(gradValue, dv);
    });
  };
}

/** What `computeDelta` does, after its checks. */
export function writeDelta(output: Tensor, gradOutput: Tensor, delta: Tensor): void {
  const op = 'computeDelta';
  const tensors = { output, gradOutput, delta };
  checkKind(op, tensors, ['delta']);
  checkShapes(op, 'output', tensors, {
    gradOutput: { shape: output.shape, letters: "output's shape" },
    delta: { shape: output.shape.slice(0, -1), letters: "output's shape without its last axis" },
  });
  checkTargets(op, { delta });
  apart(() => assign(delta, attentionDelta(output, gradOutput)));
}

interface FusedCall {
  readonly query: Tensor;
  readonly tensors: Given;
  readonly rules: Parameters<typeof checkRules>[3];
  readonly attnScale: number;
}

/** NATTEN's tiles, as much of them as the device's kernels have. */
function fitted(pass: Pass, operands: Operands, axes: readonly Axis[], tiles: GivenTiles): TileAttrs {
  return tileRules[operands.query.device.name].fitted(pass, tilingProblem(operands, axes, {}), tiles);
}

/** What forward and backward check in common; the axes of the problem. */
function checkFused(op: string, tokenAxes: number, { query, tensors, rules, attnScale }: FusedCall): Axis[] {
  const { relPosBias: _bias, logsumexp: _rows, ...needed } = tensors;
  for (const [name, x] of Object.entries(needed)) checkTensor(op, name, x);
  checkKind(op, tensors, ['logsumexp']);
  const letters = lettersOf(tokenAxes);
  checkRank(op, 'query', query, tokenAxes + 3, `${letters}, D]`);
  const rows = { shape: query.shape.slice(0, -1), letters: `${letters}]` };
  const whole = { shape: query.shape, letters: `${letters}, D]` };
  const wanted: Record<string, Wanted[string]> = {};
  for (const name of Object.keys(tensors)) {
    if (name !== 'relPosBias') wanted[name] = name === 'logsumexp' ? rows : whole;
  }
  checkShapes(op, 'query', tensors, wanted);
  checkFinite(op, { attnScale });
  return checkRules(op, query.shape, query.shape.slice(1, -2), rules);
}

function checkFlag(op: string, computeDeltaWithOps: boolean): void {
  if (typeof computeDeltaWithOps === 'boolean') return;
  const got = computeDeltaWithOps === null ? 'null' : typeof computeDeltaWithOps;
  throw new ArgumentError(`computeDeltaWithOps must be true or false, got ${got}`, { op });
}

/** Nothing is recorded, and nothing but what the caller gave is left. */
export function apart(body: () => void): void {
  scope(() => noGrad(body));
}
