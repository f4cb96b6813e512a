// Where WebGPU comes from: the page's own, or in Node the npm package `webgpu` (Dawn).

import { DeviceError } from '../../../tensor/errors.ts';
import { openedDawns, prepareDawn } from '../dawn.ts';

interface Dawn {
  create(flags: readonly string[]): GPU;
  readonly globals: Record<string, unknown>;
}

/**
 * @param flags of Dawn's `create`; a page has none
 * @throws DeviceError when there is no WebGPU
 */
export async function openGpu(flags: readonly string[]): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu) return navigator.gpu;
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new DeviceError('this page has no WebGPU (navigator.gpu); try another browser, https, or the cpu device', {
      op: 'device',
    });
  const opened = openedDawns();
  const key = flags.join(' ');
  const before = opened.get(key);
  if (before) return before;
  const dawn = await loadDawn();
  for (const [name, value] of Object.entries(dawn.globals))
    if (!(name in globalThis)) Object.assign(globalThis, { [name]: value });
  prepareDawn();
  const gpu = dawn.create(flags);
  opened.set(key, gpu);
  return gpu;
}

async function loadDawn(): Promise<Dawn> {
  // A name that bundlers do not follow: pages never come here.
  const name = 'webgpu';
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Dawn;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new DeviceError(`the npm package 'webgpu' could not be loaded (${reason}); run npm install webgpu@0.6.2`, {
      op: 'device',
    });
  }
}
