import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { backwardKeySamples, backwardQuerySamples, deltaSamples } from './samples/backward.ts';
import {
  attentionDelta,
  neighborhoodAttentionBackwardQuery,
  neighborhoodAttentionBackwardKey,
  neighborhoodAttentionBackward,
} from './fusedBackward.ts';

/** What refused samples start from. */
const small = {
  query: [1, 5, 1, 4],
  key: [1, 5, 1, 4],
  value: [1, 5, 1, 4],
  gradOutput: [1, 5, 1, 4],
  logsumexp: [1, 5, 1],
  delta: [1, 5, 1],
};

export const fusedBackwardSamples: readonly OpWithSamples[] = [
  samplesOf(attentionDelta, {
    samples: deltaSamples,
    errors: [{ output: [2, 3], gradOutput: [3, 2], throws: 'gradOutput [3, 2] does not fit output [2, 3]' }],
  }),
  samplesOf(neighborhoodAttentionBackwardQuery, {
    samples: backwardQuerySamples,
    errors: [
      {
        ...small,
        logsumexp: [1, 5],
        attrs: { kernelSize: 3 },
        throws: 'logsumexp [1, 5] does not fit query [1, 5, 1, 4]; it must be [1, 5, 1]',
      },
      {
        ...small,
        attrs: { kernelSize: 3, keyTileSize: [2], numSplitsKey: [4] },
        throws: 'numSplitsKey [4] has 4 along axis X, which has ceil(ceil(5 / 1) / 2) = 3 key tiles; use at most [3]',
      },
    ],
  }),
  samplesOf(neighborhoodAttentionBackwardKey, {
    samples: backwardKeySamples,
    errors: [
      {
        ...small,
        value: [1, 5, 1, 6],
        attrs: { kernelSize: 3 },
        throws: 'gradOutput [1, 5, 1, 4] does not fit query [1, 5, 1, 4]; it must be [1, 5, 1, 6]',
      },
    ],
  }),
  samplesOf(neighborhoodAttentionBackward, {
    samples: backwardQuerySamples,
    errors: [
      {
        ...small,
        delta: [1, 5],
        attrs: { kernelSize: 3 },
        throws: 'delta [1, 5] does not fit query [1, 5, 1, 4]; it must be [1, 5, 1]',
      },
    ],
  }),
];
