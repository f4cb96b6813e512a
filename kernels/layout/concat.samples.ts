import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { concat } from './concat.ts';

export const concatSamples: readonly OpWithSamples[] = [
  samplesOf(concat, {
    samples: [
      {
        tensors: [
          [2, 3],
          [2, 1],
        ],
        attrs: { axis: 1 },
      },
      { tensors: [[3], [0], [2]] },
      {
        tensors: [
          [2, 2, 5],
          [2, 3, 5],
        ],
        attrs: { axis: -2 },
      },
    ],
    errors: [
      { tensors: [], throws: 'at least one tensor' },
      { tensors: [[2, 3], [2]], throws: 'may differ along axis 0 only' },
    ],
  }),
];
