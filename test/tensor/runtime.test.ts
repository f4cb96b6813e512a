import { describe, expect, test, vi } from 'vitest';
import { DeviceError, device, memory, setDefaultDevice, tensor } from '../../index.ts';
import { registerDevice, resolveDevice, type DeviceName } from '../../tensor/runtime.ts';
import { ReferenceRuntime } from '../../kernels/runtime/reference/runtime.ts';

/** A device that is slow to start, or does not start at all. */
class Slow extends ReferenceRuntime {
  override readonly name = 'webgl' as unknown as 'reference';
}

describe('devices', () => {
  test('a name is one device, awaited or not', async () => {
    const waiting = device('reference');
    using x = tensor(1, { device: 'reference' });
    expect(x.device).toBe(await waiting);
    expect(await device('reference')).toBe(x.device);
  });

  test('two who wait for the same device get the same', async () => {
    let starts = 0;
    registerDevice('webgl', {
      async start() {
        starts++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return new Slow();
      },
    });
    expect(() => tensor(1, { device: 'webgl' })).toThrow(
      "device: 'webgl' must be started first: await device('webgl')",
    );
    const [a, b] = await Promise.all([device('webgl'), device('webgl')]);
    expect(a).toBe(b);
    expect(await device('webgl')).toBe(a);
    expect(starts).toBe(1);
    using x = tensor(1, { device: 'webgl' });
    expect(x.device).toBe(a);
    expect(memory()['webgl']!.tensors).toBe(1);
    a.dispose();
  });

  test('one that fails to start says why, and can be tried again', async () => {
    let tries = 0;
    registerDevice('webgl', { start: () => Promise.reject(new DeviceError('no WebGL2', { op: 'device' })) });
    registerDevice('webgpu', {
      async start() {
        if (tries++ === 0) throw new DeviceError('no adapter', { op: 'device' });
        return Object.assign(new ReferenceRuntime(), { name: 'webgpu' });
      },
    });
    await expect(device('webgpu')).rejects.toThrow('device: no adapter');
    const second = await device('webgpu');
    expect(second.name).toBe('webgpu');
    second.dispose();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (let i = 0; i < 2; i++) {
      tries = 0;
      const auto = await device('auto'); // the next best, with the reason
      expect(auto.name).toBe('cpu');
      expect(auto.info['skipped']).toEqual({ webgpu: 'device: no adapter', webgl: 'device: no WebGL2' });
    }
    expect(warn.mock.calls).toEqual([
      ["vicinal: 'cpu', not 'webgpu': device: no adapter"],
      ["vicinal: 'cpu', not 'webgl': device: no WebGL2"],
    ]);
    warn.mockRestore();
  });

  test('auto asks each device that it starts whether it is worth it, once', async () => {
    registerDevice('webgpu', { start: () => Promise.reject(new DeviceError('no adapter', { op: 'device' })) });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const objection of ['it is slow', null]) {
      let asked = 0;
      registerDevice('webgl', {
        start: async () => new Slow(),
        async objection() {
          asked++;
          return objection;
        },
      });
      const [auto, again] = [await device('auto'), await device('auto')];
      expect(again).toBe(auto);
      expect(asked).toBe(1);
      expect(auto.name).toBe(objection === null ? 'webgl' : 'cpu');
      expect(auto.info['skipped']).toEqual({
        webgpu: 'device: no adapter',
        ...(objection !== null && { webgl: `device: ${objection}` }),
      });
      (await device('webgl')).dispose();
    }
    expect(warn).toHaveBeenCalledWith("vicinal: 'cpu', not 'webgl': device: it is slow");
    warn.mockRestore();
  });

  test('after dispose() the name starts a new one', async () => {
    const first = await device('reference');
    const old = tensor([1, 2], { device: 'reference' });
    first.dispose();
    const second = await device('reference');
    expect(second).not.toBe(first);
    expect(() => old.add(1)).toThrow(
      'add: the reference device was ended by dispose(); its tensors can no longer be used',
    );
    old.dispose();
    expect(memory()['reference']).toEqual({ tensors: 0, bytes: 0, peak: 0, reserved: 0 });
    using x = tensor([1, 2], { device: 'reference' });
    expect(await x.array()).toEqual([1, 2]);
  });

  test.each<[unknown, string]>([
    ['gpu', "device: there is no device 'gpu' here; use one of cpu, webgpu, webgl, reference"],
    [null, 'device: got object for a device; use a name'],
    [3, 'device: got number for a device'],
    [{}, 'device: got object for a device'],
  ])('%j is refused', async (which, message) => {
    expect(() => tensor(1, { device: which as DeviceName })).toThrow(DeviceError);
    expect(() => tensor(1, { device: which as DeviceName })).toThrow(message);
    expect(() => setDefaultDevice(which as DeviceName)).toThrow(DeviceError);
    await expect(device(which as DeviceName)).rejects.toThrow(DeviceError);
  });

  test('the default is cpu until it is set, by name or as a device', async () => {
    const where = (): string => {
      using x = tensor(1);
      return x.device.name;
    };
    expect(where()).toBe('cpu');
    setDefaultDevice('reference');
    expect(where()).toBe('reference');
    setDefaultDevice(await device('cpu'));
    expect(where()).toBe('cpu');
    expect(resolveDevice().name).toBe('cpu');
  });
});
