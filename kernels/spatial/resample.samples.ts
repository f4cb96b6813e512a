import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { resample } from './resample.ts';

export const resampleSamples: readonly OpWithSamples[] = [
  samplesOf(resample, {
    samples: [
      {
        x: [3],
        attrs: { axis: 0, band: { length: 3, starts: [0, 0, 1, 2], weights: [[1], [0.5, 0.5], [2, -1], []] } },
      },
      { x: [2, 4, 5], attrs: { axis: 1, band: { length: 4, starts: [0, 2], weights: [[1, 2, 3, 4], [0.5]] } } },
      {
        x: [3, 5, 7],
        attrs: { axis: -1, band: { length: 7, starts: [1, 1, 4], weights: [[1, 1], [0.1, 0.2, 0.3], [2]] } },
      },
      { x: [2, 0, 3], attrs: { axis: 2, band: { length: 3, starts: [0], weights: [[1]] } } },
    ],
    errors: [
      {
        x: [4],
        attrs: { axis: 0, band: { length: 3, starts: [0], weights: [[1]] } },
        throws: 'the band is for 3 elements',
      },
      { x: [3], attrs: { axis: 0, band: { length: 3, starts: [2], weights: [[1, 1]] } }, throws: 'row 0 of the band' },
      {
        x: [3],
        attrs: { axis: 0, band: { length: 3, starts: [2, 0], weights: [[1], [1]] } },
        throws: 'row 1 of the band',
      },
      { x: [3], attrs: { axis: 1, band: { length: 3, starts: [], weights: [] } }, throws: 'axis 1 is out of range' },
    ],
  }),
];
