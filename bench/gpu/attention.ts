// Fused neighborhood attention on the WebGPU device, beside NATTEN's kernels on an H200.

import type { Tensor } from '../../index.ts';
import type { GpuTimer } from './timer.ts';
import { randn } from '../../index.ts';
import * as kernels from '../../kernels/index.ts';
import { cells } from './cells.ts';

type Half = 'float32' | 'float16';
type Times = Readonly<Record<Half, readonly [forward: number, backward: number]>>;

/** Shapes [B, *X, heads, D], windows, and milliseconds of NATTEN 0.21.7: float32, and the best of its kernels in float16. */
const problems: readonly (readonly [name: string, shape: readonly number[], kernelSize: readonly number[], Times])[] = [
  ['nat-mini-s1', [64, 56, 56, 2, 32], [7, 7], { float32: [0.996, 5.815], float16: [0.351, 1.435] }],
  ['nat-mini-s3', [64, 14, 14, 8, 32], [7, 7], { float32: [0.3, 1.289], float16: [0.144, 0.585] }],
  ['2d-128-k13', [8, 128, 128, 4, 32], [13, 13], { float32: [2.504, 8.33], float16: [0.675, 1.461] }],
  ['2d-64-d64-k17', [8, 64, 64, 8, 64], [17, 17], { float32: [1.771, 5.805], float16: [0.553, 2.083] }],
  ['3d-16-k7', [4, 16, 32, 32, 4, 32], [7, 7, 7], { float32: [3.495, 13.843], float16: [1.326, 1.832] }],
  ['1d-16k-w255-d64', [2, 16384, 8, 64], [255], { float32: [0.694, 1.697], float16: [0.196, 0.628] }],
  ['1d-32k-w2k', [1, 32768, 8, 128], [2048], { float32: [8.461, 22.126], float16: [1.207, 3.052] }],
  ['2d-flux-k80', [1, 256, 256, 4, 128], [80, 80], { float32: [43.687, 149.05], float16: [3.021, 10.661] }],
  ['3d-hunyuan', [1, 30, 48, 80, 4, 128], [18, 24, 24], { float32: [207.729, 862.729], float16: [12.802, 44.195] }],
];

/** Prints a row for each problem: forward, the parts of backward and their sum, each pass beside NATTEN's. */
export async function benchAttention(timer: GpuTimer, dtype: Half, only: RegExp): Promise<void> {
  const chosen = problems.filter(([name]) => only.test(`attention ${name} ${dtype}`));
  if (chosen.length === 0) return;
  const heads = ['forward', 'TF/s', 'NATTEN', 'times', 'dQ', 'dK dV', 'delta', 'backward', 'TF/s', 'NATTEN', 'times'];
  console.log(`\n${`attention, ${dtype}, ms`.padEnd(24)}${cells(heads)}`);
  for (const [name, shape, kernelSize, natten] of chosen) {
    const seconds = await measure(timer, dtype, shape, kernelSize);
    const [forward, query, key, delta] = [seconds.forward, seconds.query, seconds.key, seconds.delta].map(
      (s) => 1e3 * s,
    ) as [number, number, number, number];
    const pairs = [...shape.slice(0, -1), ...kernelSize].reduce((a, b) => a * b, 1);
    const flops = 4 * pairs * shape.at(-1)!;
    const backward = query + key + delta;
    const [theirForward, theirBackward] = natten[dtype];
    const beside = (ms: number, work: number, theirs: number): number[] => [work / ms / 1e9, theirs, theirs / ms];
    const row = [
      forward,
      ...beside(forward, flops, theirForward),
      query,
      key,
      delta,
      backward,
      ...beside(backward, 2.5 * flops, theirBackward),
    ];
    console.log(name.padEnd(24) + cells(row));
  }
}

/** Seconds of each operation. */
async function measure(
  timer: GpuTimer,
  dtype: Half,
  shape: readonly number[],
  kernelSize: readonly number[],
): Promise<Record<'forward' | 'query' | 'key' | 'delta', number>> {
  const make = (): Tensor => {
    const x = randn([...shape], { device: 'webgpu' });
    if (dtype === 'float32') return x;
    const half = x.cast(dtype);
    x.dispose();
    return half;
  };
  const [q, k, v, g] = [make(), make(), make(), make()];
  const problem = { kernelSize };
  const none = undefined;
  const [output, logsumexp] = kernels.neighborhoodAttentionForward(q, k, v, none, none, none, problem);
  const deltas = kernels.attentionDelta(output, g);
  const saved = [q, k, v, g, logsumexp, deltas] as const;
  const seconds = await timer.time({
    forward: () => void kernels.neighborhoodAttentionForward(q, k, v, none, none, none, problem),
    query: () => void kernels.neighborhoodAttentionBackwardQuery(...saved, none, none, none, problem),
    key: () => void kernels.neighborhoodAttentionBackwardKey(...saved, none, problem),
    delta: () => void kernels.attentionDelta(output, g),
  });
  for (const x of [...saved, output]) x.dispose();
  return seconds;
}
