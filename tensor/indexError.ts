import type { Shape } from './shape.ts';
import { ShapeError } from './errors.ts';
import { formatShape } from './shape.ts';

/** The error of an integer tensor whose element at flat `position` names none of `size` elements. */
export function indexError(
  op: string,
  name: string,
  value: number,
  position: number,
  shape: Shape,
  size: number,
): ShapeError {
  const place: number[] = [];
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    place.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  const range = size === 0 ? 'there is nothing to choose from' : `use 0..${size - 1}`;
  return new ShapeError(`${name} holds ${value} at ${formatShape(place)}; ${range}`, {
    op,
    value,
    position: place,
    size,
  });
}
