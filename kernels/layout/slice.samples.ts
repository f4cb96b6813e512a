import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { slice, flip } from './slice.ts';

export const sliceSamples: readonly OpWithSamples[] = [
  samplesOf(slice, {
    samples: [
      { x: [7], attrs: { axis: 0, start: 2 } },
      { x: [3, 8], attrs: { axis: 1, start: 1, end: -1, step: 3 } },
      { x: [3, 4, 2], attrs: { axis: -2, start: -2 } },
      { x: [3, 4], attrs: { axis: 0, start: 2, end: 1 } },
    ],
    errors: [
      { x: [3], attrs: { axis: 0, step: 0 }, throws: 'step must be an integer >= 1' },
      { x: [3], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
    ],
  }),
  samplesOf(flip, {
    samples: [{ x: [5] }, { x: [2, 3, 4], attrs: { axis: [0, -1] } }, { x: [2, 0], attrs: { axis: 0 } }],
    errors: [{ x: [3], attrs: { axis: [0, 0] }, throws: 'named twice' }],
  }),
];
