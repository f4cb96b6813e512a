// Windows along one axis, and the sum of what overlaps in them: each other's gradient, and what convolutions over depth,
// `unfold` and `fold` are made of.

import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { pad } from '../layout/pad.ts';
import { build, indices, positionOf } from '../runtime/reference/loops.ts';
import { overlapAddCpu } from './overlapAdd.cpu.ts';

export interface SlidingWindowsAttrs {
  axis: number;
  /** Elements of a window. */
  size: number;
  /** From one window to the next. Default 1. */
  step?: number;
  /** From one element of a window to the next. Default 1. */
  dilation?: number;
}

export interface OverlapAddAttrs {
  axis: number;
  /** Of the axis in the result. */
  length: number;
  /** From one window to the next. Default 1. */
  step?: number;
  /** From one element of a window to the next. Default 1. */
  dilation?: number;
  /** Places in front of the result that the first windows reach. Default 0. */
  padding?: number;
}

function checkIntegers(op: string, numbers: Readonly<Record<string, number>>, least = 1): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ArgumentError(`${name} must be an integer >= ${least}, got ${String(value)}`, { op, [name]: value });
  }
}

/**
 * The windows of `size` elements along `axis`, without a copy: the axis counts windows, and a new last axis holds the
 * elements of each. Window i begins at i · step; its elements are `dilation` apart.
 * x [..., n, ...] → [..., ⌊(n − dilation · (size − 1) − 1) / step⌋ + 1, ..., size].
 *
 * @throws ShapeError when no window fits
 * @source PyTorch: `torch.Tensor.unfold`
 * @example
 * await slidingWindows(arange(5), { axis: 0, size: 3, step: 2 }).array(); // [[0, 1, 2], [2, 3, 4]]
 */
export const slidingWindows: Op<['x'], SlidingWindowsAttrs> = defineOp({
  name: 'slidingWindows',
  inputs: ['x'],
  attrs: { step: 1, dilation: 1 },
  required: ['axis', 'size'],
  dtypes: 'any',
  shape({ x }, { axis, size, step, dilation }) {
    const op = 'slidingWindows';
    const at = normalizeAxis(op, axis, x);
    checkIntegers(op, { size, step, dilation });
    const span = dilation * (size - 1) + 1;
    if (span > x[at]!) {
      throw new ShapeError(`a window that spans ${span} does not fit axis ${at} of ${formatShape(x)}`, {
        op,
        x,
        axis,
        span,
      });
    }
    return [...x.with(at, Math.floor((x[at]! - span) / step) + 1), size];
  },
  view({ shape, strides, offset }, { axis, size, step, dilation }) {
    const at = normalizeAxis('slidingWindows', axis, shape);
    const count = Math.floor((shape[at]! - dilation * (size - 1) - 1) / step) + 1;
    const stride = strides[at]!;
    return {
      shape: [...shape.with(at, count), size],
      strides: [...strides.with(at, stride * step), stride * dilation],
      offset,
    };
  },
  reference({ x }, { axis, size, step, dilation }) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    const count = Math.floor((x.shape[at]! - dilation * (size - 1) - 1) / step) + 1;
    return build([...x.shape.with(at, count), size], (index) => {
      const source = index.slice(0, -1);
      return x.data[positionOf(source.with(at, source[at]! * step + index.at(-1)! * dilation), x.shape)]!;
    });
  },
  backward({ grads: [g], attrs: { axis, step, dilation }, shapes: { x } }) {
    const at = normalizeAxis('slidingWindows', axis, x);
    return { x: overlapAdd(g, { axis: at, length: x[at]!, step, dilation }) };
  },
});

/**
 * Each element of each window added to the place that it has in the result: element t of window i goes to
 * i · step + t · dilation − padding along `axis`; what falls outside is left out, places without a window are 0.
 * x [..., windows, ..., size] → [..., length, ...]. The map that `slidingWindows` transposes.
 *
 * @throws ShapeError when x has less than two axes, or `axis` is the last: that of the windows' elements
 * @example
 * await overlapAdd(ones([3, 2]), { axis: 0, length: 4 }).array(); // [1, 2, 2, 1]
 */
export const overlapAdd: Op<['x'], OverlapAddAttrs> = defineOp({
  name: 'overlapAdd',
  inputs: ['x'],
  attrs: { step: 1, dilation: 1, padding: 0 },
  required: ['axis', 'length'],
  shape({ x }, { axis, length, step, dilation, padding }) {
    const op = 'overlapAdd';
    const places = x.slice(0, -1);
    const at = normalizeAxis(op, axis, places);
    checkIntegers(op, { length, step, dilation });
    checkIntegers(op, { padding }, 0);
    if (x[at] === 0 || x.at(-1) === 0) throw new ShapeError(`x ${formatShape(x)} has no windows`, { op, x });
    return places.with(at, length);
  },
  reference({ x }, { axis, length, step, dilation, padding }) {
    const places = x.shape.slice(0, -1);
    const at = axis < 0 ? axis + places.length : axis;
    const result = build(places.with(at, length), () => 0);
    let from = 0;
    for (const index of indices(x.shape)) {
      const value = x.data[from++]!;
      const place = index[at]! * step + index.at(-1)! * dilation - padding;
      if (place < 0 || place >= length) continue;
      result.data[positionOf(index.slice(0, -1).with(at, place), result.shape)]! += value;
    }
    return result;
  },
  kernels: { cpu: overlapAddCpu },
  backward({ grads: [g], attrs, shapes: { x } }) {
    const { axis, length, step, dilation, padding } = attrs;
    const at = normalizeAxis('overlapAdd', axis, x.slice(0, -1));
    const size = x.at(-1)!;
    const reach = (x[at]! - 1) * step + dilation * (size - 1) + 1;
    const inside = g.slice({ axis: at, end: Math.max(0, Math.min(length, reach - padding)) });
    const room = padded(inside, at, padding, reach - padding - inside.shape[at]!);
    return { x: slidingWindows(room, { axis: at, size, step, dilation }) };
  },
});

/** x with zeros before and behind along one axis; x itself where there are none. */
export function padded(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x;
  return pad(
    x,
    x.shape.slice(axis).map((_, i): [number, number] => (i === 0 ? [before, after] : [0, 0])),
  );
}
