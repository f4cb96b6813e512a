import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Sides } from '../conv/problem.ts';
import type { PoolAttrs } from './problem.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkImages, readPair } from '../conv/problem.ts';
import { maxPool2dBackwardCpu, maxPool2dCpu, maxPool2dGatherCpu } from './maxPool2d.cpu.ts';
import { resolvePool } from './problem.ts';
import { forEachWindow, spansOf, zerosOf } from './reference.ts';

export interface MaxPoolAttrs extends PoolAttrs {
  /** Distance between the elements of a window. Default 1. */
  dilation?: Sides;
}

export interface WinnersAttrs {
  /** [H, W] of the input. */
  size: Shape;
}

/**
 * The largest element of each window, and where it is in its map (row · W + column): the first of equals, or the last
 * NaN. A window without elements, which dilation can make, has −∞ and −1.
 * x [N, C, H, W] → [N, C, OH, OW] and as many int32.
 *
 * @throws ShapeError or ArgumentError when no window fits or padding exceeds half of the kernel
 */
export const maxPool2dWithIndices: Op<['x'], MaxPoolAttrs, ['output', 'indices']> = defineOp({
  name: 'maxPool2dWithIndices',
  inputs: ['x'],
  outputs: ['output', 'indices'],
  attrs: { stride: undefined, padding: 0, dilation: 1, ceilMode: false },
  required: ['kernelSize'],
  dtype: (x) => [x, 'int32'],
  shape({ x }, attrs) {
    const shape = [...x.slice(0, 2), ...resolvePool('maxPool2d', x, attrs).size];
    return [shape, shape];
  },
  reference({ x }, attrs) {
    const [vertical, horizontal] = ([0, 1] as const).map((axis) => spansOf(attrs, axis, x.shape[axis + 2]!));
    const shape = [...x.shape.slice(0, 2), vertical!.length, horizontal!.length];
    const [values, indices] = [zerosOf(shape).data, new Int32Array(shape.reduce((a, b) => a * b, 1))];
    const map = x.shape[2]! * x.shape[3]!;
    forEachWindow(x.shape, [vertical!, horizontal!], (at, places) => {
      const best = places.reduce(
        (a, b) => (x.data[b]! > x.data[a]! || Number.isNaN(x.data[b]) ? b : a),
        places[0] ?? -1,
      );
      values[at] = best < 0 ? -Infinity : x.data[best]!;
      indices[at] = best < 0 ? -1 : best % map;
    });
    return [
      { shape, data: values },
      { shape, data: indices },
    ];
  },
  kernels: { cpu: maxPool2dCpu },
  saves: ['indices'],
  backward({ grads: [g], outputs: { indices }, shapes: { x } }) {
    return { x: g && maxPool2dBackward(g, indices, { size: x.slice(2) }) };
  },
});

/** maxPool2d's gradient: elements go to where the maximum was. gradient, indices [N, C, OH, OW] → [N, C, *size]. */
export const maxPool2dBackward: Op<['gradient', 'indices:int'], WinnersAttrs> = defineOp({
  name: 'maxPool2dBackward',
  inputs: ['gradient', 'indices:int'],
  required: ['size'],
  shape({ gradient, indices }, attrs) {
    checkImages('maxPool2dBackward', gradient, 'gradient');
    if (!sameShape(gradient, indices)) {
      const shapes = `gradient ${formatShape(gradient)} and indices ${formatShape(indices)}`;
      throw new ShapeError(`${shapes} differ; they must be equal`, { op: 'maxPool2dBackward', gradient, indices });
    }
    return [...gradient.slice(0, 2), ...readPair('maxPool2dBackward', 'size', attrs.size, 1)];
  },
  reference({ gradient, indices }, { size }) {
    const dx = zerosOf([...gradient.shape.slice(0, 2), ...size]);
    const count = gradient.shape[2]! * gradient.shape[3]!;
    indices.data.forEach((index, i) => {
      if (index >= 0) dx.data[Math.floor(i / count) * size[0]! * size[1]! + index]! += gradient.data[i]!;
    });
    return dx;
  },
  kernels: { cpu: maxPool2dBackwardCpu },
  saves: ['indices'],
  backward({ grads: [g], inputs: { indices } }) {
    return { gradient: maxPool2dGather(g, indices) };
  },
});

/** The elements at `indices` of each map; 0 where the index is −1. x [N, C, H, W], indices → [N, C, OH, OW]. */
export const maxPool2dGather: Op<['x', 'indices:int']> = defineOp({
  name: 'maxPool2dGather',
  inputs: ['x', 'indices:int'],
  shape({ x, indices }) {
    checkImages('maxPool2dGather', x);
    checkImages('maxPool2dGather', indices, 'indices');
    if (!sameShape(x.slice(0, 2), indices.slice(0, 2))) {
      const shapes = `x ${formatShape(x)} and indices ${formatShape(indices)}`;
      throw new ShapeError(`${shapes} differ; images and channels must be equal`, {
        op: 'maxPool2dGather',
        x,
        indices,
      });
    }
    return indices;
  },
  reference({ x, indices }) {
    const values = zerosOf(indices.shape);
    const [size, count] = [x.shape[2]! * x.shape[3]!, indices.shape[2]! * indices.shape[3]!];
    indices.data.forEach((index, i) => {
      if (index >= 0) values.data[i] = x.data[Math.floor(i / count) * size + index]!;
    });
    return values;
  },
  kernels: { cpu: maxPool2dGatherCpu },
  saves: ['indices'],
  backward({ grads: [g], inputs: { indices }, shapes: { x } }) {
    return { x: maxPool2dBackward(g, indices, { size: x.slice(2) }) };
  },
});

/**
 * The largest element of each window. x [N, C, H, W] → [N, C, OH, OW],
 * OH = ⌊(H + 2 · padding − dilation · (kh − 1) − 1) / stride⌋ + 1.
 *
 * @example
 * maxPool2d(zeros([1, 8, 28, 28]), { kernelSize: 2 }).shape;     // [1, 8, 14, 14]
 */
export function maxPool2d(x: Tensor, attrs: MaxPoolAttrs): Tensor {
  const [output, indices] = maxPool2dWithIndices(x, attrs);
  indices.dispose();
  return output;
}
