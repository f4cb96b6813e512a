import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkShare } from '../../tensor/range.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { averageStepWebgpu } from './adaptive.webgpu.ts';

export interface AverageAttrs {
  /** How much of the value is taken: 0 leaves the average as it is, 1 makes it the value. */
  weight: number;
}

/**
 * One step of a running average, written into it: average += weight · (value − average). Both have one shape.
 *
 * @throws ShapeError when the shapes differ, ArgumentError unless weight is of 0..1
 * @source PyTorch: `Tensor.lerp_`
 */
export const averageStep: Op<['average:wide', 'value'], AverageAttrs, []> = defineOp({
  name: 'averageStep',
  inputs: ['average:wide', 'value'],
  outputs: [],
  mutates: ['average'],
  shape({ average, value }, { weight }) {
    checkShare('averageStep', { weight });
    if (sameShape(average, value)) return;
    const both = `value has shape ${formatShape(value)}, average ${formatShape(average)}`;
    throw new ShapeError(`${both}; they must be equal`, { op: 'averageStep', value, average });
  },
  reference: ({ average: { shape, data }, value }, { weight }) => [
    { shape, data: Float64Array.from(data, (a, i) => a + weight * (value.data[i]! - a)) },
  ],
  kernels: {
    cpu: ({ average, value }, { weight }) =>
      launch('averageStep', [pointer(average), pointer(value), weight], average.size, { work: 0.5, multiple: 4 }),
    webgpu: averageStepWebgpu,
  },
  samples: [
    { average: [5], value: [5], attrs: { weight: 0.1 } },
    { average: [3, 68], value: [3, 68], attrs: { weight: 0.9 } },
    { average: [], value: [], attrs: { weight: 0.5 } },
    { average: [0], value: [0], attrs: { weight: 0.5 } },
  ],
  errors: [
    { average: [3], value: [1], attrs: { weight: 0 }, throws: 'value has shape [1], average [3]' },
    { average: [3], value: [3], attrs: { weight: 2 }, throws: 'weight must be a number of 0..1, got 2' },
  ],
});
