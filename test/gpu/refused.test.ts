// Everything that a WebGPU device refuses, in its words.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Device, Tensor } from '../../index.ts';
import type { ProgramSource } from '../../kernels/runtime/webgpu/program.ts';
import {
  ArgumentError,
  crossEntropy,
  device,
  DeviceError,
  DtypeError,
  grad,
  memory,
  scope,
  tensor,
  zeros,
} from '../../index.ts';
import { openAdapter } from '../../kernels/runtime/webgpu/adapter.ts';
import { openGpu } from '../../kernels/runtime/webgpu/gpu.ts';
import { launch } from '../../kernels/runtime/webgpu/launch.ts';
import { programText } from '../../kernels/runtime/webgpu/program.ts';
import { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';

const on = { device: 'webgpu' } as const;
beforeEach(() => device('webgpu'));

describe('starting', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test('a page without WebGPU', async () => {
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('process', undefined);
    const opening = openGpu([]);
    vi.unstubAllGlobals();
    await expect(opening).rejects.toThrow(
      'device: this page has no WebGPU (navigator.gpu); try another browser, https, or the cpu device',
    );
    await expect(opening).rejects.toThrow(DeviceError);
  });

  test('a page with WebGPU and without an adapter, and one whose adapter gives no device', async () => {
    const gpu = { requestAdapter: async (): Promise<unknown> => null };
    vi.stubGlobal('navigator', { gpu });
    await expect(openAdapter({})).rejects.toThrow('device: WebGPU found no adapter; ');
    gpu.requestAdapter = async () => ({
      features: new Set(),
      limits: {},
      info: { vendor: 'acme', architecture: '', device: 'gpu 1', description: '' },
      requestDevice: () => Promise.reject(new Error('it is busy')),
    });
    await expect(openAdapter({})).rejects.toThrow('device: the adapter (gpu 1, acme) gives no device: it is busy');
    await expect(openAdapter({})).rejects.toThrow(DeviceError);
  });

  test('features that the adapter lacks, before and after the device runs', async () => {
    const attempt = () => device('webgpu', { features: ['nope'] });
    await expect(attempt()).rejects.toThrow('device: the webgpu device runs already, without nope; dispose() it first');
    (await device('webgpu')).dispose();
    await expect(attempt()).rejects.toThrow(/^device: the adapter \(.+\) has no nope; it has .*timestamp-query/);
    await expect(attempt()).rejects.toMatchObject({ fields: { missing: ['nope'] } });
    const offered = await device('webgpu', { features: ['timestamp-query'] });
    expect(offered.info['features']).toContain('timestamp-query');
    expect(await device('webgpu', { features: ['timestamp-query'] })).toBe(offered);
    await expect(device('webgpu', { unsafe: true })).rejects.toThrow('runs already, without unsafe features');
  });

  test('options that are not known', async () => {
    await expect(device('webgpu', { feature: ['subgroups'] } as object)).rejects.toThrow(
      "device: has no option 'feature'; use features, unsafe",
    );
  });
});

describe('programs', () => {
  const source: ProgramSource = { name: 'halve', buffers: [['x', 'f32', 'write']], workgroupSize: [1], body: '' };
  const run = (key: string, part: Partial<ProgramSource>, x: Tensor) =>
    launch(key, () => ({ ...source, ...part }), [x], [], 1);

  test('one that does not compile is named, with its line, each time it is run; the device goes on', async () => {
    using x = tensor([4], on);
    for (let i = 0; i < 2; i++) {
      run('halve wrong', { body: '  let i = 0u;\n  x[i] = x[i] / 2u;' }, x);
      const reading = x.data();
      await expect(reading).rejects.toThrow(
        /^halve: the WGSL of 'halve' does not compile: line \d+: no matching overload for 'operator \/ \(f32, u32\)'/,
      );
      await expect(reading).rejects.toThrow('\n  x[i] = x[i] / 2u;');
      await expect(reading).rejects.toBeInstanceOf(DeviceError);
      expect(Array.from(await x.data())).toEqual([4]);
    }
    run('halve', { body: '  x[0] = x[0] / 2.0;' }, x);
    expect(Array.from(await x.data())).toEqual([2]);
  });

  test('of two that do not compile the first is told', async () => {
    using x = tensor([4], on);
    run('first wrong', { name: 'first', body: '  one;' }, x);
    run('second wrong', { name: 'second', body: '  two;' }, x);
    await expect(x.data()).rejects.toThrow("first: the WGSL of 'first' does not compile");
    expect(Array.from(await x.data())).toEqual([4]);
  });

  test('one whose workgroups are larger than the device takes', async () => {
    using x = tensor([4], on);
    run('too wide', { workgroupSize: [100_000] }, x);
    await expect(x.data()).rejects.toThrow(/^halve: the WGSL of 'halve' does not compile: .*100000/);
  });

  test.each(['params', 'group', 'lane', 'groups'])('a buffer called %s', (name) => {
    const attempt = () => programText({ ...source, buffers: [[name, 'f32']] });
    expect(attempt).toThrow(
      `halve: a buffer is called '${name}', which every program declares itself; give it another name`,
    );
    expect(attempt).toThrow(ArgumentError);
  });

  test('two buffers of one name, and more parameters than a dispatch is given', () => {
    const twice = ['x', 'f32'] as const;
    expect(() => programText({ ...source, buffers: [twice, twice] })).toThrow("a buffer is called 'x', as another is");
    const params = Array.from({ length: 64 }, (_, i) => [`p${i}`, 'u32'] as const);
    expect(() => programText({ ...source, params })).toThrow(
      'halve: has 64 params beside the offsets of 1 buffers; 64 is the most',
    );
  });
});

