// npm run bench -- gpu: what the WebGPU device reaches on the GPU at hand.

import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { device } from '../../index.ts';
import { benchAttention } from './attention.ts';
import { benchMatmul } from './matmul.ts';
import { benchMemory } from './memory.ts';
import { benchNatMini } from './natMini.ts';
import { benchOperations } from './operations.ts';
import { pytorchSeconds } from './pytorch.ts';
import { gpuTimer } from './timer.ts';

/** Products of matrices that are measured unless others are asked for. */
const squares = /^(4096|2048|1024)³ NN/;

/**
 * Prints what the GPU at hand reaches as WebGPU comes, then with Dawn's unsafe features (float16 and subgroup matrices on some drivers,
 * and no checks of bounds); nothing where there is no GPU.
 *
 * @param only rows whose name matches: `attention nat-mini-s1 float32`, `memory gelu`, `ops softplus`, `ops norms`,
 *   `matmul`, `nat-mini step`
 */
export async function runGpu(only: RegExp): Promise<void> {
  let peers: ReadonlyMap<string, number> | undefined;
  for (const unsafe of [false, true]) {
    const runtime = await open(unsafe);
    if (!runtime) return;
    peers ??= pytorchSeconds();
    const timer = gpuTimer(runtime);
    await benchAttention(timer, 'float32', only);
    const hasHalf = runtime.dtypes.includes('float16');
    if (hasHalf) await benchAttention(timer, 'float16', only);
    if (only.test('matmul')) await benchMatmul(timer, runtime, { only: only.source === '(?:)' ? squares : /./, peers });
    if (!unsafe) await benchMemory(timer, peers, only);
    if (!unsafe) await benchOperations(timer, only);
    if (only.test('nat-mini step') && (!unsafe || hasHalf)) await benchNatMini(runtime);
    runtime.dispose();
  }
}

async function open(unsafe: boolean): Promise<WebgpuRuntime | null> {
  try {
    const runtime = (await device('webgpu', { unsafe })) as WebgpuRuntime;
    console.log(`\n${unsafe ? 'with unsafe features' : 'as WebGPU comes'}: ${JSON.stringify(runtime.info)}`);
    if (!runtime.info['isFallback'] && runtime.device.features.has('timestamp-query')) return runtime;
    console.log('this is no GPU, or one without timestamps: nothing is measured');
    runtime.dispose();
  } catch (error) {
    console.log(`there is no GPU: ${(error as Error).message}`);
  }
  return null;
}
