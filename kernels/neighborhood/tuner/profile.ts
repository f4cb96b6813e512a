// How long each kernel of the fused attention takes on a problem.

import type { Dtype } from '../../../tensor/dtype.ts';
import type { Device, DeviceName, Runtime } from '../../../tensor/runtime.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { NaProblem } from '../problem.ts';
import type { Operands } from '../packed.ts';
import type { Steps } from './search.ts';
import type { TileOptions } from './tuner.ts';
import type { Axis } from '../window.ts';
import { noGrad } from '../../../autograd/tape.ts';
import { scope } from '../../../tensor/scope.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { reshape } from '../../layout/reshape.ts';
import { neighborhoodAttentionForward } from '../fused.ts';
import {
  attentionDelta,
  neighborhoodAttentionBackwardKey,
  neighborhoodAttentionBackwardQuery,
} from '../fusedBackward.ts';
import { tokenAxesOf } from '../mask.ts';
import { attentionBackwardKey } from '../plain.ts';
import { countPairs } from './simulate.ts';
import { drawOperands, problemOf } from './tunerTimings.ts';

/** A problem with the tensors that it is put to. */
export interface ProfileProblem extends NaProblem {
  /** *X, the lengths of the token axes. */
  readonly tokens: readonly number[];
  readonly batch: number;
  readonly heads: number;
  readonly headsKv: number;
  readonly dim: number;
  readonly dimValue: number;
  /** How many additional keys and values. */
  readonly additional: number;
  readonly dtype: Dtype;
  readonly device: Device | DeviceName;
}

/** `steps` are calls of which the median counts. */
export interface ProfileOptions extends Steps {
  /** Whether backward is profiled too. */
  readonly backprop: boolean;
  readonly tiles: TileOptions;
}

export interface ProfileRow {
  readonly kernel: string;
  /** In one step. */
  readonly calls: number;
  readonly milliseconds: number;
  /** Floating point operations of the matrix products that the kernel owes, those of masked pairs not among them. */
  readonly flops: number;
}

export interface Profile {
  readonly rows: readonly ProfileRow[];
  /** Operations of all rows together, where a product that two kernels make counts once. */
  readonly flops: number;
}

/** Random operands of the problem; the caller frees them. */
export function makeOperands(problem: ProfileProblem): Operands {
  const { tokens, batch, heads, headsKv, dim, dimValue, additional } = problem;
  const hasMore = additional > 0;
  const shapes = {
    query: [batch, ...tokens, heads, dim],
    key: [batch, ...tokens, headsKv, dim],
    value: [batch, ...tokens, headsKv, dimValue],
    additionalKeys: hasMore ? [batch, additional, headsKv, dim] : undefined,
    additionalValues: hasMore ? [batch, additional, headsKv, dimValue] : undefined,
  };
  return drawOperands(shapes, problem);
}

/**
 * Times the kernels of a step one by one.
 *
 * @param operands by `makeOperands`
 */
export async function profile(problem: ProfileProblem, operands: Operands, options: ProfileOptions): Promise<Profile> {
  const counts = countProducts(problem);
  const { query, key, value, additionalKeys, additionalValues } = operands;
  const { queryTileSize = null, keyTileSize = null } = options.tiles;
  const attrs = problemOf(problem);
  const forward = (): Tensor[] => {
    const given = [query, key, value, undefined, additionalKeys, additionalValues] as const;
    return neighborhoodAttentionForward(...given, { ...attrs, queryTileSize, keyTileSize });
  };
  const how = { ...options, runtime: query.storage.runtime };
  const rows = [await timed('neighborhoodAttentionForward', counts.forward, forward, how)];
  if (!options.backprop) return { rows, flops: counts.forward };
  const saved = scope(() =>
    noGrad(() => {
      const [output, logsumexp] = forward() as [Tensor, Tensor];
      return { output, logsumexp, delta: attentionDelta(output, output) };
    }),
  );
  try {
    for (const [kernel, flops, run] of backwardRuns(operands, saved, problem, options.tiles))
      rows.push(await timed(kernel, flops(counts), run, how));
  } finally {
    for (const x of Object.values(saved)) x.dispose();
  }
  return { rows, flops: counts.forward + counts.delta + counts.backward };
}

