import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { expand } from './expand.ts';
import { checkTensors } from './list.ts';
import { reshape } from './reshape.ts';

/**
 * The coordinates of a grid: tensor i [n_i] as [n_0, n_1, ...], the same along all axes but axis i, without a copy. With
 * `indexing` 'xy' the first two axes of the grids are swapped.
 *
 * @throws ShapeError for a tensor of two axes or more, ArgumentError for none
 * @example
 * const [y, x] = meshgrid([arange(2), arange(3)]);
 * x; // [[0, 1, 2], [0, 1, 2]]
 * y; // [[0, 0, 0], [1, 1, 1]]
 */
export function meshgrid(tensors: readonly Tensor[], options?: { indexing?: 'ij' | 'xy' }): Tensor[] {
  const op = 'meshgrid';
  const { indexing = 'ij' } = checkOptions(op, options, ['indexing']);
  checkTensors(op, tensors);
  if (indexing !== 'ij' && indexing !== 'xy')
    throw new ArgumentError(`indexing must be 'ij' or 'xy', got ${String(indexing)}`, { op, indexing });
  const wrong = tensors.findIndex((x) => x.rank > 1);
  if (wrong >= 0) {
    const { shape } = tensors[wrong]!;
    throw new ShapeError(`tensor ${wrong} has shape ${formatShape(shape)}; it must have one axis`, { op, shape });
  }
  const isSwapped = indexing === 'xy' && tensors.length > 1;
  const axisOf = (i: number): number => (isSwapped && i < 2 ? 1 - i : i);
  const shape = tensors.map((_, i) => tensors[axisOf(i)]!.size);
  const ones = shape.map(() => 1);
  return scope(() => tensors.map((x, i) => expand(reshape(x, ones.with(axisOf(i), x.size)), shape)));
}
