import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { place } from './place.ts';

export const placeSamples: readonly OpWithSamples[] = [
  samplesOf(place, {
    samples: [
      { x: [2, 3], attrs: { shape: [4, 7], offsets: [1, 0], steps: [1, 3] } },
      { x: [3], attrs: { shape: [5], offsets: [2], value: 7 } },
      { x: [2, 3, 2, 3, 2, 3], attrs: { shape: [3, 3, 2, 4, 2, 4], offsets: [1, 0, 0, 1, 0, 1] } },
    ],
    errors: [{ x: [3], attrs: { shape: [4], offsets: [2] }, throws: 'does not fit' }],
  }),
];
