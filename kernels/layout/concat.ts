import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { concatCpu } from './copy.cpu.ts';

/**
 * The tensors one after another along `axis`; their other sizes are equal.
 *
 * @throws ShapeError when the list is empty or the other sizes differ.
 * @example
 * concat([zeros([2, 3]), ones([2, 1])], { axis: 1 }).shape;     // [2, 4]
 */
export const concat: Op<['tensors[]'], { axis?: number }> = defineOp({
  name: 'concat',
  inputs: ['tensors[]'],
  attrs: { axis: 0 },
  dtypes: 'any',
  shape({ tensors }, { axis }) {
    const first = tensors[0];
    if (!first) throw new ShapeError('needs at least one tensor, got none', { op: 'concat' });
    const at = normalizeAxis('concat', axis, first);
    tensors.forEach((shape, i) => {
      if (shape.length === first.length && shape.every((n, k) => k === at || n === first[k])) return;
      throw new ShapeError(
        `tensor ${i} has shape ${formatShape(shape)}, tensor 0 ${formatShape(first)}; they may differ along axis ${at} only`,
        { op: 'concat', a: first, b: shape },
      );
    });
    return first.with(
      at,
      tensors.reduce((sum, shape) => sum + shape[at]!, 0),
    );
  },
  reference({ tensors }, { axis }) {
    const first = tensors[0]!.shape;
    const at = axis < 0 ? axis + first.length : axis;
    const owners = tensors.flatMap((x) => Array.from({ length: x.shape[at]! }, (_, row) => ({ x, row })));
    return build(first.with(at, owners.length), (index) => {
      const { x, row } = owners[index[at]!]!;
      return x.data[positionOf(index.with(at, row), x.shape)]!;
    });
  },
  kernels: { cpu: concatCpu },
  backward({ grads: [g], attrs: { axis }, shapes: { tensors } }) {
    let start = 0;
    return {
      tensors: tensors.map((shape) => {
        const end = start + shape.at(axis)!;
        const part = g.slice({ axis, start, end });
        start = end;
        return part;
      }),
    };
  },
});
