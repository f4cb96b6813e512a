import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { split } from './split.ts';

export const splitSamples: readonly OpWithSamples[] = [
  samplesOf(split, {
    samples: [
      { x: [7], attrs: { sizes: 3 } },
      { x: [3, 6, 2], attrs: { sizes: [1, 0, 3, 2], axis: 1 } },
      { x: [2, 4], attrs: { sizes: [4], axis: -1 } },
      { x: [0, 3], attrs: { sizes: 2 } },
    ],
    errors: [
      { x: [3], attrs: { sizes: 2, axis: 1 }, throws: 'axis 1 is out of range' },
      {
        x: [2, 7],
        attrs: { sizes: [3, 3], axis: -1 },
        throws: 'sizes [3, 3] add up to 6, but axis 1 of [2, 7] has 7; they must be equal',
      },
      { x: [3], attrs: { sizes: 0 }, throws: 'sizes must be an integer >= 1, or an array of sizes, got 0' },
      { x: [3], attrs: { sizes: [4, -1] }, throws: 'sizes must be integers >= 0, got -1' },
    ],
  }),
];
