import type { Op } from '../../autograd/types.ts';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { broadcastShapes, formatShape, sizeOf } from '../../tensor/shape.ts';
import { sumTo } from '../reduce/sumTo.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { matmulCpu } from './matmul.cpu.ts';

/**
 * c[..., i, j] = Σₖ a[..., i, k] · b[..., k, j]. a [..., M, K], b [..., K, N] → [..., M, N]; leading axes broadcast.
 * An a of rank 1 is a row, a b of rank 1 a column; their axis is missing in the result. Transposed operands
 * are read where they lie.
 *
 * @throws ShapeError when the sizes along K differ or leading axes do not broadcast
 *
 * @example
 * await matmul(tensor([[1, 2], [3, 4]]), tensor([1, 10])).array();     // [21, 43]
 */
export const matmul: Op<['a', 'b']> = defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  autocast: 'float16',
  flops: ({ a }, _attrs, [output]) => 2 * sizeOf(output!) * a.at(-1)!,
  shape({ a, b }) {
    if (a.length === 0 || b.length === 0) {
      throw new ShapeError(
        `a ${formatShape(a)} and b ${formatShape(b)} must have rank 1 or more; use mul for a scalar`,
        {
          op: 'matmul',
          a,
          b,
        },
      );
    }
    const [left, right] = [asRows(a), asColumns(b)];
    const [k, wanted] = [left.at(-1)!, right.at(-2)!];
    if (k !== wanted) {
      throw new ShapeError(
        `a ${formatShape(a)} has ${k} columns, b ${formatShape(b)} has ${wanted} rows; they must be equal`,
        { op: 'matmul', a, b },
      );
    }
    const batch = broadcastShapes('matmul', left.slice(0, -2), right.slice(0, -2));
    return [...batch, ...(a.length === 1 ? [] : [left.at(-2)!]), ...(b.length === 1 ? [] : [right.at(-1)!])];
  },
  reference({ a, b }) {
    const left: NdArray = { ...a, shape: a.shape.length === 1 ? [1, ...a.shape] : a.shape };
    const right: NdArray = { ...b, shape: b.shape.length === 1 ? [...b.shape, 1] : b.shape };
    const batch: number[] = [];
    for (let axis = 3; axis <= Math.max(left.shape.length, right.shape.length); axis++) {
      const [m, n] = [left.shape.at(-axis) ?? 1, right.shape.at(-axis) ?? 1];
      batch.unshift(m === 1 ? n : m);
    }
    const full = build([...batch, left.shape.at(-2)!, right.shape.at(-1)!], (index) => {
      const [i, j] = index.slice(-2) as [number, number];
      const [aAt, bAt] = [
        positionOf([...index.slice(0, -2), i, 0], left.shape),
        positionOf([...index.slice(0, -2), 0, j], right.shape),
      ];
      let sum = 0;
      for (let k = 0; k < left.shape.at(-1)!; k++)
        sum += left.data[aAt + k]! * right.data[bAt + k * right.shape.at(-1)!]!;
      return sum;
    });
    const [m, n] = [
      a.shape.length === 1 ? [] : [left.shape.at(-2)!],
      b.shape.length === 1 ? [] : [right.shape.at(-1)!],
    ];
    return { shape: [...batch, ...m, ...n], data: full.data };
  },
  kernels: { cpu: matmulCpu },
  saves: ['a', 'b'],
  backward({ grads: [g], inputs: { a, b }, needs }) {
    const [left, right] = [a.reshape(asRows(a.shape)), b.reshape(asColumns(b.shape))];
    const rows = a.rank === 1 ? [1] : [left.shape.at(-2)!];
    const lead = g.shape.slice(0, g.rank - (a.rank === 1 ? 0 : 1) - (b.rank === 1 ? 0 : 1));
    const full = g.reshape([...lead, ...rows, right.shape.at(-1)!]);
    return {
      a: needs.a ? sumTo(matmul(full, right.transpose()), left.shape).reshape(a.shape) : null,
      b: needs.b ? rightGradient(left, full, right.shape).reshape(b.shape) : null,
    };
  },
});

function asRows(shape: Shape): Shape {
  return shape.length === 1 ? [1, ...shape] : shape;
}

function asColumns(shape: Shape): Shape {
  return shape.length === 1 ? [...shape, 1] : shape;
}

/** aᵀ · g, summed over the batches of one matrix b: those are the rows of one product. */
function rightGradient(a: Tensor, g: Tensor, shape: Shape): Tensor {
  if (shape.length > 2 || a.rank === 2) return sumTo(matmul(a.transpose(), g), shape);
  const count = a.shape.slice(0, -1).reduce((m, n) => m * n, 1);
  return matmul(a.reshape([count, shape[0]!]).transpose(), g.reshape([count, shape[1]!]));
}
