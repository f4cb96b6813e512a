import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { unscale } from './unscale.ts';

export const unscaleSamples: readonly OpWithSamples[] = [
  samplesOf(unscale, {
    samples: [
      { grad: [5], overflow: { shape: [2], values: [0, 3] }, scale: { shape: [2], values: [4, 0] } },
      { grad: [3, 68], overflow: { shape: [2], values: [1, 0] }, scale: { shape: [2], values: [0.5, 1] } },
      {
        grad: { shape: [4], values: [1, Infinity, 2, 3] },
        overflow: { shape: [2], values: [0, 7] },
        scale: { shape: [2], values: [8, 0] },
      },
      {
        grad: { shape: [3], values: [1, 2, NaN] },
        overflow: { shape: [2], values: [0, 0] },
        scale: { shape: [2], values: [1, 0] },
      },
      { grad: [0], overflow: { shape: [2], values: [0, 0] }, scale: { shape: [2], values: [1, 0] } },
    ],
    errors: [{ grad: [3], overflow: [1], scale: [2], throws: 'overflow has shape [1]; it must be [2]' }],
  }),
];
