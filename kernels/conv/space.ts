// What convolutions of any number of spatial axes check.

import type { Shape } from '../../tensor/shape.ts';
import type { Sides } from './problem.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';

/** Shapes by the number of spatial axes, as messages call them. */
const letters = {
  1: { x: '[N, C, L]', kernel: 'k' },
  2: { x: '[N, C, H, W]', kernel: 'kh, kw' },
  3: { x: '[N, C, D, H, W]', kernel: 'kd, kh, kw' },
} as const;

export type Rank = keyof typeof letters;

/** One number for each of `rank` axes. Throws unless they are integers >= `least`. */
export function readSides(op: string, name: string, value: Sides, least: number, rank: Rank): number[] {
  const sides = typeof value === 'number' ? new Array<number>(rank).fill(value) : [...value];
  if (sides.length === rank && sides.every((n) => Number.isInteger(n) && n >= least)) return sides;
  const given = Array.isArray(value) ? formatShape(value) : String(value);
  const wanted = rank === 1 ? 'an integer' : `an integer, or ${rank} integers, one per axis, each`;
  throw new ArgumentError(`${name} ${given} must be ${wanted} >= ${least}`, { op, [name]: value });
}

/** Throws unless x has a batch axis, a channel axis and `rank` spatial ones. */
export function checkSpace(op: string, x: Shape, rank: Rank, name = 'x'): void {
  if (x.length === rank + 2) return;
  const advice = x.length === rank + 1 ? `; ${name}.unsqueeze(0) adds the batch axis` : '';
  const wanted = `it must be ${letters[rank].x}${advice}`;
  throw new ShapeError(`${name} ${formatShape(x)} has rank ${x.length}; ${wanted}`, { op, [name]: x });
}

/** Throws unless the groups divide the channels and the parameters fit x; `channels` are those of x, then of the result. */
export function checkParameters(
  op: string,
  { x, weight, bias }: Readonly<{ x: Shape; weight: Shape; bias: Shape | undefined }>,
  groups: number,
  isTransposed: boolean,
): void {
  const rank = (x.length - 2) as Rank;
  if (weight.length !== rank + 2) {
    const lead = isTransposed ? 'C, O / groups' : 'O, C / groups';
    const wanted = `it must be [${lead}, ${letters[rank].kernel}]`;
    throw new ShapeError(`weight ${formatShape(weight)} has rank ${weight.length}; ${wanted}`, { op, weight });
  }
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(`groups ${String(groups)} must be an integer >= 1`, { op, groups });
  }
  const [first, second, ...kernel] = weight as [number, number, ...number[]];
  readSides(op, "weight's kernel", kernel, 1, rank);
  if (first % groups !== 0) {
    const message = `weight ${formatShape(weight)} begins with ${first}; ${groups} groups must divide it`;
    throw new ShapeError(message, { op, weight, groups });
  }
  const [reads, writes] = isTransposed ? [first, second * groups] : [second * groups, first];
  if (x[1] !== reads || reads === 0) {
    const message = `x ${formatShape(x)} has ${x[1]} channels, weight ${formatShape(weight)} reads ${reads}`;
    throw new ShapeError(`${message} in ${groups} groups`, { op, x, weight, groups });
  }
  if (bias && !sameShape(bias, [writes])) {
    const wanted = `it must be [${writes}]`;
    throw new ShapeError(`bias ${formatShape(bias)} does not fit weight ${formatShape(weight)}; ${wanted}`, {
      op,
      bias,
      weight,
    });
  }
}

/** Throws unless a kernel that spans `spans` fits into sizes of `room`, padding included. */
export function checkFit(op: string, spans: Shape, room: Shape): void {
  if (spans.every((n, axis) => n <= room[axis]!)) return;
  const message = `a kernel that spans ${formatShape(spans)} does not fit a padded input of ${formatShape(room)}`;
  throw new ShapeError(`${message}; pad more or take a smaller kernel`, { op, spans, room });
}
