import type { Shape } from '../../tensor/shape.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';

/** @throws ShapeError unless each input that is there has the shape `wanted`. */
export function checkShapes(op: string, shapes: Record<string, Shape | undefined>, wanted: Shape): void {
  for (const [name, got] of Object.entries(shapes)) {
    if (!got || sameShape(got, wanted)) continue;
    throw new ShapeError(`${name} has shape ${formatShape(got)}; it must be ${formatShape(wanted)}`, {
      op,
      got,
      wanted,
    });
  }
}
