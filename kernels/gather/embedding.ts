import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { build } from '../runtime/reference/loops.ts';
import { embeddingCpu } from './gather.cpu.ts';
import { scatterAdd } from './gather.ts';
import { indexAt } from './loops.ts';

/**
 * The rows of weight [V, D] that index [*] names: [*, D]. The gradient of a row is the sum over the places that named
 * it, in their order.
 * A webgpu device does not check, since that would wait for it: there an index out of range gives NaN, in integers 0.
 *
 * @throws ShapeError when an index is not a row of weight.
 * @example
 * const table = randn([5, 8]);
 * embedding(table, tensor([[3, 1], [0, 3]], { dtype: 'int32' })).shape; // [2, 2, 8]
 */
export const embedding: Op<['weight', 'index:int']> = defineOp({
  name: 'embedding',
  inputs: ['weight', 'index:int'],
  shape({ weight, index }) {
    if (weight.length === 2) return [...index, weight[1]!];
    throw new ShapeError(`weight of shape ${formatShape(weight)} must be [V, D]`, { op: 'embedding', weight });
  },
  reference({ weight, index }) {
    const [rows, width] = weight.shape as [number, number];
    const chosen = Array.from(index.data, (_, i) => indexAt('embedding', index, i, rows));
    let next = 0;
    return build([...index.shape, width], (place) => {
      return weight.data[chosen[Math.floor(next++ / width)]! * width + place.at(-1)!]!;
    });
  },
  kernels: { cpu: embeddingCpu },
  saves: ['index'],
  backward({ grads: [g], inputs: { index }, shapes: { weight } }) {
    const [rows, width] = weight as [number, number];
    const named = index.reshape([index.size, 1]).expand([index.size, width]);
    return { weight: scatterAdd(g.reshape([index.size, width]), named, { axis: 0, size: rows }) };
  },
});
