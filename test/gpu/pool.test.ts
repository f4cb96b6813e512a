// Which buffers are kept, on a device that only counts them.

import { expect, test, vi } from 'vitest';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { device as startDevice, scope, zeros } from '../../index.ts';
import { Faults } from '../../kernels/runtime/webgpu/faults.ts';
import { BlockPool } from '../../kernels/runtime/webgpu/pool.ts';

const gigabyte = 2 ** 30;

function countingDevice(): { device: GPUDevice; counts: { made: number; destroyed: number } } {
  const counts = { made: 0, destroyed: 0 };
  const device = {
    limits: { maxStorageBufferBindingSize: 8 * gigabyte, maxBufferSize: 8 * gigabyte },
    addEventListener: () => undefined,
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: () => {
      counts.made++;
      return { destroy: () => void counts.destroyed++ };
    },
  };
  return { device: device as unknown as GPUDevice, counts };
}

test('what one step used is there for the next, however much it was', () => {
  const { device, counts } = countingDevice();
  const pool = new BlockPool(device, new Faults(device));
  for (let step = 0; step < 3; step++) {
    const blocks = [6, 5, 4].map((size) => pool.take(size * gigabyte));
    for (const block of blocks) pool.give(block);
    expect(pool.isFull).toBe(false);
  }
  expect(counts).toEqual({ made: 3, destroyed: 0 });
});

test('more than was ever in use at once is given back', () => {
  const { device, counts } = countingDevice();
  const pool = new BlockPool(device, new Faults(device));
  for (const size of [4, 3, 2]) pool.give(pool.take(size * gigabyte));
  expect(pool.isFull).toBe(true);
  expect(pool.trim()).toHaveLength(3);
  expect(counts).toEqual({ made: 3, destroyed: 3 });
  expect(pool.reserved).toBe(0);
});

test('what was asked for is submitted before a buffer is made: one that there is no memory for spoils its submit', async () => {
  const { device } = (await startDevice('webgpu')) as WebgpuRuntime;
  const [submits, makes] = [vi.spyOn(device.queue, 'submit'), vi.spyOn(device, 'createBuffer')];
  scope(() => {
    zeros([3], { device: 'webgpu' }).add(1);
    submits.mockClear();
    makes.mockClear();
    zeros([54_321], { device: 'webgpu' });
  });
  expect(submits.mock.invocationCallOrder[0]).toBeLessThan(makes.mock.invocationCallOrder[0]!);
  vi.restoreAllMocks();
});
