import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { sum, mean } from './sum.ts';

export const sumSamples: readonly OpWithSamples[] = [
  samplesOf(sum, {
    samples: [
      { x: [5] },
      { x: [] },
      { x: [3, 4, 5], attrs: { axis: [0, 2] } },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: [2, 67], attrs: { axis: -1 } },
      { x: [270, 7], attrs: { axis: 0 } },
      { x: [3, 0], attrs: { axis: 1 } },
      { x: { shape: [3, 9], dtype: 'int32', low: -5 }, attrs: { axis: 0 } },
      { x: { shape: [2, 35], dtype: 'bool' } },
    ],
    errors: [
      { x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
      { x: [5, 2], attrs: { axis: [0, -2] }, throws: 'named twice' },
    ],
  }),
  samplesOf(mean, {
    samples: [
      { x: [5] },
      { x: [3, 4, 5], attrs: { axis: [0, 2] } },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: { shape: [3, 0], dtype: 'int32' }, attrs: { axis: 1 } },
      { x: { shape: [3, 9], dtype: 'int32' }, attrs: { axis: 0 } },
    ],
    errors: [{ x: [5], attrs: { axis: -2 }, throws: 'axis -2 is out of range' }],
  }),
];
