import type { BinaryOp } from '../elementwise/binary.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { arange } from '../create/sequence.ts';
import { ge, le } from '../elementwise/compare.ts';
import { where } from '../elementwise/where.ts';
import { reshape } from './reshape.ts';

export interface TriangleOptions {
  /** The diagonal that ends the triangle: 0 (default) the main one, above it positive, below it negative. */
  diagonal?: number;
}

/**
 * The lower triangle of x's matrices, diagonal included; 0 above. x [..., N, M] → the same shape.
 *
 * @throws ShapeError when x has fewer than two axes
 * @example
 * tril(ones([2, 3])); // [[1, 0, 0], [1, 1, 0]]
 */
export function tril(x: Tensor, options?: TriangleOptions): Tensor {
  return triangle('tril', le, x, options);
}

/**
 * The upper triangle of x's matrices, diagonal included; 0 below. x [..., N, M] → the same shape.
 *
 * @throws ShapeError when x has fewer than two axes
 * @example
 * triu(ones([2, 3]), { diagonal: 1 }); // [[0, 1, 1], [0, 0, 1]]
 */
export function triu(x: Tensor, options?: TriangleOptions): Tensor {
  return triangle('triu', ge, x, options);
}

/** x where the column holds against the row, moved by the diagonal. */
function triangle(op: string, holds: BinaryOp, x: Tensor, options: TriangleOptions | undefined): Tensor {
  checkTensor(op, 'x', x);
  const { diagonal = 0 } = checkOptions(op, options, ['diagonal']);
  if (!Number.isInteger(diagonal))
    throw new ArgumentError(`diagonal must be an integer, got ${String(diagonal)}`, { op, diagonal });
  if (x.rank < 2)
    throw new ShapeError(`x has shape ${formatShape(x.shape)}; it must have two axes or more`, { op, shape: x.shape });
  const [n, m] = x.shape.slice(-2) as [number, number];
  const { device } = x;
  return scope(() => {
    const rows = reshape(arange(diagonal, diagonal + n, { device }), [n, 1]);
    return where(holds(arange(m, { device }), rows), x, 0);
  });
}
