import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { PoolAttrs } from './problem.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkImages, readPair } from '../conv/problem.ts';
import { avgPool2dBackwardCpu, avgPool2dCpu } from './averagePool.cpu.ts';
import { checkDivisor, inputShape, resolvePool } from './problem.ts';
import { divisorOf, forEachWindow, spansOf, zerosOf } from './reference.ts';

export interface AvgPoolAttrs extends PoolAttrs {
  /** Whether the zeros of the padding count as elements. Default true. */
  countIncludePad?: boolean;
  /** What the sum of a window is divided by. Default: its number of elements. */
  divisorOverride?: number | undefined;
}

export interface AvgPoolBackwardAttrs extends AvgPoolAttrs {
  /** [H, W] of the input. */
  size: Shape;
}

const defaults = { stride: undefined, padding: 0, ceilMode: false, countIncludePad: true, divisorOverride: undefined };

/**
 * The mean of each window. x [N, C, H, W] → [N, C, OH, OW], OH = ⌊(H + 2 · padding − kh) / stride⌋ + 1.
 *
 * @throws ShapeError or ArgumentError when no window fits, padding exceeds half of the kernel or divisorOverride is no integer >= 1
 *
 * @example
 * await avgPool2d(tensor([[[[1, 2], [3, 6]]]]), { kernelSize: 2 }).array();     // [[[[3]]]]
 */
export const avgPool2d: Op<['x'], AvgPoolAttrs> = defineOp({
  name: 'avgPool2d',
  inputs: ['x'],
  attrs: defaults,
  required: ['kernelSize'],
  shape({ x }, attrs) {
    checkDivisor('avgPool2d', attrs);
    return [...x.slice(0, 2), ...resolvePool('avgPool2d', x, attrs).size];
  },
  reference({ x }, attrs) {
    const [vertical, horizontal] = ([0, 1] as const).map((axis) => spansOf(attrs, axis, x.shape[axis + 2]!));
    const y = zerosOf([...x.shape.slice(0, 2), vertical!.length, horizontal!.length]);
    forEachWindow(x.shape, [vertical!, horizontal!], (at, places, padded) => {
      const sum = places.reduce((total, place) => total + x.data[place]!, 0);
      y.data[at] = sum / divisorOf(attrs, places.length, padded);
    });
    return y;
  },
  kernels: { cpu: avgPool2dCpu },
  backward({ grads: [g], attrs, shapes: { x } }) {
    return { x: avgPool2dBackward(g, { ...attrs, size: x.slice(2) }) };
  },
});

/** avgPool2d's gradient: each window gives its elements equal parts. gradient [N, C, OH, OW] → [N, C, *size]. */
export const avgPool2dBackward: Op<['gradient'], AvgPoolBackwardAttrs> = defineOp({
  name: 'avgPool2dBackward',
  inputs: ['gradient'],
  attrs: defaults,
  required: ['kernelSize', 'size'],
  shape({ gradient }, attrs) {
    checkDivisor('avgPool2dBackward', attrs);
    checkImages('avgPool2dBackward', gradient, 'gradient');
    const source = readPair('avgPool2dBackward', 'size', attrs.size, 1);
    const { size } = resolvePool('avgPool2dBackward', [...gradient.slice(0, 2), ...source], attrs);
    return inputShape('avgPool2dBackward', gradient, source, size);
  },
  reference({ gradient }, attrs) {
    const [vertical, horizontal] = ([0, 1] as const).map((axis) => spansOf(attrs, axis, attrs.size[axis]!));
    const dx = zerosOf([...gradient.shape.slice(0, 2), ...attrs.size]);
    forEachWindow(dx.shape, [vertical!, horizontal!], (at, places, padded) => {
      const part = gradient.data[at]! / divisorOf(attrs, places.length, padded);
      for (const place of places) dx.data[place]! += part;
    });
    return dx;
  },
  kernels: { cpu: avgPool2dBackwardCpu },
  backward({ grads: [g], attrs }) {
    const { size: _size, ...shared } = attrs;
    return { gradient: avgPool2d(g, shared) };
  },
});
