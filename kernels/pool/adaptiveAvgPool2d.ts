import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Sides } from '../conv/problem.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkImages, readPair } from '../conv/problem.ts';
import { adaptiveAvgPool2dBackwardCpu, adaptiveAvgPool2dCpu } from './averagePool.cpu.ts';
import { adaptiveSpans, forEachWindow, zerosOf } from './reference.ts';

export interface AdaptiveAttrs {
  outputSize: Sides;
}

export interface AdaptiveBackwardAttrs {
  /** [H, W] of the input. */
  size: Shape;
}

/**
 * The mean of `outputSize` windows that cover each map evenly: window i of n is ⌊i · H / n⌋ to ⌈(i + 1) · H / n⌉.
 * x [N, C, H, W] → [N, C, *outputSize]. An outputSize of 1 gives the mean of each map.
 *
 * @throws ShapeError when x is not [N, C, H, W] or its maps are empty
 *
 * @example
 * await adaptiveAvgPool2d(tensor([[[[1, 2, 3], [4, 5, 6]]]]), { outputSize: [1, 2] }).array();     // [[[[3, 4]]]]
 */
export const adaptiveAvgPool2d: Op<['x'], AdaptiveAttrs> = defineOp({
  name: 'adaptiveAvgPool2d',
  inputs: ['x'],
  required: ['outputSize'],
  shape({ x }, { outputSize }) {
    checkImages('adaptiveAvgPool2d', x);
    if (x[2] === 0 || x[3] === 0) {
      throw new ShapeError(`x ${formatShape(x)} has empty maps; height and width must be >= 1`, {
        op: 'adaptiveAvgPool2d',
        x,
      });
    }
    return [...x.slice(0, 2), ...readPair('adaptiveAvgPool2d', 'outputSize', outputSize, 1)];
  },
  reference({ x }, { outputSize }) {
    const [rows, columns] = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize;
    const y = zerosOf([...x.shape.slice(0, 2), rows!, columns!]);
    const spans = [adaptiveSpans(rows!, x.shape[2]!), adaptiveSpans(columns!, x.shape[3]!)] as const;
    forEachWindow(x.shape, spans, (at, places) => {
      y.data[at] = places.reduce((total, place) => total + x.data[place]!, 0) / places.length;
    });
    return y;
  },
  kernels: { cpu: adaptiveAvgPool2dCpu },
  backward({ grads: [g], shapes: { x } }) {
    return { x: adaptiveAvgPool2dBackward(g, { size: x.slice(2) }) };
  },
});

/** adaptiveAvgPool2d's gradient: windows give their elements equal parts. gradient [N, C, OH, OW] → [N, C, *size]. */
export const adaptiveAvgPool2dBackward: Op<['gradient'], AdaptiveBackwardAttrs> = defineOp({
  name: 'adaptiveAvgPool2dBackward',
  inputs: ['gradient'],
  required: ['size'],
  shape({ gradient }, { size }) {
    checkImages('adaptiveAvgPool2dBackward', gradient, 'gradient');
    return [...gradient.slice(0, 2), ...readPair('adaptiveAvgPool2dBackward', 'size', size, 1)];
  },
  reference({ gradient }, { size }) {
    const dx = zerosOf([...gradient.shape.slice(0, 2), ...size]);
    const spans = [adaptiveSpans(gradient.shape[2]!, size[0]!), adaptiveSpans(gradient.shape[3]!, size[1]!)] as const;
    forEachWindow(dx.shape, spans, (at, places) => {
      for (const place of places) dx.data[place]! += gradient.data[at]! / places.length;
    });
    return dx;
  },
  kernels: { cpu: adaptiveAvgPool2dBackwardCpu },
  backward({ grads: [g], shapes: { gradient } }) {
    return { gradient: adaptiveAvgPool2d(g, { outputSize: gradient.slice(2) }) };
  },
});
