// One problem, computed in each way: how long it takes and what it holds.

import type { NaOptions, NaProblem, Tensor } from '../../index.ts';
import type { Timing } from '../measure.ts';
import type { Problem } from './problems.ts';
import { grad, memory, neighborhoodAttention, noGrad, resetPeak, scope } from '../../index.ts';
import { disableAutotuner, tunedTiles, useAutotuner } from '../../kernels/neighborhood/tuner/tuner.ts';
import { measure } from '../measure.ts';
import { made } from '../models.ts';
import { tokenCount, windowOf } from './problems.ts';

export const ways = ['fused', 'tuned', 'unfused', 'dense'] as const;
export type Way = (typeof ways)[number];

export interface Result {
  readonly way: Way;
  readonly forward: Timing;
  readonly step: Timing;
  /** Bytes of a step at its peak, above the operands and their gradients. */
  readonly peak: number;
  /** What the tuner chose. */
  readonly tiles: Tiles;
}

/** Weights that take more than this are not computed. */
const mostBytes = 512 * 2 ** 20;

/** Bytes of the weights that a way keeps. */
export function weightBytes(problem: Problem, way: Way): number {
  if (way === 'fused' || way === 'tuned') return 0;
  const tokens = tokenCount(problem);
  return 4 * problem.batch * problem.heads * tokens * (way === 'dense' ? tokens : windowOf(problem));
}

/** Pairs of a query and a key above which no tiles are searched: that would take minutes. */
const mostPairs = 2e7;

/** Why a way is not taken, or null. */
export function whyNot(problem: Problem, way: Way): string | null {
  const bytes = weightBytes(problem, way);
  if (bytes > mostBytes) return `its weights would take ${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const pairs = problem.batch * problem.heads * tokenCount(problem) * windowOf(problem);
  return way === 'tuned' && pairs > mostPairs ? 'its tiles would take minutes to find' : null;
}

type Tiles = Pick<NaOptions, keyof ReturnType<typeof tunedTiles>>;

interface Runs {
  readonly tiles: Tiles;
  readonly forward: () => void;
  readonly step: () => void;
  readonly dispose: () => void;
}

function runsOf(problem: Problem, way: Way): Runs {
  const { batch, tokens, heads, dim } = problem;
  const shape = [batch, ...tokens, heads, dim];
  const inputs = [1, 2, 3].map((seed) => made(shape, seed, { scale: 2, requiresGrad: true }));
  const gradOutput = made(shape, 4, { scale: 2 });
  const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
  const tiles = way === 'tuned' ? tune({ query, key, value }, problem.problem) : {};
  const options: NaOptions = { ...problem.problem, ...tiles, implementation: way === 'tuned' ? 'fused' : way };
  const attend = (): Tensor => neighborhoodAttention(query, key, value, options);
  return {
    tiles,
    forward: () => scope(() => void noGrad(attend)),
    step: () => scope(() => void grad(attend(), inputs, { gradOutput })),
    dispose: () => [...inputs, gradOutput].forEach((x) => x.dispose()),
  };
}

/** The tiles that the tuner finds, without those that are the kernels' own. */
function tune(operands: Parameters<typeof tunedTiles>[0], problem: NaProblem): Tiles {
  useAutotuner({ cache: false, steps: 3 });
  const found = tunedTiles(operands, problem);
  disableAutotuner();
  return Object.fromEntries(Object.entries(found).filter(([, tile]) => tile));
}

function peakOf({ step }: Runs): number {
  const before = memory().cpu!.bytes;
  resetPeak();
  step();
  return memory().cpu!.peak - before;
}

/** Bytes at the peak of one step, above the operands. */
export function measurePeak(problem: Problem, way: Way): number {
  const runs = runsOf(problem, way);
  const peak = peakOf(runs);
  runs.dispose();
  return peak;
}

/**
 * All of the ways that are possible: fused and tuned in turns, as they are compared to a hair; the others each by itself, since their
 * weights would push everything out of the caches in between.
 */
export async function compare(problem: Problem, among: readonly Way[], seconds: number): Promise<Result[]> {
  const possible = among.filter((way) => whyNot(problem, way) === null);
  const isLean = (way: Way): boolean => weightBytes(problem, way) === 0;
  const groups = [possible.filter(isLean), ...possible.filter((way) => !isLean(way)).map((way) => [way])];
  const results: Result[] = [];
  for (const group of groups) results.push(...(await measureGroup(problem, group, seconds)));
  return results;
}

async function measureGroup(problem: Problem, group: readonly Way[], seconds: number): Promise<Result[]> {
  const runs = group.map((way) => runsOf(problem, way));
  const timings = [
    ...(await measure(
      runs.map(({ forward }) => forward),
      seconds,
    )),
    ...(await measure(
      runs.map(({ step }) => step),
      seconds,
    )),
  ];
  const peaks = runs.map(peakOf);
  for (const { dispose } of runs) dispose();
  return group.map((way, i) => ({
    way,
    forward: timings[i]!,
    step: timings[group.length + i]!,
    peak: peaks[i]!,
    tiles: runs[i]!.tiles,
  }));
}
