// Operations that do little but move numbers, beside a copy of the device and PyTorch's.

import type { GpuTimer } from './timer.ts';
import { randn } from '../../index.ts';
import * as kernels from '../../kernels/index.ts';
import { cells } from './cells.ts';

const rows = 65536;

/** Prints TB/s of 256 MB that are read and 256 MB that are written. `peers`: seconds of PyTorch. */
export async function benchMemory(timer: GpuTimer, peers: ReadonlyMap<string, number>, only: RegExp): Promise<void> {
  const x = randn([rows, 1024], { device: 'webgpu' });
  const [weight, bias] = [randn([1024], { device: 'webgpu' }), randn([1024], { device: 'webgpu' })];
  const bodies: Record<string, () => void> = {
    copy: () => void kernels.contiguous(x),
    add: () => void x.add(1),
    gelu: () => void x.gelu(),
    softmax: () => void x.softmax(),
    layerNorm: () => void kernels.layerNorm(x, weight, bias),
  };
  const bytes = 8 * x.size;
  const chosen = Object.entries(bodies).filter(([name]) => name === 'copy' || only.test(`memory ${name}`));
  if (chosen.some(([name]) => only.test(`memory ${name}`))) {
    console.log(`\n${'256 MB, TB/s'.padEnd(24)}${cells(['ours', '÷ copy', 'PyTorch', 'times'])}`);
    const seconds = await timer.time(Object.fromEntries(chosen));
    for (const [name, taken] of Object.entries(seconds)) {
      const peer = peers.get(name);
      const beside = peer === undefined ? [] : [bytes / peer / 1e12, peer / taken];
      console.log(name.padEnd(24) + cells([bytes / taken / 1e12, seconds['copy']! / taken, ...beside]));
    }
  }
  for (const tensor of [x, weight, bias]) tensor.dispose();
}
