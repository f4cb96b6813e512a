// A thousand training steps end with the bytes they began with: by our count, by the WebAssembly memory and by the process.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { device, memory, type DeviceName } from '../index.ts';
import * as nn from '../nn/index.ts';
import { openGpu } from '../kernels/runtime/webgpu/gpu.ts';
import { WebgpuRuntime } from '../kernels/runtime/webgpu/runtime.ts';
import { registerDevice } from '../tensor/runtime.ts';
import { nextBatch, startTraining, trainingStep } from './network.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is left of the process and of its objects, after the garbage is gone. */
async function bytesLeft(): Promise<{ resident: number; live: number }> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, live: heapUsed + external };
}

/** What a software GPU is too slow for, the backend does that compiles all and runs nothing. */
async function startNull(): Promise<void> {
  registerDevice('webgpu', {
    async start() {
      const gpu = await openGpu(['backend=null']);
      return new WebgpuRuntime(await (await gpu.requestAdapter())!.requestDevice(), {});
    },
  });
  (await device('webgpu')).dispose();
  await device('webgpu');
}

const { isFallback } = (await device('webgpu')).info;
const runs: readonly { title: string; name: DeviceName; steps: number; start?: () => Promise<void> }[] = [
  { title: 'reference', name: 'reference', steps: 50 },
  { title: 'cpu', name: 'cpu', steps: 1000 },
  { title: 'webgpu', name: 'webgpu', steps: isFallback ? 20 : 1000 },
  { title: "webgpu's null backend", name: 'webgpu', steps: 1000, start: startNull },
];

describe.each(runs)('training on $title', ({ name, steps, start }) => {
  beforeAll(() => start?.());

  test(`${steps} steps`, async () => {
    const training = startTraining(name);
    const step = async (): Promise<number> => {
      using loss = trainingStep(training);
      return loss.item();
    };

    const first = await step(); // allocates gradients and optimizer state
    for (let i = 0; i < steps / 10; i++) await step();
    const before = { ...memory()[name]!, ...(await bytesLeft()) };
    let last = 0;
    for (let i = 0; i < steps; i++) last = await step();
    const after = { ...memory()[name]!, ...(await bytesLeft()) };

    expect(after.tensors).toBe(before.tensors);
    expect(after.bytes).toBe(before.bytes);
    expect(after.reserved).toBe(before.reserved);
    expect(after.peak).toBe(before.peak);
    expect(after.live - before.live).toBeLessThan(2 * 2 ** 20);
    // What is alive is the tight bound; the process also has the nursery, which grows in steps of 32 MiB, and compiled code.
    // A software GPU lives in the process too, with what it compiles.
    expect(after.resident - before.resident).toBeLessThan((name === 'webgpu' && isFallback ? 256 : 96) * 2 ** 20);
    expect([first, last].every(Number.isFinite)).toBe(true);
  });

  test('without a scope, layers, backward and optimizers leave only what they return', () => {
    const training = startTraining(name);
    const { network, optimizer } = training;
    const { image, label } = nextBatch(training);
    const live = (): number => memory()[name]!.tensors;
    const step = (): number[] => {
      const start = live();
      const logits = network.forward(image);
      const forward = live() - start;
      const loss = nn.crossEntropy(logits, label);
      const criterion = live() - start - forward;
      loss.backward();
      const gradients = live() - start - forward - criterion;
      optimizer.step();
      const state = live() - start - forward - criterion - gradients;
      optimizer.zeroGrad();
      [logits, loss].forEach((x) => x.dispose());
      return [forward, criterion, gradients, state, live() - start];
    };
    const parameters = [...network.parameters()].length;
    const [forward, criterion, gradients] = step();
    expect([forward, criterion, gradients]).toEqual([1, 1, parameters]);
    expect(step()).toEqual([1, 1, parameters, 0, 0]);
  });
});
