import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { expandTo } from './expand.ts';

export const expandSamples: readonly OpWithSamples[] = [
  samplesOf(expandTo, {
    samples: [
      { x: [3, 1], attrs: { shape: [2, 3, 4] } },
      { x: [], attrs: { shape: [2] } },
      { x: [1, 5], attrs: { shape: [3, -1] } },
    ],
    errors: [
      { x: [3], attrs: { shape: [4] }, throws: 'do not broadcast' },
      { x: [1, 3], attrs: { shape: [3] }, throws: 'does not stretch' },
    ],
  }),
];
