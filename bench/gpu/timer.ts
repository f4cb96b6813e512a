// How long the GPU itself takes: timestamps at both ends of a pass.

import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { scope } from '../../index.ts';

/** Milliseconds of work before the first sample. */
const warmUp = 400;

export interface GpuTimer {
  /** Median seconds of one `body`, run `times` in a pass, over several passes. */
  time(body: () => void, times?: number): Promise<number>;
}

export function gpuTimer(runtime: WebgpuRuntime): GpuTimer {
  const { device, commands } = runtime;
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = device.createBuffer({ size: 16, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
  const staging = device.createBuffer({ size: 16, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  const once = async (body: () => void, times: number): Promise<number> => {
    commands.flush();
    commands.passDescriptor = { timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } };
    for (let i = 0; i < times; i++) scope(body);
    commands.flush();
    commands.passDescriptor = undefined;
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x1);
    const [begin, end] = new BigInt64Array(staging.getMappedRange().slice(0));
    staging.unmap();
    return Number(end! - begin!) / 1e9 / times;
  };
  return {
    async time(body, times = 8) {
      // An idle GPU lowers its clock, and takes its time to raise it.
      const start = performance.now();
      while (performance.now() - start < warmUp) {
        for (let i = 0; i < times; i++) scope(body);
        await runtime.finish();
      }
      const samples: number[] = [];
      for (let i = 0; i < 11; i++) samples.push(await once(body, times));
      await runtime.finish();
      return samples.toSorted((a, b) => a - b)[samples.length >> 1]!;
    },
  };
}
