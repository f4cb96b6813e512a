import type { DeviceName } from '../tensor/runtime.ts';

/** The devices that every suite of the floors below the ops runs on. */
export const devices: readonly DeviceName[] = ['reference', 'cpu'];
