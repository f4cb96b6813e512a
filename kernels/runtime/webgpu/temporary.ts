import type { Dtype } from '../../../tensor/dtype.ts';
import type { Shape } from '../../../tensor/shape.ts';
import { Storage } from '../../../tensor/storage.ts';
import { contiguousStrides, sizeOf } from '../../../tensor/shape.ts';
import { Tensor } from '../../../tensor/tensor.ts';

/** Calls `body` with an unset tensor on `like`'s device, which is freed at its end: work that was asked for may still use it. */
export function withTemporary<T>(like: Tensor, dtype: Dtype, shape: Shape, body: (temporary: Tensor) => T): T {
  const storage = new Storage(like.storage.runtime, dtype, sizeOf(shape));
  const temporary = new Tensor(storage, dtype, { shape, strides: contiguousStrides(shape), offset: 0 }, null);
  try {
    return body(temporary);
  } finally {
    temporary.dispose();
  }
}
