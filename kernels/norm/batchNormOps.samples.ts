import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { batchNormForward, batchNormBackward, normalizeChannels, batchNormUpdate } from './batchNormOps.ts';

export const batchNormOpsSamples: readonly OpWithSamples[] = [
  samplesOf(batchNormForward, {
    samples: [
      { x: [4, 3, 5], weight: [3], bias: [3] },
      { x: [3, 5, 4, 6], weight: [5] },
      { x: [7, 6], bias: [6], attrs: { eps: 1e-3 } },
      { x: [2, 1, 2, 3, 3] },
    ],
    errors: [
      { x: [2, 3, 4], weight: [2], throws: 'weight has shape [2]; it must be [3]' },
      { x: [2], throws: 'must be [N, C, ...]' },
    ],
  }),
  samplesOf(batchNormBackward, {
    samples: [
      { x: [4, 3, 5], weight: [3], mean: [3], rstd: [3], g: [4, 3, 5] },
      { x: [2, 5, 4, 4], mean: [5], rstd: [5], g: [2, 5, 4, 4] },
      { x: [7, 6], weight: [6], mean: [6], rstd: [6], g: [7, 6] },
    ],
    errors: [{ x: [2, 3], mean: [2], rstd: [3], g: [2, 3], throws: 'mean has shape [2]; it must be [3]' }],
  }),
  samplesOf(normalizeChannels, {
    samples: [
      { x: [4, 3, 5], mean: [3], variance: { shape: [3], low: 0.5, high: 2 }, weight: [3], bias: [3] },
      { x: [7, 6], mean: [6], variance: { shape: [6], low: 0.5, high: 2 }, weight: [6] },
      { x: [2, 5, 4, 4], mean: [5], variance: { shape: [5], low: 0.5, high: 2 }, bias: [5], attrs: { eps: 1e-3 } },
      { x: [0, 2, 3], mean: [2], variance: { shape: [2], low: 0.5, high: 2 } },
    ],
    errors: [{ x: [2, 3], mean: [3], variance: [2], throws: 'variance has shape [2]; it must be [3]' }],
  }),
  samplesOf(batchNormUpdate, {
    samples: [
      { runningMean: [5], runningVar: [5], mean: [5], rstd: { shape: [5], low: 0.5, high: 2 }, attrs: { count: 7 } },
      {
        runningMean: [1],
        runningVar: [1],
        mean: [1],
        rstd: { shape: [1], low: 0.5, high: 2 },
        attrs: { momentum: 1, eps: 1e-3, count: 2 },
      },
    ],
    errors: [
      {
        runningMean: [2],
        runningVar: [3],
        mean: [3],
        rstd: [3],
        attrs: { count: 2 },
        throws: 'runningMean has shape [2]; it must be [3]',
      },
      {
        runningMean: [1],
        runningVar: [1],
        mean: [1],
        rstd: [1],
        attrs: { count: 1 },
        throws: 'two values per channel',
      },
    ],
  }),
];
