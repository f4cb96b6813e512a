import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { permuteAxes } from './permute.ts';

export const permuteSamples: readonly OpWithSamples[] = [
  samplesOf(permuteAxes, {
    samples: [
      { x: [2, 3, 5], attrs: { axes: [2, 0, 1] } },
      { x: [4, 3], attrs: { axes: [-1, 0] } },
      { x: [], attrs: { axes: [] } },
    ],
    errors: [
      { x: [2, 3], attrs: { axes: [0, 0] }, throws: 'must name each of the 2 axes' },
      { x: [2, 3], attrs: { axes: [0, 2] }, throws: 'axis 2 is out of range' },
    ],
  }),
];
