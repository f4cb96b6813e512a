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
  let copy = 0;
  const chosen = Object.entries(bodies).filter(([name]) => only.test(`memory ${name}`));
  if (chosen.length > 0) console.log(`\n${'256 MB, TB/s'.padEnd(24)}${cells(['ours', '÷ copy', 'PyTorch', 'times'])}`);
  for (const [name, body] of chosen) {
    const speed = bytes / (await timer.time(body)) / 1e12;
    if (name === 'copy') copy = speed;
    const peer = peers.get(name);
    const beside = peer === undefined ? [] : [bytes / peer / 1e12, (speed * peer * 1e12) / bytes];
    console.log(name.padEnd(24) + cells([speed, copy === 0 ? '-' : speed / copy, ...beside]));
  }
  for (const tensor of [x, weight, bias]) tensor.dispose();
}
