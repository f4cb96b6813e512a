/**
 * The auto-tuner: times the cuts into tiles of a problem that it has not met, and remembers the fastest. A cut changes the
 * order of summation, so results agree to rounding.
 *
 * @source NATTEN 0.17.5, docs/fna/autotuner.md, src/natten/autotuner
 */

import type { Runtime } from '../../../tensor/runtime.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Search } from './search.ts';
import type { NaAttrs } from '../fused.ts';
import type { Operands } from '../packed.ts';
import type { TunerCache, Tuning } from './tunerCache.ts';
import type { Axis } from '../window.ts';
import { isGradEnabled } from '../../../autograd/tape.ts';
import { ArgumentError, VicinalError } from '../../../tensor/errors.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { scope } from '../../../tensor/scope.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { defaultTile, largestTile, mostSplits } from '../attributes.ts';
import { areDeterministicAlgorithmsEnabled, getMemoryUsagePreference, isKvParallelismEnabled } from './context.ts';
import { shapesOf } from '../packed.ts';
import { defaultSplits } from '../natten/nattenTiles.ts';
import { resolveProblem } from '../problem.ts';
import { tileRules, tilingProblem } from '../tileRules.ts';
import { openCache } from './tunerCache.ts';
import { tuningKey } from './tunerKey.ts';
import { settle, settleNow } from './search.ts';
import { drawOperands, searchBackward, searchForward } from './tunerTimings.ts';

export interface AutotunerOptions {
  /** Tune forward. Default true. */
  forward?: boolean;
  /** Tune backward, where an input requires a gradient. Default true. */
  backward?: boolean;
  /** Try all splits of the keys, not only none and the most, while `useKvParallelism` is on. Default false. */
  thorough?: boolean;
  /** Calls before those that are timed. Default 1. */
  warmupSteps?: number;
  /** Calls of which the fastest counts. Default 5. */
  steps?: number;
  /**
   * Where results are kept: a path (in pages the name of a database), or false for this process only. Default: a file
   * under the user's cache folder, in pages the IndexedDB database 'vicinal'.
   */
  cache?: string | false;
}

export type Settings = Required<Omit<AutotunerOptions, 'cache'>>;

const known = ['forward', 'backward', 'thorough', 'warmupSteps', 'steps', 'cache'] as const;

let tuner: { readonly settings: Settings; readonly cache: TunerCache } | null = null;

/** A problem that a call met and could not wait for, with the key of its answer. */
interface Met {
  readonly pass: 'forward' | 'backward';
  readonly shapes: Operands<Shape>;
  readonly query: Pick<Tensor, 'dtype'> & { readonly device: Runtime };
  readonly attrs: NaAttrs;
  readonly axes: readonly Axis[];
}

/** Where `autotune` collects them. */
let met: Map<string, Met> | null = null;

/**
 * From now on the first call of neighborhood attention on a new problem (shapes, dtype, device, kernel size, stride, dilation,
 * causal) times the cuts of `configsFor` and the kernels' own, and all calls use the fastest. On a device that works on after a call
 * returns (webgpu) calls use what `autotune` found, and until then the kernels' own. It waits while `useDeterministicAlgorithms` is on. Processes that must agree bit for bit should not use it: each may find another winner.
 *
 * @throws ArgumentError for an option that does not exist or has a wrong value
 * @example
 * useAutotuner({ cache: false });
 * isAutotunerEnabled(); // true
 * disableAutotuner();
 */
export function useAutotuner(options: AutotunerOptions = {}): void {
  const op = 'useAutotuner';
  const { forward = true, backward = true, thorough = false, ...rest } = checkOptions(op, options, known);
  const { warmupSteps = 1, steps = 5, cache } = rest;
  const check = (name: string, value: unknown, isFine: boolean, wanted: string): void => {
    if (!isFine) throw new ArgumentError(`${name} must be ${wanted}, got ${String(value)}`, { op, [name]: value });
  };
  for (const [name, value] of Object.entries({ forward, backward, thorough }))
    check(name, value, typeof value === 'boolean', 'true or false');
  check('warmupSteps', warmupSteps, Number.isInteger(warmupSteps) && warmupSteps >= 0, 'an integer >= 0');
  check('steps', steps, Number.isInteger(steps) && steps >= 1, 'an integer >= 1');
  const isPlace = cache === undefined || cache === false || (typeof cache === 'string' && cache !== '');
  check('cache', cache, isPlace, 'a path or false');
  tuner = { settings: { forward, backward, thorough, warmupSteps, steps }, cache: openCache(cache) };
}

