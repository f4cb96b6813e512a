import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { pairSamples } from './pair.ts';
import { logSoftmax, logSoftmaxBackward } from './logSoftmax.ts';

export const logSoftmaxSamples: readonly OpWithSamples[] = [
  samplesOf(logSoftmax, {
    samples: [
      { x: [5] },
      { x: [7, 67] },
      { x: [2, 3, 4], attrs: { axis: 1 } },
      { x: [3, 9, 70], attrs: { axis: -2 } },
      { x: [2, 2, 1031], attrs: { axis: 1 } },
      { x: [0, 3] },
    ],
    errors: [{ x: [5], attrs: { axis: -2 }, throws: 'axis -2 is out of range' }],
  }),
  samplesOf(logSoftmaxBackward, { samples: pairSamples, errors: [{ y: [5], g: [4], throws: 'one shape' }] }),
];
