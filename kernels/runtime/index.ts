// Makes the devices known by name. Nothing starts before it is used.

import { registerDevice } from '../../tensor/runtime.ts';
import { cpu } from './cpu/runtime.ts';
import { webgpu } from './webgpu/runtime.ts';
import { ReferenceRuntime } from './reference/runtime.ts';

registerDevice('cpu', cpu);
registerDevice('webgpu', webgpu);
registerDevice('reference', { startNow: () => new ReferenceRuntime(), start: async () => new ReferenceRuntime() });
