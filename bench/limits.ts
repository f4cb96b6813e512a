// What the processor gives: loops in 128-bit WebAssembly with nothing around them, which ours is measured beside.

import { readFileSync } from 'node:fs';
import type { Case, Prepared } from './case.ts';
import { device } from '../index.ts';

/** The functions of limits.as.ts. */
interface Loops {
  readonly start: () => void;
  readonly multiplyAdds: (steps: number, to: number) => void;
  readonly copy: (from: number, to: number, bytes: number) => void;
  readonly exps: (from: number, to: number, count: number, times: number) => void;
  readonly erfs: (from: number, to: number, count: number, times: number) => void;
}

const page = 65536;

/** The loops on a memory of their own, in the build that the kernels run in. Its floats are 0.5. */
async function loops(bytes: number): Promise<Loops> {
  const { info } = await device('cpu');
  const { simd } = info as { simd: string };
  const pages = Math.ceil(bytes / page);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: page, shared: true });
  new Float32Array(memory.buffer).fill(0.5);
  const code = readFileSync(new URL(`limits.${simd}.wasm`, import.meta.url));
  const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
  const exports = instance.exports as unknown as Loops;
  exports.start();
  return exports;
}

const large = 16 * 2 ** 20;
const steps = 100_000;
/** Floats that fit into the first cache together with their results. */
const small = 2048;
const times = 64;

function limit(name: string, [amount, unit]: readonly [number, Case['unit']], setup: () => Promise<Prepared>): Case {
  return { name, unit, amount, setup };
}

export const limits: readonly Case[] = [
  limit('FMA loop', [96 * steps, 'GFLOP/s'], async () => {
    const { multiplyAdds } = await loops(page);
    return { run: () => multiplyAdds(steps, 64) };
  }),
  limit('copy of 16 MB', [2 * large, 'GB/s'], async () => {
    const { copy } = await loops(2 * large);
    return { run: () => copy(0, large, large) };
  }),
  limit('exp loop', [small * times, 'G/s'], async () => {
    const { exps } = await loops(2 * page);
    return { run: () => exps(page, page + 4 * small, small, times) };
  }),
  limit('erf loop', [small * times, 'G/s'], async () => {
    const { erfs } = await loops(2 * page);
    return { run: () => erfs(page, page + 4 * small, small, times) };
  }),
];
