import type { Dtype } from '../../tensor/dtype.ts';
import type { Shape } from '../../tensor/shape.ts';
import { Storage } from '../../tensor/storage.ts';
import { contiguousStrides, sizeOf } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** An unset tensor on `like`'s device, in no scope: whoever asked disposes it, at once if he likes, as work that was asked for may still use it. */
export function temporaryTensor(like: Tensor, dtype: Dtype, shape: Shape): Tensor {
  const storage = new Storage(like.storage.runtime, dtype, sizeOf(shape));
  return new Tensor(storage, dtype, { shape, strides: contiguousStrides(shape), offset: 0 }, null);
}

/** Calls `body` with an unset tensor on `like`'s device, which is freed at its end. */
export function withTemporary<T>(like: Tensor, dtype: Dtype, shape: Shape, body: (temporary: Tensor) => T): T {
  const temporary = temporaryTensor(like, dtype, shape);
  try {
    return body(temporary);
  } finally {
    temporary.dispose();
  }
}
