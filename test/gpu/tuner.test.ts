// The auto-tuner and the profiler on WebGPU.

import { afterEach, expect, test, vi } from 'vitest';
import { autotune, device, disableAutotuner, memory, na1d, randn, scope, useAutotuner } from '../../index.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { tunedTiles } from '../../kernels/neighborhood/tuner/tuner.ts';
import { profileCommand } from '../../bin/profile.ts';
import type { Where } from './alike.ts';

const runtime = (await device('webgpu')) as WebgpuRuntime;

afterEach(disableAutotuner);

const shape = [1, 8, 1, 16];
const rules = { kernelSize: 3 };
const ask = (requiresGrad = false, device: Where = 'webgpu'): object =>
  scope(() => {
    const x = randn(shape, { device, requiresGrad });
    return tunedTiles({ query: x, key: x, value: x }, rules);
  });

test('times what a body met, and calls that follow use it', async () => {
  useAutotuner({ cache: false, warmupSteps: 0, steps: 1, backward: false });
  expect(ask()).toEqual({}); // a call cannot wait
  const before = memory()['webgpu']!;
  const timed = vi.spyOn(runtime, 'secondsOf');
  const body = (): string => {
    const q = randn(shape, { device: 'webgpu' });
    na1d(q, q, q, { ...rules, implementation: 'fused' });
    return 'its result';
  };
  expect(await autotune(body)).toBe('its result');
  const [first] = [timed.mock.calls.length];
  expect(first).toBeGreaterThan(8); // the own cut and three pairs, several samples of each
  expect(Object.keys(ask())).toEqual(['queryTileSize', 'keyTileSize']);
  await autotune(body);
  expect(timed.mock.calls.length).toBe(first);
  timed.mockRestore();
  const { tensors, bytes } = memory()['webgpu']!;
  expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
});

test('of backward too, on the cpu as ever, and not while it is off', async () => {
  useAutotuner({ cache: false, warmupSteps: 0, steps: 1, forward: false });
  await autotune(() => {
    const x = randn([1, 6, 1, 4], { device: 'webgpu', requiresGrad: true });
    na1d(x, x, x, { ...rules, implementation: 'fused' });
    // Head dim 4 has no tiles there, so that the kernels' own cut is the fastest.
  });
  const tuned = scope(() => {
    const x = randn([1, 6, 1, 4], { device: 'webgpu', requiresGrad: true });
    return tunedTiles({ query: x, key: x, value: x }, rules);
  });
  expect(tuned).toEqual({ backwardQueryTileSize: null, backwardKeyTileSize: null, numSplitsKey: null });
  expect(Object.keys(ask(true, 'cpu'))).toEqual(['backwardQueryTileSize', 'backwardKeyTileSize', 'numSplitsKey']);
  disableAutotuner();
  await expect(autotune(() => undefined)).rejects.toThrow('autotune: the auto-tuner is off; call useAutotuner() first');
});

test('vicinal profile times kernels by the clock of the GPU', async () => {
  const lines: string[] = [];
  const timed = vi.spyOn(runtime, 'secondsOf');
  const line = '-i 9 8 -w 3 -d 4 --add-kv 2 --backprop --optimize --device webgpu --warmup-steps 0 --steps 2';
  await profileCommand([...line.split(' '), '--optimize-warmup-steps', '0'], (text) => lines.push(text));
  const kernels = ['Forward', 'BackwardQuery', 'BackwardKey'].map((name) => `neighborhoodAttention${name}`);
  for (const name of [...kernels, 'attentionBackwardKey (additional)', "the kernel's own"])
    expect(lines.join('\n')).toContain(name);
  expect(timed.mock.calls.length).toBeGreaterThan(5 * 2);
  timed.mockRestore();
});
