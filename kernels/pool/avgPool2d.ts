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
  samples: [
    { x: [2, 3, 8, 10], attrs: { kernelSize: 2 } },
    { x: [1, 2, 7, 19], attrs: { kernelSize: 2 } },
    { x: [2, 2, 9, 11], attrs: { kernelSize: 3, stride: 2, padding: 1 } },
    { x: [1, 2, 6, 7], attrs: { kernelSize: [3, 2], stride: [1, 2], padding: [1, 1], countIncludePad: false } },
    { x: [1, 1, 7, 8], attrs: { kernelSize: 3, stride: 2, padding: 1, ceilMode: true } },
    { x: [1, 1, 3, 3], attrs: { kernelSize: 2, ceilMode: true } },
    { x: [2, 2, 4, 10], attrs: { kernelSize: 2, divisorOverride: 3 } },
    { x: [1, 2, 7, 8], attrs: { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false, divisorOverride: 5 } },
    { x: [0, 2, 4, 4], attrs: { kernelSize: 2 } },
  ],
  errors: [
    { x: [2, 8, 8], attrs: { kernelSize: 2 }, throws: 'it must be [N, C, H, W]' },
    { x: [1, 2, 8, 8], attrs: { kernelSize: 3, padding: 2 }, throws: 'more than half of kernelSize [3, 3]' },
    { x: [1, 2, 4, 8], attrs: { kernelSize: 5 }, throws: 'does not fit a padded input of [4, 8]' },
    { x: [1, 2, 4, 8], attrs: { kernelSize: 2, divisorOverride: 0 }, throws: 'must be an integer >= 1, got 0' },
  ],
});

/** avgPool2d's gradient: each window gives its elements equal parts. gradient [N, C, OH, OW] → [N, C, *size]. */
export const avgPool2dBackward: Op<['gradient'], AvgPoolBackwardAttrs> = defineOp({
  name: 'avgPool2dBackward',
  inputs: ['gradient'],
  attrs: defaults,
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
  samples: [
    { gradient: [2, 3, 4, 5], attrs: { kernelSize: 2, size: [8, 11] } },
    { gradient: [1, 2, 5, 6], attrs: { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false, size: [9, 11] } },
    { gradient: [2, 1, 4, 4], attrs: { kernelSize: 3, stride: 2, padding: 1, divisorOverride: 2, size: [7, 8] } },
  ],
  errors: [
    { gradient: [1, 2, 4, 4], attrs: { kernelSize: 2, size: [6, 8] }, throws: "must be the output's [1, 2, 3, 4]" },
  ],
});
