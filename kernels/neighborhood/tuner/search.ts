// How the fastest cut is found: a search names the runs to be timed, and whoever can time them answers.

import type { Runtime } from '../../../tensor/runtime.ts';
import type { Settings } from './tuner.ts';
import type { Tuning } from './tunerCache.ts';
import { noGrad } from '../../../autograd/tape.ts';
import { VicinalError } from '../../../tensor/errors.ts';
import { scope } from '../../../tensor/scope.ts';

export type Cut = Omit<Tuning, 'milliseconds'>;
export type Steps = Pick<Settings, 'warmupSteps' | 'steps'>;

/** One run of a kernel, and the milliseconds to beat. */
export interface Trial {
  readonly run: () => void;
  readonly limit: number;
}

/** Yields trials, is told the milliseconds of each, and returns the fastest cut. */
export type Search = Generator<Trial, Tuning, number>;

/** Differences below this share are noise, and the kernels' own cut is kept. */
const noise = 0.03;
/** What is so many times slower in one call than the fastest so far will not win in the next. */
const hopeless = 1.5;

/** The first cut is the one to beat; a cut that the kernels refuse is passed over. */
export function* searchAmong(cuts: readonly [Cut, ...Cut[]], run: (cut: Cut) => void): Search {
  const [first, ...others] = cuts;
  let best: Tuning = { ...first, milliseconds: yield { run: () => run(first), limit: Infinity } };
  for (const cut of others) {
    try {
      const milliseconds = yield { run: () => run(cut), limit: best.milliseconds };
      if (milliseconds < (1 - noise) * best.milliseconds) best = { ...cut, milliseconds };
    } catch (error) {
      if (!(error instanceof VicinalError)) throw error;
    }
  }
  return best;
}

/** The end of a search on a device whose work is done when a call returns. */
export function settleNow(search: Search, steps: Steps): Tuning {
  let next = search.next();
  while (!next.done) {
    let milliseconds: number;
    try {
      milliseconds = leastTime(next.value.run, steps, next.value.limit);
    } catch (error) {
      next = search.throw(error);
      continue;
    }
    next = search.next(milliseconds);
  }
  return next.value;
}

/** The end of a search on any device: by the device's own clock, where work is not done when a call returns. */
export async function settle(search: Search, steps: Steps, runtime: Runtime): Promise<Tuning> {
  if (!runtime.secondsOf) return settleNow(search, steps);
  let next = search.next();
  if (!next.done) await warmUp(runtime, next.value.run);
  while (!next.done) {
    let milliseconds: number;
    try {
      milliseconds = await leastDeviceTime(runtime, next.value, steps);
    } catch (error) {
      next = search.throw(error);
      continue;
    }
    next = search.next(milliseconds);
  }
  return next.value;
}

/** Milliseconds of the fastest of several calls, which leave nothing behind; cut short once far above `limit`. */
export function leastTime(run: () => void, { warmupSteps, steps }: Steps, limit = Infinity): number {
  let least = Infinity;
  for (let step = -warmupSteps; step < steps; step++) {
    const start = performance.now();
    repeat(run, 1);
    const time = performance.now() - start;
    if (step >= 0) least = Math.min(least, time);
    if (Math.min(time, least) > hopeless * limit) return time;
  }
  return least;
}

/** Milliseconds of a sample on a device: clocks of pages are rounded to a tenth of one. */
const sample = 5;
const mostCalls = 256;

/** The same by the device's own clock, of so many calls at a time that it can tell one from another. */
async function leastDeviceTime(
  runtime: Runtime,
  { run, limit }: Trial,
  { warmupSteps, steps }: Steps,
): Promise<number> {
  const time = async (calls: number): Promise<number> =>
    (1e3 * (await runtime.secondsOf!(() => repeat(run, calls)))) / calls;
  await time(1 + warmupSteps); // in the first, programs are built
  const once = await time(1);
  if (once > hopeless * limit) return once;
  const calls = Math.min(mostCalls, Math.ceil(sample / Math.max(once, sample / mostCalls)));
  let least = Infinity;
  for (let step = 0; step < steps; step++) {
    least = Math.min(least, await time(calls));
    if (least > hopeless * limit) return least;
  }
  return least;
}

/** Milliseconds in which a GPU that was idle raises its clock. */
const rampUp = 300;

async function warmUp(runtime: Runtime, run: () => void): Promise<void> {
  const start = performance.now();
  do await runtime.secondsOf!(() => repeat(run, 1));
  while (performance.now() - start < rampUp);
}

function repeat(run: () => void, calls: number): void {
  for (let i = 0; i < calls; i++)
    scope(() => {
      noGrad(run);
    });
}
