import type { Tensor } from '../../../tensor/tensor.ts';
import type { NaAttrs } from '../fused.ts';
import type { TilePair } from '../natten/nattenTiles.ts';
import type { Operands } from '../packed.ts';
import type { Settings } from './tuner.ts';
import type { Tuning } from './tunerCache.ts';
import { noGrad } from '../../../autograd/tape.ts';
import { VicinalError } from '../../../tensor/errors.ts';
import { scope } from '../../../tensor/scope.ts';
import { configsFor } from './configs.ts';
import { neighborhoodAttentionForward } from '../fused.ts';
import {
  attentionDelta,
  neighborhoodAttentionBackwardKey,
  neighborhoodAttentionBackwardQuery,
} from '../fusedBackward.ts';

type Cut = Omit<Tuning, 'milliseconds'>;
type Steps = Pick<Settings, 'warmupSteps' | 'steps'>;

const ownCut: Cut = { queryTileSize: null, keyTileSize: null, numSplitsKey: null };

/** What the ops are told besides the cut. */
export function problemOf(attrs: NaAttrs) {
  const { kernelSize, stride = 1, dilation = 1, isCausal = false, scale = null, dropout = 0, seed = 0 } = attrs;
  return { kernelSize, stride, dilation, isCausal, scale, dropout, seed };
}

/** The fastest cut of forward on the tensors of the call: their strides count too, and no others need to be made. */
export function timeForward(operands: Operands, attrs: NaAttrs, steps: Steps): Tuning {
  const { query, key, value, rpb, additionalKeys, additionalValues } = operands;
  const tensors = [query, key, value, rpb, additionalKeys, additionalValues] as const;
  const problem = problemOf(attrs);
  const cuts = pairsOf('forward', query, attrs).map((pair) => ({ ...pair, numSplitsKey: null }));
  return fastest(
    [ownCut, ...cuts],
    ({ queryTileSize, keyTileSize }) =>
      neighborhoodAttentionForward(...tensors, { ...problem, queryTileSize, keyTileSize }),
    steps,
  );
}

/** The fastest cut of both backward kernels together, as they share their tiles. Output stands for its gradient. */
export function timeBackward(
  operands: Operands,
  attrs: NaAttrs,
  steps: Steps,
  splitsOf: (keyTileSize: readonly number[]) => readonly number[][],
): Tuning {
  const { query, key, value, rpb, additionalKeys, additionalValues } = operands;
  const problem = problemOf(attrs);
  const cuts = pairsOf('backward', query, attrs).flatMap((pair) =>
    splitsOf(pair.keyTileSize).map((numSplitsKey) => ({ ...pair, numSplitsKey })),
  );
  return scope(() => {
    const [output, logsumexp] = noGrad(() =>
      neighborhoodAttentionForward(query, key, value, rpb, additionalKeys, additionalValues, problem),
    );
    const saved = [output, logsumexp, noGrad(() => attentionDelta(output, output))] as const;
    const run = ({ numSplitsKey, ...tiles }: Cut): void => {
      const own = { ...problem, ...tiles };
      const more = [rpb, additionalKeys, additionalValues] as const;
      neighborhoodAttentionBackwardQuery(query, key, value, ...saved, ...more, { ...own, numSplitsKey });
      neighborhoodAttentionBackwardKey(query, key, value, ...saved, rpb, own);
    };
    return fastest([ownCut, ...cuts], run, steps);
  });
}

function pairsOf(pass: 'forward' | 'backward', query: Tensor, attrs: NaAttrs): TilePair[] {
  const { kernelSize, stride = 1, dilation = 1, isCausal = false } = attrs;
  const problem = { kernelSize, stride, dilation, isCausal };
  return configsFor(query.shape.slice(1, -2), { ...problem, dim: query.shape.at(-1)!, device: query.device.name })[
    pass
  ];
}

/** Differences below this share are noise, and the kernels' own cut is kept. */
const noise = 0.03;
/** What is so many times slower in one call than the fastest so far will not win in the next. */
const hopeless = 1.5;

/** The first cut is the one to beat; a cut that the kernels refuse is passed over. */
function fastest(cuts: readonly [Cut, ...Cut[]], run: (cut: Cut) => void, steps: Steps): Tuning {
  const [first, ...others] = cuts;
  const time = (cut: Cut, limit: number): number => leastTime(() => run(cut), steps, limit);
  let best: Tuning = { ...first, milliseconds: time(first, Infinity) };
  for (const cut of others) {
    const milliseconds = timeOrInfinity(() => time(cut, best.milliseconds));
    if (milliseconds < (1 - noise) * best.milliseconds) best = { ...cut, milliseconds };
  }
  return best;
}

function timeOrInfinity(time: () => number): number {
  try {
    return time();
  } catch (error) {
    if (error instanceof VicinalError) return Infinity;
    throw error;
  }
}

/** Milliseconds of the fastest of several calls, which leave nothing behind; cut short once far above `limit`. */
export function leastTime(run: () => void, { warmupSteps, steps }: Steps, limit = Infinity): number {
  let least = Infinity;
  for (let step = -warmupSteps; step < steps; step++) {
    const start = performance.now();
    scope(() => {
      noGrad(run);
    });
    const time = performance.now() - start;
    if (step >= 0) least = Math.min(least, time);
    if (Math.min(time, least) > hopeless * limit) return time;
  }
  return least;
}
