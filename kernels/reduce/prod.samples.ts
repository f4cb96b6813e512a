import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { prod } from './prod.ts';

export const prodSamples: readonly OpWithSamples[] = [
  samplesOf(prod, {
    samples: [
      { x: [5] },
      { x: [] },
      { x: [3, 4, 5], attrs: { axis: [0, 2] } },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: { shape: [2, 67], low: 0.7, high: 1.4 }, attrs: { axis: -1 } },
      { x: { shape: [270, 7], low: 0.8, high: 1.2 }, attrs: { axis: 0 } },
      { x: { shape: [3, 3], values: [0, 2, 3, 0, 0, 4, 0, 0, 0] }, attrs: { axis: 1 } },
      { x: [3, 0], attrs: { axis: 1 } },
      { x: { shape: [3, 9], dtype: 'int32', low: -3, high: 4 }, attrs: { axis: 0 } },
      { x: { shape: [2, 35], dtype: 'bool' } },
    ],
    errors: [{ x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' }],
  }),
];
