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

/** Count and megabytes of each program, the largest first. */
export function dispatchTable(dispatches: readonly Dispatch[]): string {
  const sums = new Map<string, { count: number; bytes: number }>();
  for (const { name, bytes } of dispatches) {
    const sum = sums.get(name) ?? { count: 0, bytes: 0 };
    sums.set(name, { count: sum.count + 1, bytes: sum.bytes + bytes });
  }
  const rows = [...sums].toSorted(([, a], [, b]) => b.bytes - a.bytes);
  const line = (name: string, count: string | number, megabytes: string): string =>
    `${name.padEnd(44)} ${String(count).padStart(5)} ${megabytes.padStart(10)}`;
  return [
    line('program', 'times', 'MB bound'),
    ...rows.map(([name, { count, bytes }]) => line(name, count, (bytes / 1e6).toFixed(1))),
  ].join('\n');
}
