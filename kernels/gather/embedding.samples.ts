import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { embedding } from './embedding.ts';

export const embeddingSamples: readonly OpWithSamples[] = [
  samplesOf(embedding, {
    samples: [
      { weight: [7, 5], index: { shape: [3], values: [6, 0, 6] } },
      { weight: [4, 33], index: { shape: [2, 3], high: 4 } },
      { weight: [3, 1], index: { shape: [], high: 3 } },
      { weight: [3, 2], index: { shape: [0], high: 3 } },
      { weight: [9, 4], index: { shape: [5], dtype: 'uint8', high: 9 } },
    ],
    errors: [
      { weight: [3, 2], index: { shape: [2, 2], values: [0, 1, 3, 0] }, throws: 'index holds 3 at [1, 0]; use 0..2' },
      { weight: [3], index: { shape: [1], high: 3 }, throws: 'must be [V, D]' },
    ],
  }),
];
