import type { Op } from '../../autograd/types.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { isFloat } from '../../tensor/dtype.ts';

export const castTo: Op<['x'], { dtype: Dtype }> = defineOp({
  name: 'castTo',
  inputs: ['x'],
  dtypes: 'any',
  dtype: (_input, { dtype }) => dtype,
  shape: ({ x }) => x,
  reference: ({ x }, { dtype }) => ({ shape: x.shape, data: isFloat(dtype) ? Float64Array.from(x.data) : dtype === 'bool' ? Uint8Array.from(x.data, (v) => Number(v !== 0)) : Int32Array.from(x.data) }),
  backward: ({ grads: [g] }) => ({ x: g }),
  samples: [{ x: [5], attrs: { dtype: 'int32' } }],
});
export function cast(x: Tensor, dtype: Dtype): Tensor {
  return castTo(x, { dtype });
}
