// What a piece of work asks of the GPU: every dispatch, by program.

import type { Block } from '../../kernels/runtime/webgpu/pool.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import type { Commands } from '../../kernels/runtime/webgpu/commands.ts';
import { Program } from '../../kernels/runtime/webgpu/program.ts';

export interface Dispatch {
  /** The program's name, the op's or the part of it. */
  readonly name: string;
  /** Bytes of all buffers that it binds. A view counts as the whole: what is moved is at most this, unless it is read twice. */
  readonly bytes: number;
}

/** The dispatches of `body`, in order. */
export function traceDispatches({ commands }: WebgpuRuntime, body: () => void): Dispatch[] {
  const found: Dispatch[] = [];
  let bytes = 0;
  const ofProgram = Program.prototype as {
    group: (this: Program, ...given: Parameters<Program['group']>) => GPUBindGroup;
  };
  const group = ofProgram.group;
  ofProgram.group = function (device, parameters, blocks: readonly Block[]) {
    bytes = blocks.reduce((sum, block) => sum + block.bytes, 0);
    return group.call(this, device, parameters, blocks);
  };
  const dispatch = commands.dispatch.bind(commands);
  commands.dispatch = (program, ...rest: Tail<Parameters<Commands['dispatch']>>) => {
    found.push({ name: program.name, bytes });
    dispatch(program, ...rest);
  };
  try {
    body();
  } finally {
    ofProgram.group = group;
    commands.dispatch = dispatch;
  }
  return found;
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;

/** Of one measurement, two for each dispatch: what a set of queries holds. */
const mostQueries = 4096;

/** GPU milliseconds of each dispatch of `body`, in order: each in a pass of its own, which costs it a little. */
export async function timeDispatches(runtime: WebgpuRuntime, body: () => void): Promise<number[]> {
  const { device, commands } = runtime;
  const querySet = device.createQuerySet({ type: 'timestamp', count: mostQueries });
  const resolved = device.createBuffer({ size: mostQueries * 8, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
  const staging = device.createBuffer({ size: mostQueries * 8, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  let passes = 0;
  const dispatch = commands.dispatch.bind(commands);
  commands.dispatch = (...given) => {
    commands.flush();
    dispatch(...given);
  };
  commands.describePass = () => {
    if (2 * passes === mostQueries) throw new Error(`more than ${mostQueries / 2} dispatches to time`);
    const [beginningOfPassWriteIndex, endOfPassWriteIndex] = [2 * passes, 2 * passes++ + 1];
    return { timestampWrites: { querySet, beginningOfPassWriteIndex, endOfPassWriteIndex } };
  };
  try {
    body();
    commands.flush();
  } finally {
    commands.dispatch = dispatch;
    commands.describePass = undefined;
  }
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16 * passes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(0x1);
  const times = new BigInt64Array(staging.getMappedRange().slice(0, 16 * passes));
  for (const thing of [querySet, resolved, staging]) thing.destroy();
  return Array.from({ length: passes }, (_, i) => Number(times[2 * i + 1]! - times[2 * i]!) / 1e6);
}

/** Count, megabytes and milliseconds of each program, the slowest or else the largest first. */
export function dispatchTable(dispatches: readonly Dispatch[], times: readonly number[] = []): string {
  const sums = new Map<string, { count: number; bytes: number; ms: number }>();
  dispatches.forEach(({ name, bytes }, i) => {
    const sum = sums.get(name) ?? { count: 0, bytes: 0, ms: 0 };
    sums.set(name, { count: sum.count + 1, bytes: sum.bytes + bytes, ms: sum.ms + (times[i] ?? 0) });
  });
  const rows = [...sums].toSorted(([, a], [, b]) => b.ms - a.ms || b.bytes - a.bytes);
  const line = (name: string, ...cells: readonly (string | number)[]): string =>
    name.padEnd(52) + cells.map((cell) => String(cell).padStart(10)).join('');
  return [
    line('program', 'times', 'MB bound', 'ms'),
    ...rows.map(([name, { count, bytes, ms }]) => line(name, count, (bytes / 1e6).toFixed(1), ms.toFixed(3))),
  ].join('\n');
}
