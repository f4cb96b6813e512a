// Which buffers are kept, on a device that only counts them.

import { expect, test } from 'vitest';
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
