// What copies are made for: concat and place are the same on every device but for the copy itself.

import type { Kernel } from '../../autograd/types.ts';
import type { Layout } from '../../tensor/layout.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { PlaceAttrs } from './place.ts';
import { acceptsStrides } from '../../autograd/types.ts';

/** Copies x into the elements of `y` that `layout` (of x's shape, offsets from y's own) names. */
export type CopyInto = (x: Tensor, y: Tensor, layout: Pick<Layout, 'strides' | 'offset'>) => void;

export interface CopyKernels {
  readonly concat: Kernel<['tensors[]'], { axis?: number }>;
  readonly place: Kernel<['x'], PlaceAttrs>;
}

export function copyKernels(copyInto: CopyInto): CopyKernels {
  return {
    concat: acceptsStrides(({ tensors }, { axis }, [y]) => {
      const at = axis < 0 ? axis + y!.rank : axis;
      let row = 0;
      for (const x of tensors) {
        copyInto(x, y!, { strides: y!.strides, offset: row * y!.strides[at]! });
        row += x.shape[at]!;
      }
    }),
    place: acceptsStrides(({ x }, { offsets, steps, value }, [y]) => {
      const { storage, dtype, strides, size } = y!;
      storage.runtime.fill(storage.handle, dtype, size, value);
      const offset = offsets.reduce((sum, start, i) => sum + start * strides[i]!, 0);
      copyInto(x, y!, { strides: strides.map((step, i) => step * (steps?.[i] ?? 1)), offset });
    }),
  };
}
