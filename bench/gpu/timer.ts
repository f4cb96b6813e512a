// How long the GPU itself takes, once its clock is up.

import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { scope } from '../../index.ts';

/** Seconds of work in a sample, and of work that is asked for at a time while the clock rises. */
const perSample = 8e-3;
const perPush = 0.1;
/** Milliseconds of full load before the first sample. */
const warmUp = 2500;
const samples = 11;

export interface GpuTimer {
  /** Median seconds of each body, by name, over several samples of many. */
  time<Name extends string>(bodies: Readonly<Record<Name, () => void>>): Promise<Record<Name, number>>;
}

/**
 * A GPU that rests lowers its clock: to a sixth of its speed, steadily, until it has been under full load for a second or two. Compiling
 * lets it rest. So all bodies are compiled first, then the GPU is kept busy without a gap, then their samples take turns.
 */
export function gpuTimer(runtime: WebgpuRuntime): GpuTimer {
  const repeat = (body: () => void, times: number): void => {
    for (let i = 0; i < times; i++) scope(body);
  };
  const secondsOf = async (body: () => void, times: number): Promise<number> =>
    (await runtime.secondsOf(() => repeat(body, times))) / times;

  /** Times that a body fits into so many seconds. */
  const fitting = async (body: () => void, seconds: number): Promise<number> => {
    const one = await secondsOf(body, 2);
    return Math.max(1, Math.min(4096, Math.round(seconds / Math.max(one, 1e-6))));
  };

  return {
    async time(bodies) {
      const names = Object.keys(bodies) as (keyof typeof bodies)[];
      for (const name of names) {
        scope(bodies[name]);
        await runtime.finish();
      }
      const start = performance.now();
      while (performance.now() - start < warmUp) {
        for (const name of names) {
          const times = await fitting(bodies[name], perPush);
          repeat(bodies[name], times);
        }
        await runtime.finish();
      }
      const found = names.map((): number[] => []);
      for (let i = 0; i < samples; i++) {
        for (const [at, name] of names.entries()) {
          const times = await fitting(bodies[name], perSample);
          found[at]!.push(await secondsOf(bodies[name], times));
        }
      }
      const median = (values: number[]): number => values.toSorted((a, b) => a - b)[samples >> 1]!;
      return Object.fromEntries(names.map((name, at) => [name, median(found[at]!)])) as Record<
        keyof typeof bodies,
        number
      >;
    },
  };
}
