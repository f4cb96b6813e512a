import type { Op } from '../../autograd/types.ts';
import type { Device, DeviceName } from '../../tensor/runtime.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { storedDtype } from '../../tensor/create.ts';
import { resolveDevice } from '../../tensor/runtime.ts';
import { checkTensor } from '../../tensor/tensor.ts';

export const move: Op<['x'], { device: Device; from: Device }> = defineOp({
  name: 'to',
  inputs: ['x'],
  required: ['device', 'from'],
  dtypes: 'any',
  dtype: (input, { device }) => storedDtype('to', resolveDevice(device), input),
  shape: ({ x }) => x,
  moves: ({ device }) => device,
  reference: ({ x }) => x,
  backward: ({ grads: [g], attrs: { device, from } }) => ({ x: move(g, { device: from, from: device }) }),
});

/**
 * x on another device; on its own device a new handle on the same elements. Reals take the device's width (float64 on
 * the reference device, float32 elsewhere). Gradients flow back.
 *
 * @throws DeviceError when the device is unknown or not started, or when x's device cannot be read without waiting.
 * @example
 * tensor([1, 2]).to('reference').dtype; // 'float64'
 */
export function to(x: Tensor, device: Device | DeviceName): Tensor {
  checkTensor('to', 'x', x);
  const target = resolveDevice(device);
  return target === x.device ? x.alias() : move(x, { device: target, from: x.device });
}
