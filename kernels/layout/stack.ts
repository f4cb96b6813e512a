import type { Tensor } from '../../tensor/tensor.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape, normalizeAxis, sameShape } from '../../tensor/shape.ts';
import { concat } from './concat.ts';
import { checkTensors } from './list.ts';
import { unsqueeze } from './reshape.ts';

/**
 * The tensors, all of one shape, side by side along a new axis of the result. n tensors [*X] → [n, *X] for axis 0.
 *
 * @throws ShapeError when the shapes differ, ArgumentError when there is no tensor
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])], { axis: 1 }); // [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], options?: { axis?: number }): Tensor {
  const op = 'stack';
  const { axis = 0 } = checkOptions(op, options, ['axis']);
  checkTensors(op, tensors);
  const { shape } = tensors[0]!;
  const other = tensors.findIndex((x) => !sameShape(x.shape, shape));
  if (other > 0) {
    const both = `tensor ${other} has shape ${formatShape(tensors[other]!.shape)}, tensor 0 ${formatShape(shape)}`;
    throw new ShapeError(`${both}; they must be equal`, { op, a: shape, b: tensors[other]!.shape });
  }
  const at = normalizeAxis(op, axis, [...shape, 1]);
  return scope(() =>
    concat(
      tensors.map((x) => unsqueeze(x, at)),
      { axis: at },
    ),
  );
}
