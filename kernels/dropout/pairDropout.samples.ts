import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { pairDropout } from './pairDropout.ts';

export const pairDropoutSamples: readonly OpWithSamples[] = [
  samplesOf(pairDropout, {
    samples: [
      { x: [2, 3, 5, 7], keys: { shape: [5, 7], high: 40 }, attrs: { p: 0.5, seed: 1 } },
      { x: [1, 2, 9, 4], keys: { shape: [1, 4], values: [0, 1, 2, 3] }, attrs: { p: 0.2, seed: 0xffffffff } },
      { x: [1, 1, 3, 70], keys: { shape: [3, 70], high: 5000 }, attrs: { p: 0.9, seed: 7 } },
      { x: [1, 1, 2, 5], keys: { shape: [2, 5], dtype: 'uint8', high: 9 }, attrs: { p: 1, seed: 7 } },
      { x: [1, 1, 2, 5], keys: { shape: [1, 5], high: 9 }, attrs: { p: 0, seed: 7 } },
      { x: [0, 1, 2, 5], keys: { shape: [2, 5], high: 9 }, attrs: { p: 0.5, seed: 7 } },
    ],
    errors: [
      {
        x: [2, 3, 5],
        keys: { shape: [5, 7], high: 9 },
        attrs: { p: 0.5, seed: 1 },
        throws: 'x [2, 3, 5] must be [B, N, T, M]',
      },
      {
        x: [2, 3, 5, 7],
        keys: { shape: [5, 6], high: 9 },
        attrs: { p: 0.5, seed: 1 },
        throws: 'keys [5, 6] does not fit x [2, 3, 5, 7]; it must be [5, 7], or [1, 7] for all queries',
      },
      {
        x: [1, 1, 1, 2],
        keys: { shape: [1, 2], high: 9 },
        attrs: { p: 1.5, seed: 1 },
        throws: 'p must be a number of 0..1, got 1.5',
      },
      {
        x: [1, 1, 1, 2],
        keys: { shape: [1, 2], high: 9 },
        attrs: { p: 0.5, seed: 2 ** 32 },
        throws: 'seed must be an integer of 0..2^32-1',
      },
    ],
  }),
];
