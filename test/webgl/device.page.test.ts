// What the WebGL device says of itself, of what it has not, and when it is lost.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Op } from '../../index.ts';
import { defineOp, device, manualSeed, memory, tensor, zeros } from '../../index.ts';
import { openWebgl } from '../../kernels/runtime/webgl/gpuJs.ts';
import { slowerThan } from '../../kernels/runtime/webgl/probe.ts';
import { WebglRuntime } from '../../kernels/runtime/webgl/runtime.ts';
import { Generator } from '../../tensor/philox.ts';
import { expectClose } from '../close.ts';
import { startTraining, trainingStep } from '../network.ts';

let webgl: WebglRuntime;
beforeEach(async () => {
  webgl = (await device('webgl')) as WebglRuntime;
});
afterEach(() => {
  vi.restoreAllMocks();
  webgl.dispose();
});

/** How the device fails to start now. */
async function refusal(): Promise<string> {
  webgl.dispose();
  return device('webgl').then(
    () => 'it starts',
    (error: Error) => error.message,
  );
}

test('it says which mode runs on what, and what a tensor may be', () => {
  expect(webgl.info).toMatchObject({ mode: 'webgl2', largestTexture: expect.any(Number) });
  expect(String(webgl.info['adapter'])).not.toBe('');
  expect(webgl.dtypes).toEqual(['float32', 'int32', 'bool']);
});

test('without WebGL2', async () => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  expect(await refusal()).toMatch('device: WebGL2 is not to be had here; this browser or its driver has none');
});

test('without floating point render targets', async () => {
  vi.spyOn(WebGL2RenderingContext.prototype, 'getExtension').mockReturnValue(null);
  expect(await refusal()).toMatch('cannot render to floating point textures (EXT_color_buffer_float)');
});

test('without gpu.js, and with another major version of it', async () => {
  await expect(openWebgl(() => Promise.reject(new Error('not found')))).rejects.toThrow(
    'device: the package gpu.js could not be loaded (not found); the webgl device needs it: npm install gpu.js@2',
  );
  class Later {
    createKernel(): () => Promise<number> {
      return () => Promise.resolve(1);
    }
  }
  await expect(openWebgl(async () => ({ GPU: Later }))).rejects.toThrow('this gpu.js is not of version 2');
});

test('auto takes the next device, and says why', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null);
  webgl.dispose();
  const auto = await device('auto');
  expect(auto.name).toBe('cpu');
  expect(auto.info['skipped']).toMatchObject({ webgl: expect.stringContaining('WebGL2 is not to be had here') });
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("'cpu', not 'webgl'"));
});

test('auto measures: on a software driver the cpu wins', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null);
  const auto = await device('auto');
  const isSoftware = /swiftshader|llvmpipe/i.test(String(webgl.info['adapter']));
  if (auto.name === 'cpu') {
    const { webgl: reason } = auto.info['skipped'] as Record<string, string>;
    expect(reason).toMatch(/^device: a small training step takes [\d.]+ ms on it, and [\d.]+ ms on the cpu$/);
    expect(warn).toHaveBeenCalledWith(`vicinal: 'cpu', not 'webgl': ${reason}`);
    expect(await slowerThan(webgl, auto)).toBeNull(); // the other way round there is nothing to object
  }
  expect(auto.name === 'cpu' || !isSoftware).toBe(true);
});

test('tensors beyond what the largest texture holds', async () => {
  const opened = await openWebgl();
  const small = new WebglRuntime({ ...opened, info: { ...opened.info, largestTexture: 64 } });
  expect(small.allocate('float32', 64 * 64)).toMatchObject({ length: 64 * 64 });
  expect(() => small.allocate('float32', 64 * 64 + 1)).toThrow(
    'a tensor of 4097 elements is too large for webgl, which takes 4096; use cpu or webgpu',
  );
  small.dispose();
});

test('an op without a kernel, a tensor beyond the limit, and integers beyond 2^24', () => {
  const on = { device: webgl };
  const twice: Op<['x']> = defineOp({
    name: 'twice',
    inputs: ['x'],
    shape: ({ x }) => x,
    reference: ({ x }) => ({ shape: x.shape, data: Float64Array.from(x.data, (v) => 2 * v) }),
    backward: ({ grads: [g] }) => ({ x: g.mul(2) }),
    samples: [{ x: [3] }],
  });
  expect(() => twice(tensor([3, 1], on))).toThrow("twice: has no kernel for 'webgl'");
  expect(() => zeros([4097, 4097], on)).toThrow('a tensor of 16785409 elements is too large for webgl');
  expect(() => tensor([1, 2 ** 24 + 1], { ...on, dtype: 'int32' })).toThrow('int32 16777217 has no place on webgl');
});

test('lines that are cut into parts: what merges them sees what the parts saw', async () => {
  const values = new Generator(4).normal(2 * 3000);
  const read = async (name: 'cpu' | 'webgl'): Promise<Float32Array[]> => {
    const x = tensor(values, { shape: [2, 3000], device: name });
    const ways = [x.softmax(), x.logsumexp({ axis: 1 }), x.variance({ axis: 1 }), x.norm({ axis: 1, p: 3 })];
    return (await Promise.all(ways.map((y) => y.data()))) as Float32Array[];
  };
  const [got, want] = [await read('webgl'), await read('cpu')];
  want.forEach((y, way) => expectClose(`way ${way}`, got[way]!, y, { atol: 1e-6, rtol: 1e-4 }));
});

test('a lost context: reads and ops say so, and the name starts another', async () => {
  const x = tensor([1, 2, 3], { device: webgl });
  const waiting = x.add(1).data();
  webgl.gl.getExtension('WEBGL_lose_context')!.loseContext();
  await expect(waiting.then(() => x.data())).rejects.toThrow(
    'the webgl device was lost (its WebGL context), and with it',
  );
  expect(() => x.add(1)).toThrow('was lost');
  webgl = (await device('webgl')) as WebglRuntime;
  expect(await tensor([1, 2], { device: webgl }).add(1).array()).toEqual([2, 3]);
});

test('parts of a buffer are written and read', async () => {
  const x = zeros([3, 5], { device: webgl });
  const runtime = x.storage.runtime;
  runtime.write(x.storage.handle, 'float32', 4, Float32Array.of(1, 2, 3));
  expect(Array.from(await x.data())).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(await x.at(1).array()).toEqual([2, 3, 0, 0, 0]);
});

test('training loses as on the cpu, and ends with the bytes it began with', async () => {
  const losses = async (name: 'cpu' | 'webgl'): Promise<number[]> => {
    manualSeed(0);
    const training = startTraining(name);
    const found: number[] = [];
    const step = async (): Promise<void> => {
      using loss = trainingStep(training);
      found.push(await loss.item());
    };
    await step();
    await step();
    const before = memory()[name]!;
    for (let i = 0; i < 10; i++) await step();
    const after = memory()[name]!;
    expect([after.tensors, after.bytes, after.reserved]).toEqual([before.tensors, before.bytes, before.reserved]);
    return found;
  };
  const want = await losses('cpu');
  (await losses('webgl')).forEach((loss, i) => expect(loss).toBeCloseTo(want[i]!, 3));
});
