import type { Sample } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxis, sameShape } from '../../tensor/shape.ts';

/** The one shape of an output y and its gradient g. */
export function checkPair(op: string, y: Shape, g: Shape, axis: number): Shape {
  if (!sameShape(y, g)) {
    throw new ShapeError(`y has shape ${formatShape(y)}, g ${formatShape(g)}; they must have one shape`, { op, y, g });
  }
  normalizeAxis(op, axis, y);
  return y;
}

/** Samples of a backward op that takes such a pair. */
export const pairSamples: readonly Sample<['y', 'g'], { axis?: number }>[] = [
  { y: [5], g: [5] },
  { y: [3, 67], g: [3, 67] },
  { y: [2, 3, 5], g: [2, 3, 5], attrs: { axis: 1 } },
  { y: [9, 70], g: [9, 70], attrs: { axis: 0 } },
  { y: [2, 1031], g: [2, 1031], attrs: { axis: 0 } },
  { y: [0, 3], g: [0, 3] },
];
