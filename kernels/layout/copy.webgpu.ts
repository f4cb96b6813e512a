import type { Kernel } from '../../autograd/types.ts';
import type { Layout } from '../../tensor/layout.ts';
import type { Shape } from '../../tensor/shape.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { launchElementwise } from '../elementwise/elementwise.webgpu.ts';
import { copyTransposed } from './transpose.webgpu.ts';

const same = { name: 'contiguous', value: 'x' };

/** x into `y` of the same shape, whatever their strides. */
export function copy(x: Tensor, y: Tensor): void {
  if (!copyTransposed(x, y)) launchElementwise(same, [x], y);
}

export const contiguousWebgpu: Kernel<['x']> = acceptsStrides(({ x }, _attrs, [y]) => copy(x, y!));

/** Copies x into the elements of `y` that `layout` (of x's shape, offsets from y's own) names. */
function copyInto(x: Tensor, y: Tensor, { strides, offset }: Pick<Layout, 'strides' | 'offset'>): void {
  y.storage.retain();
  const part = new Tensor(y.storage, y.dtype, { shape: x.shape, strides, offset: y.offset + offset }, null);
  try {
    copy(x, part);
  } finally {
    part.dispose();
  }
}

export const concatWebgpu: Kernel<['tensors[]'], { axis?: number }> = acceptsStrides(({ tensors }, { axis }, [y]) => {
  const at = axis < 0 ? axis + y!.rank : axis;
  let row = 0;
  for (const x of tensors) {
    copyInto(x, y!, { strides: y!.strides, offset: row * y!.strides[at]! });
    row += x.shape[at]!;
  }
});

type PlaceAttrs = { shape: Shape; offsets: Shape; steps?: Shape | undefined; value?: number };

export const placeWebgpu: Kernel<['x'], PlaceAttrs> = acceptsStrides(({ x }, { offsets, steps, value }, [y]) => {
  const { storage, dtype, strides, size } = y!;
  storage.runtime.fill(storage.handle, dtype, size, value);
  const offset = offsets.reduce((sum, start, i) => sum + start * strides[i]!, 0);
  copyInto(x, y!, { strides: strides.map((step, i) => step * (steps?.[i] ?? 1)), offset });
});
