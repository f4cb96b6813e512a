import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { averageStep } from './averageStep.ts';

export const averageStepSamples: readonly OpWithSamples[] = [
  samplesOf(averageStep, {
    samples: [
      { averages: [[5]], values: [[5]], attrs: { weight: 0.1 } },
      { averages: [[3, 68], [], [0], [9]], values: [[3, 68], [], [0], [9]], attrs: { weight: 0.9 } },
    ],
    errors: [
      { averages: [[3]], values: [[1]], attrs: { weight: 0 }, throws: 'values[0] has shape [1], averages[0] [3]' },
      { averages: [[3]], values: [[3]], attrs: { weight: 2 }, throws: 'weight must be a number of 0..1, got 2' },
    ],
  }),
];
