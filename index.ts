import './kernels/runtime/index.ts';
import './methods.ts';

export * from './tensor/errors.ts';
export { Tensor } from './tensor/tensor.ts';
export { tensor } from './tensor/create.ts';
export { device, setDefaultDevice } from './tensor/runtime.ts';
export { memory, resetPeak } from './tensor/storage.ts';
export { scope } from './tensor/scope.ts';
export { manualSeed } from './tensor/philox.ts';
export { grad } from './autograd/backward.ts';
export { noGrad } from './autograd/tape.ts';
export * from './kernels/index.ts';
