import type { Shape } from '../../tensor/shape.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';

/** Everything an optimizer keeps of a parameter has the parameter's shape, and steps are counted from 1. */
export function checkStep(op: string, shapes: Record<string, Shape | undefined>, step: number): void {
  const { param } = shapes;
  for (const name in shapes) {
    const shape = shapes[name];
    if (!shape || sameShape(shape, param!)) continue;
    const both = `${name} has shape ${formatShape(shape)}, param ${formatShape(param!)}`;
    throw new ShapeError(`${both}; they must be equal`, { op, shape, param });
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new ArgumentError(`step must be an integer >= 1, got ${step}; the first step is 1`, { op, step });
  }
}
