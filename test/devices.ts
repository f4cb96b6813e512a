import type { DeviceName } from '../tensor/runtime.ts';
import { device } from '../index.ts';

/** The devices that every suite of the floors below the ops runs on. */
export const devices: readonly DeviceName[] = ['reference', 'cpu', 'webgpu'];
await device('webgpu');

/** Those whose memory is the host's: they are read without waiting, and look at indices before they use them. */
export const hostDevices: readonly DeviceName[] = ['reference', 'cpu'];
