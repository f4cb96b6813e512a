// Makes the devices known by name. Nothing starts, and no GPU's code is loaded, before it is used.

import type { DeviceOptions, Runtime } from '../../tensor/runtime.ts';
import { registerDevice, resolveDevice } from '../../tensor/runtime.ts';
import { cpu } from './cpu/runtime.ts';
import { ReferenceRuntime } from './reference/runtime.ts';

async function startWebgpu(options: DeviceOptions): Promise<Runtime> {
  const { openAdapter } = await import('./webgpu/adapter.ts');
  const { device, info } = await openAdapter(options); // first: without an adapter there is nothing to load kernels for
  const [{ WebgpuRuntime }] = await Promise.all([import('./webgpu/runtime.ts'), import('../webgpu.ts')]);
  return new WebgpuRuntime(device, info);
}

async function startWebgl(): Promise<Runtime> {
  const { openWebgl } = await import('./webgl/gpuJs.ts');
  const opened = await openWebgl(); // first, as above
  const [{ WebglRuntime }] = await Promise.all([import('./webgl/runtime.ts'), import('../webgl.ts')]);
  return new WebglRuntime(opened);
}

async function objectionToWebgl(runtime: Runtime): Promise<string | null> {
  const { slowerThan } = await import('./webgl/probe.ts');
  return slowerThan(resolveDevice('cpu'), runtime);
}

registerDevice('cpu', cpu);
registerDevice('webgpu', { start: startWebgpu });
registerDevice('webgl', { start: startWebgl, objection: objectionToWebgl });
registerDevice('reference', { startNow: () => new ReferenceRuntime(), start: async () => new ReferenceRuntime() });
