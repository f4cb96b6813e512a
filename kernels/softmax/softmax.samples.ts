import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { pairSamples } from './pair.ts';
import { softmax, softmaxBackward } from './softmax.ts';

export const softmaxSamples: readonly OpWithSamples[] = [
  samplesOf(softmax, {
    samples: [
      { x: [5] },
      { x: [1] },
      { x: [7, 67] },
      { x: [2, 3, 4], attrs: { axis: 1 } },
      { x: [3, 9, 70], attrs: { axis: -2 } },
      { x: [5, 3], attrs: { axis: 0 } },
      { x: [2, 2, 1031], attrs: { axis: 1 } },
      { x: [0, 3] },
      { x: [3, 0] },
    ],
    errors: [
      { x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
      { x: [], throws: 'a tensor of rank 0 has no axes' },
    ],
  }),
  samplesOf(softmaxBackward, { samples: pairSamples, errors: [{ y: [5], g: [4], throws: 'one shape' }] }),
];
