import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { groupNormForward, groupNormBackward } from './groupNorm.ts';

export const groupNormSamples: readonly OpWithSamples[] = [
  samplesOf(groupNormForward, {
    samples: [
      { x: [2, 6, 5], weight: [6], bias: [6], attrs: { groups: 3 } },
      { x: [3, 4, 3, 7], weight: [4], attrs: { groups: 2, eps: 1e-3 } },
      { x: [2, 3, 4, 4], bias: [3], attrs: { groups: 1 } },
      { x: [3, 8], weight: [8], bias: [8], attrs: { groups: 2 } },
      { x: [1, 2, 2, 3, 3], attrs: { groups: 2 } },
      { x: [0, 2, 3], weight: [2], bias: [2], attrs: { groups: 2 } },
    ],
    errors: [
      { x: [2, 6, 4], attrs: { groups: 4 }, throws: 'has 6 channels; 4 groups must divide them' },
      { x: [2, 6, 4], attrs: { groups: 0 }, throws: '0 groups must divide them' },
      { x: [2, 6, 4], weight: [4], attrs: { groups: 2 }, throws: 'weight has shape [4]; it must be [6]' },
      { x: [2], attrs: { groups: 1 }, throws: 'must be [N, C, ...]' },
      { x: [2, 6], attrs: { groups: 1, eps: -1 }, throws: 'eps must be a finite number >= 0' },
    ],
  }),
  samplesOf(groupNormBackward, {
    samples: [
      { x: [2, 6, 5], weight: [6], mean: [2, 3], rstd: [2, 3], g: [2, 6, 5], attrs: { groups: 3 } },
      { x: [3, 4, 3, 7], mean: [3, 1], rstd: [3, 1], g: [3, 4, 3, 7], attrs: { groups: 1 } },
      { x: [3, 8], weight: [8], mean: [3, 2], rstd: [3, 2], g: [3, 8], attrs: { groups: 2 } },
      { x: [0, 2, 3], mean: [0, 2], rstd: [0, 2], g: [0, 2, 3], attrs: { groups: 2 } },
    ],
    errors: [
      {
        x: [2, 6],
        mean: [2, 2],
        rstd: [2, 3],
        g: [2, 6],
        attrs: { groups: 3 },
        throws: 'mean has shape [2, 2]; it must be [2, 3]',
      },
    ],
  }),
];
