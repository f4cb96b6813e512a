// How long things take: several variants in turns, so that a slow moment of the machine meets them all.

import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** Seconds of one run. */
export interface Timing {
  readonly best: number;
  readonly median: number;
  readonly runs: number;
}

const fewestRuns = 7;
/** The share of the time that goes into warming up: compiling, starting threads, growing memory. */
const warmUp = 0.2;

/** Runs each variant for about `seconds`, after a warm-up, and never fewer than a few times. */
export async function measure(variants: readonly (() => void)[], seconds: number): Promise<Timing[]> {
  const samples: number[][] = variants.map(() => []);
  const limit = seconds * variants.length;
  const rounds = async (span: number, atLeast: number, keep: boolean): Promise<void> => {
    const begin = performance.now();
    for (let round = 0; round < atLeast || performance.now() - begin < span * 1e3; round++) {
      variants.forEach((run, i) => {
        const start = performance.now();
        run();
        if (keep) samples[i]!.push((performance.now() - start) / 1e3);
      });
      if (round % 16 === 0) await setTimeout(0); // threads that start need the event loop
    }
  };
  await rounds(limit * warmUp, 2, false);
  await rounds(limit, fewestRuns, true);
  return samples.map((times) => {
    times.sort((a, b) => a - b);
    return { best: times[0]!, median: times[times.length >> 1]!, runs: times.length };
  });
}
