import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkList, checkShape, formatShape } from '../../tensor/shape.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { placeCpu } from './copy.cpu.ts';

export interface PlaceAttrs {
  /** Of the result. */
  shape: Shape;
  /** Where x's first element goes, per axis. */
  offsets: Shape;
  /** Distance between x's elements in the result, per axis. Default 1. */
  steps?: Shape | undefined;
  /** Everywhere else. */
  value?: number;
}

/** A tensor of `shape` filled with `value`, with x written into it: element i of x goes to offsets + i · steps. */
export const place: Op<['x'], PlaceAttrs> = defineOp({
  name: 'place',
  inputs: ['x'],
  attrs: { steps: undefined, value: 0 },
  required: ['shape', 'offsets'],
  dtypes: 'any',
  shape({ x }, { shape, offsets, steps }) {
    checkShape('place', shape);
    checkList('place', 'offsets', 'places', offsets);
    const fits =
      shape.length === x.length &&
      x.every((n, i) => n === 0 || (offsets[i]! >= 0 && offsets[i]! + (n - 1) * (steps?.[i] ?? 1) < shape[i]!));
    if (!fits)
      throw new ShapeError(`${formatShape(x)} at ${formatShape(offsets)} does not fit into ${formatShape(shape)}`, {
        op: 'place',
        x,
        shape,
        offsets,
      });
    return shape;
  },
  reference({ x }, { shape, offsets, steps, value }) {
    const result = build(shape, () => value);
    build(x.shape, (index) => {
      result.data[
        positionOf(
          index.map((v, i) => offsets[i]! + v * (steps?.[i] ?? 1)),
          shape,
        )
      ] = x.data[positionOf(index, x.shape)]!;
      return 0;
    });
    return result;
  },
  kernels: { cpu: placeCpu },
  backward({ grads: [g], attrs: { offsets, steps }, shapes: { x } }) {
    return {
      x: x.reduce<Tensor>((part, n, axis) => {
        const step = steps?.[axis] ?? 1;
        const start = offsets[axis]!;
        return part.slice({ axis, start, end: n === 0 ? start : start + (n - 1) * step + 1, step });
      }, g),
    };
  },
});
