import type { OpWithSamples } from '../../../autograd/samples.ts';
import { samplesOf } from '../../../autograd/samples.ts';
import { assign } from './assign.ts';

export const assignSamples: readonly OpWithSamples[] = [
  samplesOf(assign, {
    samples: [
      { target: [5], source: [5] },
      { target: [2, 3, 4], source: [2, 3, 4] },
      { target: [3, 0], source: [3, 0] },
      { target: [], source: [] },
    ],
    errors: [{ target: [3], source: [1], throws: 'source [1] does not fit target [3]' }],
  }),
];
