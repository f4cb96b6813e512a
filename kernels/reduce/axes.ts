import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxes, reducedShape } from '../../tensor/shape.ts';

export interface ReduceAttrs {
  /** One axis, several, or all (default). */
  axis?: number | readonly number[] | undefined;
  /** Keep the reduced axes as size 1. */
  keepDims?: boolean;
}

/** The number of elements that fall together in one. */
export function reducedSize(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((size, axis) => size * shape[axis]!, 1);
}

/** A variance's divisor: NaN and ∞ come of 0, as in PyTorch. */
export function degrees(shape: Shape, axes: readonly number[], correction: number): number {
  return Math.max(0, reducedSize(shape, axes) - correction);
}

/** The shape rule of a reduction; with `needsElements` an empty axis is refused. */
export function reduceShape(
  op: string,
  x: Shape,
  { axis, keepDims }: Required<ReduceAttrs>,
  needsElements = false,
): Shape {
  const axes = normalizeAxes(op, axis, x);
  const shape = reducedShape(x, axes, keepDims);
  if (needsElements && reducedSize(x, axes) === 0 && !shape.includes(0)) {
    throw new ShapeError(
      `there is nothing to choose from along axes ${formatShape(axes)} of ${formatShape(x)}; every reduced axis needs an element`,
      { op, shape: x, axis },
    );
  }
  return shape;
}

/** A reduction's result or its gradient with the reduced axes back as size 1, so that it broadcasts to `shape`. */
export function withKeptDims(reduced: Tensor, shape: Shape, axis: ReduceAttrs['axis']): Tensor {
  return reduced.rank === shape.length
    ? reduced
    : reduced.reshape(reducedShape(shape, normalizeAxes('reshape', axis, shape), true));
}
