import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkShare } from '../../tensor/range.ts';
import { checkLists } from './checkLists.ts';
import { launchStep } from './launchStep.cpu.ts';
import { perTensor } from './perTensor.ts';

export type AverageInputs = ['averages:wide[]', 'values[]'];

export interface AverageAttrs {
  /** How much of the values is taken: 0 leaves the averages as they are, 1 makes them the values. */
  weight: number;
}

/**
 * One step of many running averages at once, written into them: average += weight · (value − average), with average and value of
 * `averages` and `values`. Entry i of both lists has one shape.
 *
 * @throws ShapeError when lengths or shapes differ, ArgumentError unless weight is of 0..1
 * @source PyTorch: `torch._foreach_lerp_`
 */
export const averageStep: Op<AverageInputs, AverageAttrs, []> = defineOp({
  name: 'averageStep',
  inputs: ['averages:wide[]', 'values[]'],
  outputs: [],
  required: ['weight'],
  mutates: ['averages'],
  shape(lists, { weight }) {
    checkShare('averageStep', { weight });
    checkLists('averageStep', lists);
  },
  reference: ({ averages, values }, { weight }) =>
    perTensor([averages, values], (average, value) => [average.map((a, i) => a + weight * (value[i]! - a))]),
  kernels: {
    cpu: ({ averages, values }, { weight }) => launchStep('averageStep', [averages, values], [weight]),
  },
});
