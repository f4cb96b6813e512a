import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { zeros } from '../create/filled.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { concat } from './concat.ts';

export interface SplitAttrs {
  /** Of the parts along the axis, which they add up to; one number: all of that size, the last one the rest. */
  sizes: number | readonly number[];
  /** Default the first. */
  axis?: number;
}

/** Where the axis is, and each part's first index and length. */
function partsOf(shape: Shape, { sizes, axis }: Required<SplitAttrs>): { at: number; parts: [number, number][] } {
  const op = 'split';
  const at = normalizeAxis(op, axis, shape);
  const total = shape[at]!;
  const least = Array.isArray(sizes) ? 0 : 1;
  const listed = Array.isArray(sizes) ? (sizes as readonly number[]) : [sizes as number];
  const wrong = listed.find((n) => !Number.isInteger(n) || n < least);
  if (wrong !== undefined) {
    const wanted = least === 0 ? 'integers >= 0' : 'an integer >= 1, or an array of sizes';
    throw new ArgumentError(`sizes must be ${wanted}, got ${String(wrong)}`, { op, sizes });
  }
  const lengths = Array.isArray(sizes) ? listed : evenly(total, listed[0]!);
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (sum !== total) {
    throw new ShapeError(
      `sizes ${formatShape(lengths)} add up to ${sum}, but axis ${at} of ${formatShape(shape)} has ${total}; they must be equal`,
      { op, sizes, shape },
    );
  }
  let first = 0;
  return { at, parts: lengths.map((length) => [(first += length) - length, length]) };
}

/** An axis without elements is one part, as in PyTorch. */
function evenly(total: number, size: number): number[] {
  const count = Math.max(1, Math.ceil(total / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

/**
 * x cut along `axis` into parts of `sizes`, without a copy. The gradient is one copy. PyTorch: `torch.split`.
 *
 * @throws ShapeError when the sizes do not add up to the axis
 * @example
 * const [query, rest] = split(zeros([2, 7, 96]), { sizes: [32, 64], axis: -1 });
 * rest.shape; // [2, 7, 64]
 * split(zeros([5]), { sizes: 2 }).length; // 3
 */
export const split: Op<['x'], SplitAttrs, ['parts[]']> = defineOp({
  name: 'split',
  inputs: ['x'],
  outputs: ['parts[]'],
  attrs: { axis: 0 },
  required: ['sizes'],
  dtypes: 'any',
  shape({ x }, attrs) {
    const { at, parts } = partsOf(x, attrs);
    return parts.map(([, length]) => x.with(at, length));
  },
  view({ shape, strides, offset }, attrs) {
    const { at, parts } = partsOf(shape, attrs);
    return parts.map(([first, length]) => ({
      shape: shape.with(at, length),
      strides,
      offset: length > 0 ? offset + first * strides[at]! : offset,
    }));
  },
  reference({ x }, attrs) {
    const { at, parts } = partsOf(x.shape, attrs);
    return parts.map(([first, length]) =>
      build(x.shape.with(at, length), (index) => x.data[positionOf(index.with(at, first + index[at]!), x.shape)]!),
    );
  },
  backward({ grads, attrs, shapes: { x } }) {
    const { at, parts } = partsOf(x, attrs);
    const { dtype, device } = grads.find((g) => g !== null)!;
    return {
      x: concat(
        grads.map((g, i) => g ?? zeros(x.with(at, parts[i]![1]), { dtype, device })),
        { axis: at },
      ),
    };
  },
});
