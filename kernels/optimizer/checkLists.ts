import type { Shape } from '../../tensor/shape.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';

/** Shapes of lists of tensors, by name. */
type Lists = Readonly<Record<string, readonly Shape[]>>;

/**
 * Every list has one tensor for each of the first, of its shape.
 *
 * @param optional lists that may be empty instead
 */
export function checkLists(op: string, lists: Lists, optional: Lists = {}): void {
  const first = Object.keys(lists)[0]!;
  for (const name in lists) checkList(op, [first, lists[first]!], [name, lists[name]!]);
  for (const name in optional)
    if (optional[name]!.length > 0) checkList(op, [first, lists[first]!], [name, optional[name]!]);
}

type Named = readonly [name: string, shapes: readonly Shape[]];

function checkList(op: string, [first, wanted]: Named, [name, shapes]: Named): void {
  if (shapes.length !== wanted.length) {
    const counts = `${name} has length ${shapes.length}, ${first} ${wanted.length}`;
    throw new ShapeError(`${counts}; they must be equal`, { op, [name]: shapes, [first]: wanted });
  }
  for (let i = 0; i < shapes.length; i++) {
    if (sameShape(shapes[i]!, wanted[i]!)) continue;
    const both = `${name}[${i}] has shape ${formatShape(shapes[i]!)}, ${first}[${i}] ${formatShape(wanted[i]!)}`;
    throw new ShapeError(`${both}; they must be equal`, { op, [name]: shapes[i], [first]: wanted[i] });
  }
}

/** Steps are counted from 1. */
export function checkStep(op: string, step: number): void {
  if (Number.isInteger(step) && step >= 1) return;
  throw new ArgumentError(`step must be an integer >= 1, got ${step}; the first step is 1`, { op, step });
}
