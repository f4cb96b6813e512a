// Makes the devices known by name. Nothing starts, and no GPU's code is loaded, before it is used.

import type { DeviceOptions, Runtime } from '../../tensor/runtime.ts';
import { registerDevice } from '../../tensor/runtime.ts';
import { cpu } from './cpu/runtime.ts';
import { ReferenceRuntime } from './reference/runtime.ts';

async function startWebgpu(options: DeviceOptions): Promise<Runtime> {
  const { openAdapter } = await import('./webgpu/adapter.ts');
  const { device, info } = await openAdapter(options); // first: without an adapter there is nothing to load kernels for
  const [{ WebgpuRuntime }] = await Promise.all([import('./webgpu/runtime.ts'), import('../webgpu.ts')]);
  return new WebgpuRuntime(device, info);
}

registerDevice('cpu', cpu);
registerDevice('webgpu', { start: startWebgpu });
registerDevice('reference', { startNow: () => new ReferenceRuntime(), start: async () => new ReferenceRuntime() });