describe('tensors', () => {
  test('larger than a buffer is', async () => {
    const { device: gpu } = (await device('webgpu')) as WebgpuRuntime;
    const most = Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize);
    const before = memory()['webgpu']!;
    const attempt = (): unknown => zeros([Math.floor(most / 4) + 1], on);
    const bytes = 4 * (Math.floor(most / 4) + 1);
    // What no array of the host holds is refused earlier.
    expect(attempt).toThrow(
      bytes > 2 ** 32
        ? 'an array holds 4 GiB'
        : `allocate: a tensor of ${bytes} bytes is larger than a WebGPU buffer; this adapter binds at most ${most}`,
    );
    using row = zeros([1, 40_000], on);
    using column = zeros([40_000, 1], on);
    expect(() => row.add(column)).toThrow('allocate: a tensor of 6400000000 bytes is larger than a WebGPU buffer');
    expect(memory()['webgpu']).toMatchObject({ tensors: before.tensors + 2, reserved: before.reserved + 2 * 163_840 });
  });

  test('to read without waiting', async () => {
    using x = tensor([1, 2], on);
    expect(() => x.to('cpu')).toThrow(
      "to: the memory of 'webgpu' cannot be read without waiting; use tensor(await x.data(), { shape: x.shape, device: 'cpu' })",
    );
    expect(x.dataNow()).toBeUndefined();
    using y = tensor(await x.data(), { shape: x.shape, device: 'cpu' });
    expect(await y.array()).toEqual([1, 2]);
  });

  test('of dtypes that it does not store: bytes become integers, halves are refused without shader-f16', async () => {
    using bytes = tensor(Uint8Array.of(0, 7, 255), { device: 'cpu' });
    using moved = bytes.to('webgpu');
    using direct = tensor(Uint8Array.of(0, 7, 255), on);
    for (const x of [moved, direct]) {
      expect(x.dtype).toBe('int32');
      expect(await x.array()).toEqual([0, 7, 255]);
      using real = x.cast('float32');
      expect(await real.array()).toEqual([0, 7, 255]);
    }
    const { dtypes } = (await device('webgpu')) as WebgpuRuntime;
    if (dtypes.includes('float16')) return;
    expect(() => direct.cast('float16')).toThrow(
      "cast: float16 is not stored on 'webgpu'; use one of float32, int32, bool",
    );
    expect(() => zeros([2], { ...on, dtype: 'float16' })).toThrow(DtypeError);
  });

  test('of two devices', () => {
    scope(() => {
      const [x, y] = [tensor([1], on), tensor([2], { device: 'cpu' })];
      expect(() => x.add(y)).toThrow("add: tensors live on 'webgpu' and 'cpu'; move one with .to('webgpu')");
      expect(() => y.matmul(x)).toThrow("matmul: tensors live on 'cpu' and 'webgpu'; move one with .to('cpu')");
    });
  });

  test('with nothing in them are read as nothing', async () => {
    using x = zeros([0, 3], on);
    expect(await x.array()).toEqual([]);
    using none = tensor(new Float32Array(0), on);
    expect((await none.data()).length).toBe(0);
    using sum = scope(() => x.add(1).sum());
    expect(await sum.item()).toBe(0);
  });
});

test('labels that are no class make the loss NaN, and the gradient of their rows; ignored ones do not', async () => {
  const found = scope(() => {
    const logits = tensor(
      [
        [1, 2, 3],
        [3, 2, 1],
        [0, 0, 1],
      ],
      { ...on, requiresGrad: true },
    );
    const target = (labels: number[]): Tensor => tensor(labels, { ...on, dtype: 'int32' });
    const loss = crossEntropy(logits, target([2, 3, -1]), { reduction: 'none' });
    const ignored = crossEntropy(logits, target([2, -100, 0]));
    return { loss, ignored, gradient: grad(loss.sum(), [logits])[0]! };
  });
  const { loss, ignored, gradient } = found;
  const [losses, [first, second, third], value] = [
    await loss.data(),
    (await gradient.array()) as number[][],
    await ignored.item(),
  ];
  expect(Array.from(losses, Number.isFinite)).toEqual([true, false, false]);
  expect(first!.every(Number.isFinite)).toBe(true);
  expect([...second!, ...third!].every(Number.isNaN)).toBe(true);
  expect(value).toBeGreaterThan(0);
});

describe('memory that the device has not', () => {
  /** Dawn's null backend has half a GiB. */
  async function small(): Promise<Device> {
    const gpu = await openGpu(['backend=null']);
    return new WebgpuRuntime(await (await gpu.requestAdapter())!.requestDevice(), {});
  }

  test('is an error of the next read, once; when tensors are freed the device goes on', async () => {
    const where = (await small()) as WebgpuRuntime;
    const eighth = 2 ** 25;
    const make = (): Tensor => zeros([eighth - 8], { device: where });
    const one = async (x: Tensor): Promise<number> => {
      using first = x.slice({ axis: 0, start: 0, end: 1 });
      return first.item();
    };
    const many = Array.from({ length: 6 }, make);
    const error = await one(many[5]!).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as Error).message).toMatch(
      /^allocate: no memory for a tensor of 134217696 bytes beside \d+ that are taken \(.*[Oo]ut of memory.*\); free tensors/,
    );
    const { reserved } = (error as DeviceError).fields as { reserved: number };
    const fitting = reserved / 2 ** 27;
    expect(fitting).toBeGreaterThanOrEqual(2);
    expect(await one(many[0]!)).toBeTypeOf('number');
    expect(where.reserved() - reserved).toBeLessThan(2 ** 20);

    many.forEach((x) => x.dispose());
    const again = Array.from({ length: fitting }, make); // no buffer that was refused comes again
    for (const x of again) expect(await one(x)).toBeTypeOf('number');
    where.dispose();
  });
});