/** Every call uses the kernels' own cut again. */
export function disableAutotuner(): void {
  tuner = null;
}

/**
 * Runs `body`, and times the cuts of every problem of neighborhood attention that it meets on a device that works on after a call
 * returns (webgpu), if the auto-tuner does not know it yet. What `body` returns is returned; other tensors that it makes are freed.
 *
 * @throws ArgumentError while the auto-tuner is off, and for an async body
 * @example
 * const q = zeros([1, 8, 8, 2, 16]);
 * useAutotuner({ cache: false });
 * const y = await autotune(() => na2d(q, q, q, { kernelSize: 3 }));
 * disableAutotuner();
 */
export async function autotune<T>(body: () => T): Promise<T> {
  if (!tuner) throw new ArgumentError('the auto-tuner is off; call useAutotuner() first', { op: 'autotune' });
  const { settings, cache } = tuner;
  if (cache.ready) await cache.ready;
  const outer = met;
  const found = (met = new Map<string, Met>());
  let result: T;
  try {
    result = scope(body);
  } finally {
    met = outer;
  }
  for (const [key, { pass, shapes, query, attrs, axes }] of found) {
    const operands = drawOperands(shapes, query);
    try {
      const search = searchFor(pass, operands, attrs, axes, settings);
      cache.set(key, await settle(search, settings, query.device));
    } finally {
      for (const x of Object.values(operands) as (Tensor | undefined)[]) x?.dispose();
    }
  }
  return result;
}

/** Whether the auto-tuner works now: for both passes, or for the one that is named. */
export function isAutotunerEnabled(pass?: 'forward' | 'backward'): boolean {
  if (!tuner || areDeterministicAlgorithmsEnabled()) return false;
  const { forward, backward } = tuner.settings;
  return pass === undefined ? forward || backward : tuner.settings[pass];
}

export type TileOptions = Pick<
  NaAttrs,
  'queryTileSize' | 'keyTileSize' | 'backwardQueryTileSize' | 'backwardKeyTileSize' | 'numSplitsKey'
>;

/**
 * The cut to use for a call with `attrs`, to be laid over them; nothing for a pass whose tiles the caller chose. What is wrong
 * with the call is left for the op to say.
 *
 * @internal
 */
export function tunedTiles(operands: Operands, attrs: NaAttrs): TileOptions {
  if (!tuner && !isKvParallelismEnabled()) return {};
  const wantsForward = !attrs.queryTileSize && !attrs.keyTileSize && isAutotunerEnabled('forward');
  const needsBackward = isGradEnabled() && Object.values(operands).some((x?: Tensor) => x?.requiresGrad);
  const isFree = !attrs.backwardQueryTileSize && !attrs.backwardKeyTileSize && !attrs.numSplitsKey;
  const wantsBackward = needsBackward && isFree && isAutotunerEnabled('backward');
  const wantsSplits = needsBackward && !attrs.numSplitsKey && !wantsBackward && isKvParallelismEnabled();
  if (!wantsForward && !wantsBackward && !wantsSplits) return {};
  try {
    const axes = resolveProblem('tunedTiles', operands.query.shape, attrs);
    return {
      ...(wantsForward ? ofForward(tune('forward', operands, attrs, axes)) : {}),
      ...(wantsBackward ? ofBackward(tune('backward', operands, attrs, axes)) : {}),
      ...(wantsSplits ? splitsByRule(operands, attrs, axes) : {}),
    };
  } catch (error) {
    if (error instanceof VicinalError) return {};
    throw error;
  }
}

