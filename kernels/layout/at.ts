// Basic indexing: integers, slices, new axes and the ellipsis, as a chain of views.

import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { unsqueeze } from './reshape.ts';
import { flip, select, slice } from './slice.ts';

/** A slice: start, end (left out) and step, each of which may be missing or null; `[]` is the whole axis. */
export type IndexRange = readonly [
  start?: number | null | undefined,
  end?: number | null | undefined,
  step?: number | null | undefined,
];

/** What stands for one axis: an index, a range, `null` for a new axis, `'...'` for all the axes between. */
export type Place = number | IndexRange | null | '...';

/**
 * The part of x that Python's basic indexing gives, without a copy; gradients flow back into x's place. For each axis in turn: an
 * integer takes one element and the axis goes away, `[start, end, step]` takes a range, `null` makes an axis of size 1, `'...'`
 * stands for as many whole axes as are left. Axes not named are whole. Negative numbers count from the end; ranges clamp; a negative
 * step walks backwards. To choose by a tensor use `indexSelect`, `gather` or `maskedSelect`.
 *
 * @throws ShapeError for more places than axes or an index out of range, ArgumentError for what is none of these
 * @example
 * const x = reshape(arange(24), [2, 3, 4]);
 * x.at(1, -1); // [20, 21, 22, 23]
 * x.at('...', [null, null, 2]).shape; // [2, 3, 2]
 * x.at(0, [1], null, [3, 1, -1]); // [[[7, 6]], [[11, 10]]]
 */
export function at(x: Tensor, ...places: Place[]): Tensor {
  checkTensor('at', 'x', x);
  places.forEach(checkPlace);
  const used = places.filter((place) => place !== null && place !== '...').length;
  const gaps = places.filter((place) => place === '...').length;
  if (used > x.rank || gaps > 1) {
    const wrong = gaps > 1 ? "'...' stands there twice" : `${used} places for the ${x.rank} axes`;
    throw new ShapeError(`${wrong} of ${formatShape(x.shape)}; name each axis once`, { op: 'at', shape: x.shape });
  }
  return scope(() => {
    let part = x.alias();
    let axis = 0;
    for (const place of places) {
      if (place === '...') axis += x.rank - used;
      else if (place === null) part = unsqueeze(part, axis++);
      else if (typeof place === 'number') part = element(part, axis, place);
      else part = range(part, axis++, place);
    }
    return part;
  });
}

function checkPlace(place: unknown): void {
  if (place === null || place === '...') return;
  const numbers: unknown[] = Array.isArray(place) ? place.filter((n) => n !== null && n !== undefined) : [place];
  const isWhole = numbers.every((n) => Number.isInteger(n));
  if (isWhole && (!Array.isArray(place) || place.length <= 3)) return;
  const text = typeof place === 'number' ? String(place) : String(JSON.stringify(place) ?? typeof place);
  throw new ArgumentError(`${text} is no place; use an integer, [start, end, step], null or '...'`, {
    op: 'at',
    place,
  });
}

function element(x: Tensor, axis: number, index: number): Tensor {
  const n = x.shape[axis]!;
  if (index >= -n && index < n) return select(x, axis, index);
  const range = n === 0 ? 'there is nothing to choose from' : `use ${-n}..${n - 1}`;
  throw new ShapeError(`index ${index} is out of range for an axis of ${n}; ${range}`, { op: 'at', index, size: n });
}

function range(x: Tensor, axis: number, [start, end, step]: IndexRange): Tensor {
  const by = step ?? 1;
  if (by === 0) throw new ArgumentError('step must not be 0', { op: 'at', step });
  if (by > 0) return slice(x, { axis, start: start ?? 0, end: end ?? Infinity, step: by });
  // The same elements in rising order: from the last one walked to, turned round.
  const n = x.shape[axis]!;
  const clamp = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, -1), n - 1);
  const first = clamp(start ?? n - 1);
  const count = Math.max(0, Math.ceil((first - (end === null || end === undefined ? -1 : clamp(end))) / -by));
  const lowest = first + (count - 1) * by;
  if (count === 0) return slice(x, { axis, start: 0, end: 0 });
  return flip(slice(x, { axis, start: lowest, end: first + 1, step: -by }), { axis });
}
