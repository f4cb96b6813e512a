import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { pointer } from '../../../kernels/runtime/cpu/launch.ts';
import { unshared } from '../../../kernels/runtime/cpu/memory.ts';
import { cpu } from '../../../kernels/runtime/cpu/runtime.ts';
import { DisposedError, DtypeError } from '../../../tensor/errors.ts';
import { Tensor } from '../../../tensor/tensor.ts';
import { compileTestKernels } from './testKernels.ts';

describe('the cpu device', () => {
  let device = cpu.startNow!();
  afterEach(() => {
    device.dispose();
    device = cpu.startNow!();
  });

  it('writes, fills and reads every dtype at an offset, as copies', async () => {
    for (const dtype of device.dtypes) {
      const buffer = device.allocate(dtype, 5);
      device.fill(buffer, dtype, 5, 1);
      device.write(buffer, dtype, 2, new Uint8Array([0, 3]));
      const read = device.readNow!(buffer, dtype, 1, 4);
      expect([...read]).toEqual([1, 0, 3, 1]);
      expect(read.buffer).toBeInstanceOf(ArrayBuffer);
      const pending = device.read(buffer, dtype, 0, 3);
      device.fill(buffer, dtype, 5, 7);
      device.free(buffer, dtype, 5);
      expect([...(await pending)]).toEqual([1, 1, 0]);
    }
  });

  it('has buffers of no elements', () => {
    const buffer = device.allocate('float32', 0);
    expect(device.readNow!(buffer, 'float32', 0, 0)).toHaveLength(0);
    device.free(buffer, 'float32', 0);
  });

  it('sees old buffers after the memory grew', () => {
    const small = device.allocate('int32', 2);
    device.write(small, 'int32', 0, new Int32Array([5, -6]));
    const before = device.reserved();
    const large = device.allocate('float32', before);
    expect(device.reserved()).toBeGreaterThan(before);
    device.write(large, 'float32', before - 1, new Float32Array([1.5]));
    expect([...device.readNow!(small, 'int32', 0, 2)]).toEqual([5, -6]);
    expect([...device.readNow!(large, 'float32', before - 1, 1)]).toEqual([1.5]);
  });

  it('refuses dtypes that it does not have, and to go on when it was ended', () => {
    expect(() => device.fill(0, 'float64', 1, 0)).toThrow(DtypeError);
    const old = Tensor.empty(device, 'float32', [3]);
    expect(pointer(old) % 64).toBe(0);
    device.dispose();
    device.dispose();
    expect(() => device.allocate('float32', 1)).toThrow(DisposedError);
    expect(() => device.readNow!(old.storage.handle, 'float32', 0, 1)).toThrow('read: the cpu device was ended');
    expect(() => pointer(old)).toThrow(DisposedError);
    old.dispose();
  });

  it('says what it found', () => {
    expect(device.info).toMatchObject({ sharedMemory: true, threadsFailure: null });
    expect(['base', 'relaxed']).toContain(device.info['simd']);
    expect(device.info['threads']).toBeGreaterThanOrEqual(1);
  });
});

describe('unshared', () => {
  const source = readFileSync(new URL('./launch.as.ts', import.meta.url), 'utf8');

  it('changes one byte of a real module, which then takes unshared memory', async () => {
    const shared = await compileTestKernels(source);
    const patched = unshared(shared);
    expect(patched.filter((byte, i) => byte !== shared[i])).toHaveLength(1);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    expect(new WebAssembly.Instance(new WebAssembly.Module(patched), { env: { memory } }).exports).toHaveProperty(
      'count',
    );
    expect(() => unshared(patched)).toThrow('flags 1 where 3 was built');
    expect(() => unshared(shared.slice(0, 8))).toThrow('imports no memory');
  });

  it('finds the memory behind imports of every other kind', () => {
    const name = [1, 0x61, 1, 0x62];
    const anyFunction = [...name, 0, 0];
    const boundedTable = [...name, 1, 0x70, 1, 3, 0x83, 3];
    const table = [...name, 1, 0x70, 0, 3];
    const mutableGlobal = [...name, 3, 0x7f, 1];
    const memory = [...name, 2, 3, 1, 3];
    const imports = [5, ...anyFunction, ...boundedTable, ...table, ...mutableGlobal, ...memory];
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const types = [1, 4, 1, 0x60, 0, 0];
    const module = new Uint8Array([...header, ...types, 2, imports.length, ...imports]);
    expect(WebAssembly.validate(module)).toBe(true);
    const patched = unshared(module);
    expect(WebAssembly.validate(patched)).toBe(true);
    expect([...patched.subarray(-3)]).toEqual([1, 1, 3]);
    expect([...patched.subarray(0, -3)]).toEqual([...module.subarray(0, -3)]);
  });
});

describe('worker threads', () => {
  it('do not keep the process alive', () => {
    const program = `
      import { Pool } from './kernels/runtime/cpu/pool.ts';
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const module = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
      new Pool(module, memory).run({ kernel: 0, call() {}, args: [], items: 4, grain: 1, scratch: null }, 3);
      setTimeout(() => console.log('done'), 200);
    `;
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const output = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(output.trim()).toBe('done');
  });
});
