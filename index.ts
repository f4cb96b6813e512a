import './kernels/runtime/index.ts';
import './methods.ts';

export * from './tensor/errors.ts';
export { Tensor } from './tensor/tensor.ts';
export { tensor, type TensorOptions } from './tensor/create.ts';
export type { Dtype, TypedArray } from './tensor/dtype.ts';
export type { Shape } from './tensor/shape.ts';
export { device, setDefaultDevice, type Device, type DeviceName, type DeviceOptions } from './tensor/runtime.ts';
export { memory, resetPeak, type MemoryReport } from './tensor/storage.ts';
export { scope } from './tensor/scope.ts';
export { defaultGenerator, Generator, manualSeed, philox, type GeneratorState } from './tensor/philox.ts';
export { gradientCheck, type GradientCheckOptions } from './autograd/check.ts';
export { grad, type GradOptions } from './autograd/backward.ts';
export { noGrad } from './autograd/tape.ts';
export * from './kernels/index.ts';
export { setThreads, threads } from './kernels/runtime/cpu/threads.ts';
export type { HostTensor } from './tensor/io/elements.ts';
export { readFile, writeFileAtomic } from './tensor/io/file.ts';
export { decodeIdx } from './tensor/io/idx.ts';
export { decodeNpy, encodeNpy } from './tensor/io/npy.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsEntry,
} from './tensor/io/safetensors.ts';
