// Single operations on 256 MB, beside the device's own copy of them.

import type { Tensor } from '../../index.ts';
import type { GpuTimer } from './timer.ts';
import { randn, scope } from '../../index.ts';
import * as kernels from '../../kernels/index.ts';
import { families } from '../families.ts';
import { cells } from './cells.ts';

const [rows, columns] = [65536, 1024];
/** Numbers that are drawn on the host; a larger tensor holds them several times. */
const drawn = 2 ** 20;

function draw(shape: readonly number[], scale: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return scope(() => {
    const numbers = randn([Math.min(size, drawn)], { device: 'webgpu' }).mul(scale);
    const copies = numbers.expand([size / numbers.size, numbers.size]);
    return copies.contiguous().reshape([...shape]);
  }).keep();
}

/** Prints TB/s that the operations whose `ops name` or `ops family` matches read and write. */
export async function benchOperations(timer: GpuTimer, only: RegExp): Promise<void> {
  // An expression that speaks of other rows alone: nothing is made.
  if (!only.test('ops') && !only.source.includes('ops')) return;
  const x = draw([rows, columns], 1);
  for (const [family, entries] of Object.entries(families({ rows, columns, draw, boolBytes: 4 }))) {
    const chosen = entries.filter(([name]) => only.test(`ops ${name}`) || only.test(`ops ${family}`));
    if (chosen.length === 0) continue;
    const timed = chosen.map(([name, , run]) => [name, () => void run()] as const);
    const seconds: Readonly<Record<string, number>> = await timer.time({
      copy: () => void kernels.contiguous(x),
      ...Object.fromEntries(timed),
    });
    const copied = (8 * x.size) / seconds['copy']!;
    console.log(`\n${`ops ${family}`.padEnd(28)}${cells(['TB/s', '÷ copy'])}`);
    console.log('copy'.padEnd(28) + cells([copied / 1e12, 1]));
    for (const [name, bytes] of chosen) {
      const rate = (bytes * x.size) / seconds[name]!;
      console.log(name.padEnd(28) + cells([rate / 1e12, rate / copied]));
    }
  }
}
