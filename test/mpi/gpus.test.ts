import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import type { Koffi } from '../../distributed/library.ts';
import { takeGpu } from '../../distributed/gpuOfRank.ts';
import { listGpus, type Gpu } from '../../distributed/vulkan.ts';

const names = ['DRI_PRIME', 'MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE'];
const told = (): (string | undefined)[] => names.map((name) => process.env[name]);
afterEach(() => names.forEach((name) => delete process.env[name]));

const gpu = (bus: number, deviceId = 0x2330): Gpu => ({ vendorId: 0x10de, deviceId, place: `pci-0000_${bus}_00_0` });
const [slow, ...three] = [gpu(10, 0x1234), gpu(20), gpu(30), gpu(40)] as [Gpu, Gpu, Gpu, Gpu];

/** What Vulkan lists with Mesa's layer, without it, and with an old one that took the last of those that were not named. */
const layers = {
  new: (gpus: readonly Gpu[]) => (place: string) => gpus.filter((one) => one.place === place),
  old: (gpus: readonly Gpu[]) => (place: string) => gpus.filter((one) => one.place !== place).slice(-1),
  none: (gpus: readonly Gpu[]) => () => gpus,
};
const list = (layer: keyof typeof layers, gpus: readonly Gpu[]) => (): readonly Gpu[] => {
  const [place, alone] = told();
  return place !== undefined && alone === '1' ? layers[layer](gpus)(place) : gpus;
};

describe('ranks of a machine take its GPUs in turn', () => {
  test.each([0, 1, 2, 3, 7])('rank %d, where another is slower', (rank) => {
    const see = list('new', [...three, slow]);
    expect(takeGpu(rank, see)).toBeNull();
    expect(see()).toEqual([three[rank % 3]]);
  });

  test.each([0, 1])('rank %d of two, with an old layer', (rank) => {
    const see = list('old', three.slice(0, 2));
    expect(takeGpu(rank, see)).toBeNull();
    expect(see()).toEqual([three[rank]]);
  });

  test('not without the layer, which is said and leaves nothing behind', () => {
    expect(takeGpu(1, list('none', three))).toMatch(/^install Mesa's Vulkan layer/);
    expect(told()).toEqual([undefined, undefined]);
  });

  test.each([
    { what: 'one', gpus: [three[0]] },
    { what: 'none', gpus: [] },
    { what: 'one and a slower one', gpus: [three[0], slow] },
    { what: 'software', gpus: [0, 1].map(() => ({ vendorId: 1, deviceId: 1, place: null })) },
  ])('there is nothing to choose from: $what', ({ gpus }) => {
    expect(takeGpu(1, list('new', gpus))).toBeNull();
    expect(told()).toEqual([undefined, undefined]);
  });
});

test.runIf(process.env['VK_DRIVER_FILES']?.includes('swiftshader'))("Vulkan's own list is read", () => {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  expect(listGpus(koffi)).toEqual([{ vendorId: 0x1ae0, deviceId: 0xc0de, place: null }]);
});
