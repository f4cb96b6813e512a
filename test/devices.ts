import type { DeviceName } from '../tensor/runtime.ts';
import { device } from '../index.ts';

/** The devices that every suite of the floors below the ops runs on. */
export const allDevices: readonly DeviceName[] = ['reference', 'cpu', 'webgpu'];
await device('webgpu');

/** Those whose memory is the host's: they are read without waiting, and look at indices before they use them. */
export const hostDevices: readonly DeviceName[] = ['reference', 'cpu'];

/** The devices that ops are tried on: with `VICINAL_KERNELS=cpu` not on a GPU, whose programs another Node cannot change. */
export const devices = globalThis.process?.env['VICINAL_KERNELS'] === 'cpu' ? hostDevices : allDevices;

/** The problems for one device: of attentions every third for WebGPU, as a software driver compiles each one's programs slowly. */
export function someFor<T>(name: DeviceName, problems: readonly T[]): readonly T[] {
  return name === 'webgpu' ? problems.filter((_, i) => i % 3 === 0) : problems;
}