function ofForward(tuning: Tuning | undefined): TileOptions {
  return tuning ? { queryTileSize: tuning.queryTileSize, keyTileSize: tuning.keyTileSize } : {};
}

function ofBackward(tuning: Tuning | undefined): TileOptions {
  if (!tuning) return {};
  const { queryTileSize, keyTileSize, numSplitsKey } = tuning;
  return { backwardQueryTileSize: queryTileSize, backwardKeyTileSize: keyTileSize, numSplitsKey };
}

/** Splits count key tiles: where the caller has none, NATTEN's. */
function splitsByRule({ query }: Operands, attrs: NaAttrs, axes: readonly Axis[]): TileOptions {
  return { numSplitsKey: splitsOf(query, axes, attrs.backwardKeyTileSize ?? defaultTile(axes.length)) };
}

function splitsOf({ shape }: Tensor, axes: readonly Axis[], keyTileSize: readonly number[]): number[] {
  return defaultSplits(axes, keyTileSize, shape[0]! * shape.at(-2)!, getMemoryUsagePreference());
}

/** The fastest cut, from memory or by timing; undefined where nothing can be timed. */
function tune(
  pass: 'forward' | 'backward',
  operands: Operands,
  attrs: NaAttrs,
  axes: readonly Axis[],
): Tuning | undefined {
  const { settings, cache } = tuner!;
  const runtime = operands.query.storage.runtime;
  if (runtime.interpret) return undefined; // the reference form has no tiles
  const key = tuningKey(pass, operands, attrs, axes, settings.thorough);
  const found = cache.get(key);
  const tiling = tilingProblem(operands, axes, attrs);
  if (found && isLegal(found, axes) && tileRules[runtime.name].refusal(pass, tiling, found) === null) return found;
  if (!runtime.readNow) {
    const query = { dtype: operands.query.dtype, device: runtime };
    met?.set(key, { pass, shapes: shapesOf(operands), query, attrs, axes });
    return undefined;
  }
  const fastest = settleNow(searchFor(pass, operands, attrs, axes, settings), settings);
  cache.set(key, fastest);
  return fastest;
}

function searchFor(
  pass: 'forward' | 'backward',
  operands: Operands,
  attrs: NaAttrs,
  axes: readonly Axis[],
  { thorough }: Settings,
): Search {
  if (pass === 'forward') return searchForward(operands, attrs);
  return searchBackward(operands, attrs, (keyTileSize) => {
    const most = isKvParallelismEnabled() ? splitsOf(operands.query, axes, keyTileSize) : axes.map(() => 1);
    return thorough ? combinations(most) : most.some((n) => n > 1) ? [axes.map(() => 1), most] : [most];
  });
}

/** A cache may come from a program that knew other limits. */
function isLegal({ queryTileSize, keyTileSize, numSplitsKey }: Tuning, axes: readonly Axis[]): boolean {
  const isTile = (tile: readonly number[] | null): boolean =>
    tile === null || (tile.length === axes.length && sizeOf(tile) <= largestTile);
  if (!isTile(queryTileSize) || !isTile(keyTileSize)) return false;
  if (numSplitsKey === null) return true;
  const most = mostSplits(axes, keyTileSize ?? axes.map(() => 1));
  return numSplitsKey.length === axes.length && numSplitsKey.every((n, i) => n <= most[i]!);
}

/** Enough to see which way is faster; each is timed with every tile. */
const mostCombinations = 16;

/** Splits 1, 2, 4 ... and the most along each axis, in all combinations, thinned out to the first so many and the last. */
function combinations(most: readonly number[]): number[][] {
  const all = most.reduce<number[][]>(
    (heads, count) => heads.flatMap((head) => powersTo(count).map((n) => [...head, n])),
    [[]],
  );
  return all.length <= mostCombinations ? all : [...all.slice(0, mostCombinations - 1), all.at(-1)!];
}

function powersTo(count: number): number[] {
  const powers: number[] = [];
  for (let n = 1; n < count; n *= 2) powers.push(n);
  return [...powers, count];
}
