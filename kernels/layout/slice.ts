import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxes, normalizeAxis } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { place } from './place.ts';
import { squeeze } from './reshape.ts';

export interface SliceAttrs {
  axis: number;
  /** First index; negative counts from the end. */
  start?: number;
  /** One past the last index; negative counts from the end. Beyond the end is the end. */
  end?: number;
  /** At least 1. */
  step?: number;
}

/** First index and length of the slice, clamped to the axis as in Python. */
function range(
  shape: Shape,
  { axis, start, end, step }: Required<SliceAttrs>,
): { axis: number; first: number; length: number } {
  const at = normalizeAxis('slice', axis, shape);
  if (!Number.isInteger(step) || step < 1)
    throw new ArgumentError(`step must be an integer >= 1, got ${step}; reverse with flip`, { op: 'slice', step });
  const n = shape[at]!;
  const clamp = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, 0), n);
  const first = clamp(start);
  return { axis: at, first, length: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
}

/**
 * Elements `start`, `start + step`, ... before `end` along `axis`, without a copy. Bounds clamp as in Python.
 *
 * @example
 * slice(arange(10), { axis: 0, start: 2, end: -1, step: 3 });     // [2, 5, 8]
 */
export const slice: Op<['x'], SliceAttrs> = defineOp({
  name: 'slice',
  inputs: ['x'],
  attrs: { start: 0, end: Infinity, step: 1 },
  required: ['axis'],
  dtypes: 'any',
  shape({ x }, attrs) {
    const { axis, length } = range(x, attrs);
    return x.with(axis, length);
  },
  view(x, attrs) {
    const { axis, first, length } = range(x.shape, attrs);
    const stride = x.strides[axis]!;
    return {
      shape: x.shape.with(axis, length),
      strides: x.strides.with(axis, stride * attrs.step),
      offset: x.offset + (length > 0 ? first * stride : 0),
    };
  },
  reference({ x }, attrs) {
    const { axis, first, length } = range(x.shape, attrs);
    return build(
      x.shape.with(axis, length),
      (index) => x.data[positionOf(index.with(axis, first + index[axis]! * attrs.step), x.shape)]!,
    );
  },
  backward({ grads: [g], attrs, shapes }) {
    const { axis, first } = range(shapes.x, attrs);
    const zeros = shapes.x.map(() => 0);
    return {
      x: place(g, { shape: shapes.x, offsets: zeros.with(axis, first), steps: zeros.fill(1).with(axis, attrs.step) }),
    };
  },
});

/** x at `index` of `axis`, which goes away; negative counts from the end. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  checkTensor('select', 'x', x);
  const at = normalizeAxis('select', axis, x.shape);
  const n = x.shape[at]!;
  if (!Number.isInteger(index) || index < -n || index >= n) {
    throw new ShapeError(
      `index ${index} is out of range for axis ${at} of ${formatShape(x.shape)}; use ${-n}..${n - 1}`,
      { op: 'select', axis, index, shape: x.shape },
    );
  }
  const start = index < 0 ? index + n : index;
  const row = slice(x, { axis: at, start, end: start + 1 });
  const result = squeeze(row, at);
  row.dispose();
  return result;
}

/** x in reverse order along the axes named (default all), without a copy. */
export const flip: Op<['x'], { axis?: number | readonly number[] | undefined }> = defineOp({
  name: 'flip',
  inputs: ['x'],
  attrs: { axis: undefined },
  dtypes: 'any',
  shape({ x }, { axis }) {
    normalizeAxes('flip', axis, x);
    return x;
  },
  view({ shape, strides, offset }, { axis }) {
    const axes = normalizeAxes('flip', axis, shape);
    const turned = axes.filter((i) => shape[i]! > 1);
    const last = turned.reduce((sum, i) => sum + (shape[i]! - 1) * strides[i]!, 0);
    return {
      shape,
      strides: strides.map((step, i) => (turned.includes(i) ? -step : step)),
      offset: shape.includes(0) ? offset : offset + last,
    };
  },
  reference({ x }, { axis }) {
    const listed = axis === undefined ? x.shape.map((_, i) => i) : [axis].flat();
    const axes = listed.map((i) => (i < 0 ? i + x.shape.length : i));
    return build(
      x.shape,
      (index) =>
        x.data[
          positionOf(
            index.map((v, i) => (axes.includes(i) ? x.shape[i]! - 1 - v : v)),
            x.shape,
          )
        ]!,
    );
  },
  backward: ({ grads: [g], attrs }) => ({ x: flip(g, attrs) }),
});
