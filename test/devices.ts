import type { DeviceName } from '../tensor/runtime.ts';
import { device } from '../index.ts';

/** The devices that every suite of the floors below the ops runs on. */
export const devices: readonly DeviceName[] = ['reference', 'cpu', 'webgpu'];
await device('webgpu');

/** Those whose memory is the host's: they are read without waiting, and look at indices before they use them. */
export const hostDevices: readonly DeviceName[] = ['reference', 'cpu'];

/** The problems for one device: of attentions every third for WebGPU, as a software driver compiles each one's programs slowly. */
export function someFor<T>(name: DeviceName, problems: readonly T[]): readonly T[] {
  return name === 'webgpu' ? problems.filter((_, i) => i % 3 === 0) : problems;
}
