import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { seededDropout } from './dropout.ts';

export const dropoutSamples: readonly OpWithSamples[] = [
  samplesOf(seededDropout, {
    samples: [
      { x: [5], attrs: { p: 0.5, seed: 1 } },
      { x: [3, 67], attrs: { p: 0.1, seed: 0xffffffff } },
      { x: [21, 3], attrs: { p: 0.3, seed: 7, share: 3 } },
      { x: [2, 5, 7], attrs: { p: 0.6, seed: 3, share: 35 } },
      { x: [9], attrs: { p: 1, seed: 2 } },
      { x: [9], attrs: { p: 0, seed: 2 } },
      { x: [0, 3], attrs: { p: 0.5, seed: 2, share: 3 } },
    ],
    errors: [
      { x: [3], attrs: { p: 1.5, seed: 0 }, throws: 'p must be a number of 0..1' },
      { x: [3], attrs: { p: 0.5, seed: -1 }, throws: 'seed must be an integer of 0..2^32-1' },
      { x: [3], attrs: { p: 0.5, seed: 0, share: 2 }, throws: 'share 2 does not divide the 3 elements' },
    ],
  }),
];
