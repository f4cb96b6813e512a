import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { checkList, formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { concat } from './concat.ts';
import { place } from './place.ts';
import { flip, slice } from './slice.ts';

const modes: readonly PadMode[] = ['constant', 'reflect', 'replicate', 'circular'];

/** What a border holds: one number, the inside mirrored at its first and last element, those elements again, or the other end. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

export interface PadOptions {
  /** Default 'constant'. */
  mode?: PadMode;
  /** Of the border in mode 'constant'. Default 0. */
  value?: number;
}

/** Elements in front and behind. */
export type Border = readonly [before: number, after: number];

/**
 * x with a border: `padding` holds [before, after] per axis, for the last axes when there are fewer pairs. Axes after one another take
 * what the earlier ones have made. Gradients of what the border repeats are added up.
 *
 * @throws ArgumentError for other pairs, another mode, or a value in a mode that has none
 * @throws ShapeError where an axis is too short: a border of n takes n elements beside the edge ('reflect'), n ('circular') or one ('replicate')
 * @source PyTorch: `torch.nn.functional.pad`, whose pairs begin at the last axis
 * @example
 * pad(ones([2, 2]), [[1, 0], [0, 2]]).shape;                            // [3, 4]
 * pad(tensor([1, 2, 3]), [[2, 1]], { mode: 'reflect' });                // [3, 2, 1, 2, 3, 2]
 * pad(tensor([1, 2, 3]), [[2, 1]], { mode: 'replicate' });              // [1, 1, 1, 2, 3, 3]
 * pad(tensor([1, 2, 3]), [[2, 1]], { mode: 'circular' });               // [2, 3, 1, 2, 3, 1]
 */
export function pad(x: Tensor, padding: readonly Border[], options?: PadOptions): Tensor {
  const op = 'pad';
  checkTensor(op, 'x', x);
  const { mode = 'constant', value } = checkOptions(op, options, ['mode', 'value']);
  if (!modes.includes(mode)) {
    throw new ArgumentError(`mode '${String(mode)}' is unknown; use one of ${modes.join(', ')}`, { op, mode });
  }
  if (mode !== 'constant' && value !== undefined) {
    throw new ArgumentError(`value ${value} has no meaning in mode '${mode}'; leave it out`, { op, mode, value });
  }
  const borders = bordersOf(x, padding);
  if (mode === 'constant') {
    const shape = x.shape.map((n, axis) => n + borders[axis]![0] + borders[axis]![1]);
    return place(x, { shape, offsets: borders.map(([before]) => before), value: value ?? 0 });
  }
  borders.forEach((border, axis) => checkRoom(x, axis, border, mode));
  return scope(() =>
    borders.reduce(
      (part, border, axis) => (border.some((n) => n > 0) ? around(part, axis, border, mode) : part),
      x.alias(),
    ),
  );
}

/** A border for each axis of x. */
function bordersOf(x: Tensor, padding: readonly Border[]): Border[] {
  checkList('pad', 'padding', 'pairs [before, after]', padding);
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
  if (padding.length > x.rank || !padding.every(isPair)) {
    const text = JSON.stringify(padding);
    throw new ArgumentError(`padding ${text} must hold at most ${x.rank} pairs [before, after] of integers >= 0`, {
      op: 'pad',
      padding,
      shape: x.shape,
    });
  }
  return [...x.shape.slice(padding.length).map((): Border => [0, 0]), ...padding];
}

/** The longest border that an axis of n elements can fill. */
const longest = {
  reflect: (n: number) => Math.max(n - 1, 0),
  replicate: (n: number) => (n > 0 ? Infinity : 0),
  circular: (n: number) => n,
} as const;

function checkRoom(x: Tensor, axis: number, border: Border, mode: keyof typeof longest): void {
  const most = longest[mode](x.shape[axis]!);
  if (border.every((n) => n <= most)) return;
  const both = `${formatShape(border)} around axis ${axis} of ${formatShape(x.shape)} is too much for mode '${mode}'`;
  throw new ShapeError(`${both}; use at most ${most} on each side`, { op: 'pad', border, axis, shape: x.shape });
}

/** x with a border along one axis that is made of x. */
function around(x: Tensor, axis: number, [before, after]: Border, mode: keyof typeof longest): Tensor {
  const n = x.shape[axis]!;
  const part = (start: number, length: number): Tensor => slice(x, { axis, start, end: start + length });
  const repeated = (start: number, length: number): Tensor => part(start, 1).expand(x.shape.with(axis, length));
  const [front, back] = {
    reflect: () => [flip(part(1, before), { axis }), flip(part(n - 1 - after, after), { axis })],
    replicate: () => [repeated(0, before), repeated(n - 1, after)],
    circular: () => [part(n - before, before), part(0, after)],
  }[mode]();
  return concat([front!, x, back!], { axis });
}
