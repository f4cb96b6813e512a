import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { AdaptiveAttrs } from './adaptiveAvgPool2d.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkImages, readPair } from '../conv/problem.ts';
import { adaptiveMaxPool2dCpu } from './adaptiveMaxPool2d.cpu.ts';
import { maxPool2dBackward } from './maxPool2d.ts';
import { adaptiveSpans, forEachWindow, zerosOf } from './reference.ts';

/**
 * The largest element of each window that `adaptiveAvgPool2d` has, and where it is in its map (row · W + column): the
 * first of equals, or the last NaN. x [N, C, H, W] → [N, C, *outputSize] and as many int32.
 *
 * @throws ShapeError when x is not [N, C, H, W] or its maps are empty
 */
export const adaptiveMaxPool2dWithIndices: Op<['x'], AdaptiveAttrs, ['output', 'indices']> = defineOp({
  name: 'adaptiveMaxPool2dWithIndices',
  inputs: ['x'],
  outputs: ['output', 'indices'],
  required: ['outputSize'],
  dtype: (x) => [x, 'int32'],
  shape({ x }, { outputSize }) {
    const op = 'adaptiveMaxPool2d';
    checkImages(op, x);
    if (x[2] === 0 || x[3] === 0) {
      throw new ShapeError(`x ${formatShape(x)} has empty maps; height and width must be >= 1`, { op, x });
    }
    const shape = [...x.slice(0, 2), ...readPair(op, 'outputSize', outputSize, 1)];
    return [shape, shape];
  },
  reference({ x }, { outputSize }) {
    const [rows, columns] = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize;
    const values = zerosOf([...x.shape.slice(0, 2), rows!, columns!]);
    const indices = new Int32Array(values.data.length);
    const [height, width] = [x.shape[2]!, x.shape[3]!];
    forEachWindow(x.shape, [adaptiveSpans(rows!, height), adaptiveSpans(columns!, width)], (at, places) => {
      let best = places[0]!;
      for (const place of places) if (x.data[place]! > x.data[best]! || Number.isNaN(x.data[place])) best = place;
      values.data[at] = x.data[best]!;
      indices[at] = best % (height * width);
    });
    return [values, { shape: values.shape, data: indices }];
  },
  kernels: { cpu: adaptiveMaxPool2dCpu },
  saves: ['indices'],
  backward({ grads: [g], outputs: { indices }, shapes: { x } }) {
    return { x: g && maxPool2dBackward(g, indices, { size: x.slice(2) }) };
  },
});

/**
 * The largest of each of `outputSize` windows that cover each map evenly: window i of n is ⌊i · H / n⌋ to
 * ⌈(i + 1) · H / n⌉. x [N, C, H, W] → [N, C, *outputSize].
 *
 * @throws ShapeError when x is not [N, C, H, W] or its maps are empty
 * @source PyTorch: `torch.nn.functional.adaptive_max_pool2d`
 * @example
 * await adaptiveMaxPool2d(tensor([[[[1, 2, 3], [4, 5, 6]]]]), { outputSize: [1, 2] }).array();     // [[[[5, 6]]]]
 */
export function adaptiveMaxPool2d(x: Tensor, attrs: AdaptiveAttrs): Tensor {
  const [output, indices] = adaptiveMaxPool2dWithIndices(x, attrs);
  indices.dispose();
  return output;
}