type Counts = ReturnType<typeof countProducts>;
type Run = [kernel: string, flops: (counts: Counts) => number, run: () => Tensor[]];

/** What backward consists of. The output stands for its gradient. */
function backwardRuns(
  { query, key, value, additionalKeys, additionalValues }: Operands,
  { output, logsumexp, delta }: Record<'output' | 'logsumexp' | 'delta', Tensor>,
  problem: ProfileProblem,
  { backwardQueryTileSize = null, backwardKeyTileSize = null, numSplitsKey = null }: TileOptions,
): Run[] {
  const tiles = { queryTileSize: backwardQueryTileSize, keyTileSize: backwardKeyTileSize };
  const attrs = { ...problemOf(problem), ...tiles };
  const operands = [query, key, value, output, logsumexp, delta] as const;
  const more = [undefined, additionalKeys, additionalValues] as const;
  const runs: Run[] = [
    ['attentionDelta', (counts) => counts.delta, () => [attentionDelta(output, output)]],
    [
      'neighborhoodAttentionBackwardQuery',
      (counts) => counts.backwardQuery,
      () => [...neighborhoodAttentionBackwardQuery(...operands, ...more, { ...attrs, numSplitsKey })],
    ],
    [
      'neighborhoodAttentionBackwardKey',
      (counts) => counts.backwardKey,
      () => neighborhoodAttentionBackwardKey(...operands, undefined, attrs),
    ],
  ];
  if (!additionalKeys || !additionalValues) return runs;
  const tokens = sizeOf(problem.tokens);
  const inLine = (x: Tensor): Tensor =>
    reshape(x, [problem.batch, tokens, ...x.shape.slice(1 + problem.tokens.length)]);
  const additional = (): Tensor[] => {
    const lines = [output, logsumexp, delta].map(inLine) as [Tensor, Tensor, Tensor];
    return attentionBackwardKey(inLine(query), additionalKeys, additionalValues, ...lines, { firstKey: tokens });
  };
  return [...runs, ['attentionBackwardKey (additional)', (counts) => counts.additional, additional]];
}

/** Two operations for each multiply-add. Backward makes five products of a pair; two of them in both of its kernels. */
function countProducts(problem: ProfileProblem) {
  const { tokens, batch, heads, dim, dimValue, additional } = problem;
  const { kernelSize, stride = 1, dilation = 1, isCausal = false } = problem;
  const axes: Axis[] = tokenAxesOf('profile', tokens, { kernelSize, stride, dilation, isCausal });
  const rows = batch * heads * sizeOf(tokens);
  const near = batch * heads * countPairs(axes);
  const pairs = near + rows * additional;
  return {
    forward: 2 * pairs * (dim + dimValue),
    delta: 2 * rows * dimValue,
    backwardQuery: 2 * pairs * (2 * dim + dimValue),
    backwardKey: 2 * near * (2 * dim + 2 * dimValue),
    additional: 2 * rows * additional * (2 * dim + 2 * dimValue),
    backward: 2 * pairs * (3 * dim + 2 * dimValue),
  };
}

async function timed(
  kernel: string,
  flops: number,
  run: () => Tensor[],
  { runtime, warmupSteps, steps }: Steps & { readonly runtime: Runtime },
): Promise<ProfileRow> {
  const times: number[] = [];
  for (let step = -warmupSteps; step < steps; step++) {
    const time = await millisecondsOf(runtime, () => scope(() => void noGrad(run)));
    if (step >= 0) times.push(time);
  }
  times.sort((a, b) => a - b);
  const middle = steps >> 1;
  const median = steps % 2 === 1 ? times[middle]! : (times[middle - 1]! + times[middle]!) / 2;
  return { kernel, calls: 1, milliseconds: median, flops };
}

/** By the device's own clock, where work is not done when a call returns. */
async function millisecondsOf(runtime: Runtime, run: () => void): Promise<number> {
  if (runtime.secondsOf) return 1e3 * (await runtime.secondsOf(run));
  const start = performance.now();
  run();
  return performance.now() - start;
}
