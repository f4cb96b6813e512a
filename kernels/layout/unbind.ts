import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { zeros } from '../create/filled.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { concat } from './concat.ts';

/**
 * One tensor per index of `axis` (default the first), which goes away, without a copy. The gradient is one copy.
 *
 * @example
 * const [query, key, value] = unbind(zeros([2, 7, 3, 4, 16]), { axis: 2 });
 * query.shape; // [2, 7, 4, 16]
 */
export const unbind: Op<['x'], { axis?: number }, ['parts[]']> = defineOp({
  name: 'unbind',
  inputs: ['x'],
  outputs: ['parts[]'],
  attrs: { axis: 0 },
  dtypes: 'any',
  shape({ x }, { axis }) {
    const at = normalizeAxis('unbind', axis, x);
    return Array.from({ length: x[at]! }, () => x.toSpliced(at, 1));
  },
  view({ shape, strides, offset }, { axis }) {
    const at = normalizeAxis('unbind', axis, shape);
    const part = { shape: shape.toSpliced(at, 1), strides: strides.toSpliced(at, 1) };
    return Array.from({ length: shape[at]! }, (_, i) => ({ ...part, offset: offset + i * strides[at]! }));
  },
  reference({ x }, { axis }) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    return Array.from({ length: x.shape[at]! }, (_, i) =>
      build(x.shape.toSpliced(at, 1), (index) => x.data[positionOf(index.toSpliced(at, 0, i), x.shape)]!),
    );
  },
  backward({ grads, attrs: { axis }, shapes: { x } }) {
    const at = axis < 0 ? axis + x.length : axis;
    const { dtype, device } = grads.find((g) => g !== null)!;
    const none = (): Tensor => zeros(x.toSpliced(at, 1), { dtype, device });
    return {
      x: concat(
        grads.map((g) => (g ?? none()).unsqueeze(at)),
        { axis: at },
      ),
    };
  },
});
