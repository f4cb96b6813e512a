import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { variance } from './variance.ts';

export const varianceSamples: readonly OpWithSamples[] = [
  samplesOf(variance, {
    samples: [
      { x: [5] },
      { x: [3, 4, 5], attrs: { axis: [0, 2] } },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: [2, 67], attrs: { axis: -1, correction: 0 } },
      { x: [270, 7], attrs: { axis: 0 } },
      { x: { shape: [3, 9], dtype: 'int32' }, attrs: { axis: 0 } },
    ],
    errors: [{ x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' }],
  }),
];
