// How long the GPU itself takes, once its clock is up.

import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { scope } from '../../index.ts';

/** Milliseconds of work before the first sample. */
const warmUp = 400;

export interface GpuTimer {
  /** Median seconds of one `body`, run `times` at a time, over several samples. */
  time(body: () => void, times?: number): Promise<number>;
}

export function gpuTimer(runtime: WebgpuRuntime): GpuTimer {
  return {
    async time(body, times = 8) {
      const several = (): void => {
        for (let i = 0; i < times; i++) scope(body);
      };
      // An idle GPU lowers its clock, and takes its time to raise it.
      const start = performance.now();
      while (performance.now() - start < warmUp) {
        several();
        await runtime.finish();
      }
      const samples: number[] = [];
      for (let i = 0; i < 11; i++) samples.push((await runtime.secondsOf(several)) / times);
      return samples.toSorted((a, b) => a - b)[samples.length >> 1]!;
    },
  };
}
