import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { checkList, formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { expand } from './expand.ts';
import { reshape } from './reshape.ts';

/**
 * x again and again: `counts[i]` times along axis i, in one copy. New axes come in front when there are more counts than axes.
 * PyTorch: `x.repeat`.
 *
 * @throws ShapeError when there are fewer counts than axes, or a count is no integer of at least 0
 * @example
 * repeat(tensor([1, 2]), [2, 3]); // [[1, 2, 1, 2, 1, 2], [1, 2, 1, 2, 1, 2]]
 */
export function repeat(x: Tensor, counts: readonly number[]): Tensor {
  const op = 'repeat';
  checkTensor(op, 'x', x);
  checkCounts(op, counts);
  if (counts.length < x.rank) {
    const both = `${counts.length} counts for the ${x.rank} axes of ${formatShape(x.shape)}`;
    throw new ShapeError(`${both}; give one for each, or use tile`, { op, counts, shape: x.shape });
  }
  return repeated(x, counts);
}

/**
 * As `repeat`, but fewer counts than axes are for the last axes. NumPy and PyTorch: `tile`.
 *
 * @throws ShapeError when a count is no integer of at least 0
 * @example
 * tile(tensor([[1], [2]]), [3]); // [[1, 1, 1], [2, 2, 2]]
 */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  checkTensor('tile', 'x', x);
  checkCounts('tile', counts);
  const lead = Math.max(0, x.rank - counts.length);
  return repeated(x, [...new Array<number>(lead).fill(1), ...counts]);
}

function checkCounts(op: string, counts: readonly number[]): void {
  checkList(op, 'counts', 'counts', counts);
  const wrong = counts.find((n) => !Number.isInteger(n) || n < 0);
  if (wrong !== undefined) throw new ShapeError(`counts must be integers >= 0, got ${String(wrong)}`, { op, counts });
}

/** Each repeated axis is stretched beside itself, then both become one. */
function repeated(x: Tensor, counts: readonly number[]): Tensor {
  const shape = [...new Array<number>(counts.length - x.rank).fill(1), ...x.shape];
  const apart = (f: (n: number, count: number) => Shape): number[] => shape.flatMap((n, i) => f(n, counts[i]!));
  return scope(() => {
    const seen = reshape(
      x,
      apart((n, count) => (count === 1 ? [n] : [1, n])),
    );
    const stretched = expand(
      seen,
      apart((n, count) => (count === 1 ? [n] : [count, n])),
    );
    return reshape(
      stretched,
      shape.map((n, i) => n * counts[i]!),
    );
  });
}
