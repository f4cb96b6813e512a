import type { Kernel } from '../../autograd/types.ts';
import type { Layout } from '../../tensor/layout.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { launchElementwise } from '../elementwise/elementwise.webgpu.ts';
import { copyKernels } from './copy.ts';
import { copyTransposed } from './transpose.webgpu.ts';

const same = { name: 'contiguous', value: 'x' };

/** x into `y` of the same shape, whatever their strides. */
export function copy(x: Tensor, y: Tensor): void {
  if (!copyTransposed(x, y)) launchElementwise(same, [x], y);
}

export const contiguousWebgpu: Kernel<['x']> = acceptsStrides(({ x }, _attrs, [y]) => copy(x, y!));

function copyInto(x: Tensor, y: Tensor, { strides, offset }: Pick<Layout, 'strides' | 'offset'>): void {
  y.storage.retain();
  const part = new Tensor(y.storage, y.dtype, { shape: x.shape, strides, offset: y.offset + offset }, null);
  try {
    copy(x, part);
  } finally {
    part.dispose();
  }
}

export const { concat: concatWebgpu, place: placeWebgpu } = copyKernels(copyInto);
