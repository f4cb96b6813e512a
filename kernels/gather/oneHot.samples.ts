import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { oneHot } from './oneHot.ts';

export const oneHotSamples: readonly OpWithSamples[] = [
  samplesOf(oneHot, {
    samples: [
      { index: { shape: [5], high: 3 }, attrs: { classes: 3 } },
      { index: { shape: [2, 3], high: 7 }, attrs: { classes: 7 } },
      { index: { shape: [], dtype: 'uint8', high: 2 }, attrs: { classes: 2 } },
      { index: { shape: [0], high: 2 }, attrs: { classes: 2 } },
    ],
    errors: [
      { index: { shape: [2], values: [0, 5] }, attrs: { classes: 5 }, throws: 'index holds 5 at [1]; use 0..4' },
      { index: { shape: [2], high: 2 }, attrs: { classes: 0 }, throws: 'classes must be an integer >= 1' },
    ],
  }),
];
