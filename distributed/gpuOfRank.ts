// One GPU per rank. Dawn takes the first of several alike, and its flag `adapter=` names them by their model; Mesa's layer, which is
// there for every maker's Vulkan driver, puts another first, by its place on the bus.

import type { World } from './world.ts';
import { beforeDawn } from '../kernels/runtime/dawn.ts';
import { listGpus, type Gpu } from './vulkan.ts';

const variables = {
  place: 'DRI_PRIME',
  model: 'MESA_VK_DEVICE_SELECT',
  alone: 'MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE',
};

/** Sees to it that the ranks of a machine take its GPUs in turn, when they ask for WebGPU; says so if it cannot be done. */
export function shareGpus({ mpi, machine }: World): void {
  const isTold = variables.place in process.env || variables.model in process.env;
  if (!mpi || machine.size === 1 || process.platform !== 'linux' || isTold) return;
  const list = (): Gpu[] => listGpus(mpi.koffi);
  const say = (reason: string | null): void => {
    if (reason === null || machine.rank !== 1) return; // the first that misses one
    const advice = 'or give each rank its own from outside, as srun --gpus-per-task=1 does';
    console.warn(`vicinal: init: all ranks of this machine take the first of its GPUs: ${reason}, ${advice}`);
  };
  const isInTime = beforeDawn(() => say(takeGpu(machine.rank, list)));
  if (!isInTime && alike(list()).length > 1) say("call init() before device('webgpu')");
}

/**
 * Makes a GPU the only one that Vulkan lists.
 *
 * @param list - asks Vulkan
 * @returns what would help, where it could not be done; null where it is, or there is only one
 * @source Mesa: environment variables, and its Vulkan layer device-select
 */
export function takeGpu(localRank: number, list: () => readonly Gpu[]): string | null {
  const gpus = alike(list());
  if (gpus.length < 2) return null;
  const own = gpus[localRank % gpus.length]!;
  process.env[variables.alone] = '1';
  for (const { place } of [own, ...gpus]) {
    // Mesa 22 took another than the one that was named.
    process.env[variables.place] = place!;
    if (list()[0]?.place === own.place) return null;
  }
  delete process.env[variables.place];
  delete process.env[variables.alone];
  return "install Mesa's Vulkan layer that chooses one, or a newer one (Debian: mesa-vulkan-drivers)";
}

/** Those of the first one's model: a slower one would keep the others waiting. */
function alike(gpus: readonly Gpu[]): Gpu[] {
  const [first] = gpus;
  return gpus.filter(
    ({ place, vendorId, deviceId }) => place !== null && vendorId === first!.vendorId && deviceId === first!.deviceId,
  );
}
