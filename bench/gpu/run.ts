// npm run bench -- gpu: what the WebGPU device reaches on the GPU at hand.

import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import type { GpuTimer } from './timer.ts';
import { device, randn } from '../../index.ts';
import * as kernels from '../../kernels/index.ts';
import { benchNatMini } from './natMini.ts';
import { gpuTimer } from './timer.ts';

/** NATTEN 0.21.7 on an H200, float32, milliseconds: what ours are set beside. */
const attentions = [
  ['nat-mini-s1', [64, 56, 56, 2, 32], [7, 7], 0.996, 5.815],
  ['nat-mini-s3', [64, 14, 14, 8, 32], [7, 7], 0.3, 1.289],
  ['2d-128-k13', [8, 128, 128, 4, 32], [13, 13], 2.504, 8.33],
  ['2d-64-d64-k17', [8, 64, 64, 8, 64], [17, 17], 1.771, 5.805],
  ['1d-32k-w2k', [1, 32768, 8, 128], [2048], 8.461, 22.126],
  ['2d-flux-k80', [1, 256, 256, 4, 128], [80, 80], 43.687, 149.05],
  ['1d-16k-w255-d64', [2, 16384, 8, 64], [255], 0.694, 1.697],
  ['3d-16-k7', [4, 16, 32, 32, 4, 32], [7, 7, 7], 3.495, 13.843],
] as const;

const digits = (x: number): string => x.toFixed(x < 1 ? 3 : x < 100 ? 2 : 0).padStart(9);

async function benchAttention(timer: GpuTimer, only: RegExp): Promise<void> {
  console.log('\nattention, float32, ms        forward    TF/s  NATTEN  times    dQ     dK dV   TF/s  NATTEN  times');
  for (const [name, shape, kernelSize, nattenForward, nattenBackward] of attentions) {
    if (!only.test(name)) continue;
    const make = () => randn([...shape], { device: 'webgpu' });
    const [q, k, v, g] = [make(), make(), make(), make()];
    const problem = { kernelSize };
    const [output, logsumexp] = kernels.neighborhoodAttentionForward(q, k, v, undefined, undefined, undefined, problem);
    const delta = kernels.attentionDelta(output, g);
    const saved = [q, k, v, g, logsumexp, delta] as const;
    const none = undefined;
    const times = shape.length === 4 || kernelSize[0] === 80 ? 1 : 8;
    const forward = await timer.time(
      () => void kernels.neighborhoodAttentionForward(q, k, v, none, none, none, problem),
      times,
    );
    const query = await timer.time(
      () => void kernels.neighborhoodAttentionBackwardQuery(...saved, none, none, none, problem),
      times,
    );
    const key = await timer.time(() => void kernels.neighborhoodAttentionBackwardKey(...saved, none, problem), times);
    const deltas = await timer.time(() => void kernels.attentionDelta(output, g), times);
    const pairs = [...shape.slice(0, -1), ...kernelSize].reduce((a: number, b) => a * b, 1);
    const flops = 4 * pairs * shape.at(-1)!;
    const backward = query + key + deltas;
    const ms = [forward * 1e3, flops / forward / 1e12, nattenForward, nattenForward / (forward * 1e3)];
    const back = [
      query * 1e3,
      key * 1e3,
      (2.5 * flops) / backward / 1e12,
      nattenBackward,
      nattenBackward / (backward * 1e3),
    ];
    console.log(name.padEnd(26), [...ms, ...back].map(digits).join(''));
    for (const x of [q, k, v, g, output, logsumexp, delta]) x.dispose();
  }
}

async function benchMemory(timer: GpuTimer): Promise<void> {
  const rows = 65536;
  const x = randn([rows, 1024], { device: 'webgpu' });
  const [weight, bias] = [randn([1024], { device: 'webgpu' }), randn([1024], { device: 'webgpu' })];
  const bytes = 8 * x.size;
  const bodies: Record<string, () => void> = {
    copy: () => void kernels.contiguous(x),
    add: () => void x.add(1),
    gelu: () => void x.gelu(),
    softmax: () => void x.softmax(),
    layerNorm: () => void kernels.layerNorm(x, weight, bias),
    sum: () => void x.sum({ axis: -1 }),
  };
  console.log('\n256 MB, GB/s');
  for (const [name, body] of Object.entries(bodies)) {
    console.log(name.padEnd(26), digits(bytes / (await timer.time(body)) / 1e9));
  }
}

async function benchMatmul(timer: GpuTimer): Promise<void> {
  console.log('\nmatmul, TF/s');
  for (const n of [512, 1024, 2048, 4096]) {
    const [a, b] = [randn([n, n], { device: 'webgpu' }), randn([n, n], { device: 'webgpu' })];
    const seconds = await timer.time(() => void a.matmul(b));
    console.log(String(n).padEnd(26), digits((2 * n ** 3) / seconds / 1e12));
    a.dispose();
    b.dispose();
  }
}

/**
 * Prints what the GPU at hand reaches, and nothing where there is none.
 *
 * @param only rows whose name matches
 */
export async function runGpu(only: RegExp): Promise<void> {
  const runtime = await open();
  if (!runtime) return;
  const timer = gpuTimer(runtime);
  if (only.test('matmul')) await benchMatmul(timer);
  if (only.test('memory')) await benchMemory(timer);
  await benchAttention(timer, only);
  if (only.test('nat-mini step')) await benchNatMini(runtime);
  runtime.dispose();
}

async function open(): Promise<WebgpuRuntime | null> {
  try {
    const runtime = (await device('webgpu')) as WebgpuRuntime;
    console.log(JSON.stringify(runtime.info));
    if (!runtime.info['isFallback'] && runtime.device.features.has('timestamp-query')) return runtime;
    console.log('this is no GPU, or one without timestamps: nothing is measured');
    runtime.dispose();
  } catch (error) {
    console.log(`there is no GPU: ${(error as Error).message}`);
  }
  return null;
}
