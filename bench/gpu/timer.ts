// How long the GPU itself takes, once its clock is up.

import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { scope } from '../../index.ts';

/** Seconds of work in a sample: enough that waiting between samples does not let the GPU rest. */
const perSample = 8e-3;
/** Samples that must agree within 2 % before one counts, and milliseconds after which they need not. */
const agreeing = 4;
const mostWarmUp = 3000;

export interface GpuTimer {
  /** Median seconds of one `body` over several samples of many. */
  time(body: () => void): Promise<number>;
}

/** A GPU that rests lowers its clock, and takes a second or two of full load to raise it: what is timed before is up to six times too slow. */
export function gpuTimer(runtime: WebgpuRuntime): GpuTimer {
  const several = (body: () => void, times: number): Promise<number> =>
    runtime.secondsOf(() => {
      for (let i = 0; i < times; i++) scope(body);
    });
  return {
    async time(body) {
      let times = 1;
      while (times < 256 && (await several(body, times)) < perSample) times *= 2;
      const start = performance.now();
      const last: number[] = [];
      while (performance.now() - start < mostWarmUp) {
        last.push(await several(body, times));
        const few = last.slice(-agreeing);
        if (few.length === agreeing && Math.max(...few) < 1.02 * Math.min(...few)) break;
      }
      const samples: number[] = [];
      for (let i = 0; i < 11; i++) samples.push((await several(body, times)) / times);
      return samples.toSorted((a, b) => a - b)[samples.length >> 1]!;
    },
  };
}
