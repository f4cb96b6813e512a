import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { squaredError } from './mse.ts';

export const mseSamples: readonly OpWithSamples[] = [
  samplesOf(squaredError, {
    samples: [
      { input: [5], target: [5] },
      { input: [3, 67], target: [3, 67], attrs: { reduction: 'sum' } },
      { input: [3, 41, 101], target: [3, 41, 101] },
      { input: [], target: [] },
      { input: [0], target: [0], attrs: { reduction: 'sum' } },
    ],
    errors: [{ input: [3], target: [3, 1], throws: 'they must be equal' }],
  }),
];
