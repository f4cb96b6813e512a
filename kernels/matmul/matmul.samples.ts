import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { matmul } from './matmul.ts';

export const matmulSamples: readonly OpWithSamples[] = [
  samplesOf(matmul, {
    samples: [
      { a: [3, 5], b: [5, 7] },
      { a: [29, 43], b: [43, 19] },
      { a: [5], b: [5] },
      { a: [5], b: [2, 5, 3] },
      { a: [2, 3, 5], b: [5] },
      { a: [2, 9, 5], b: [5, 11] },
      { a: [9, 5], b: [2, 3, 5, 2] },
      { a: [2, 1, 4, 5], b: [3, 5, 6] },
      { a: [3, 1, 2, 1, 2, 4], b: [1, 2, 2, 3, 4, 2] },
      { a: [0, 3, 5], b: [5, 2] },
      { a: [3, 0], b: [0, 2] },
    ],
    errors: [
      { a: [2, 3], b: [2, 3], throws: 'a [2, 3] has 3 columns, b [2, 3] has 2 rows' },
      { a: [4, 2, 3], b: [3, 3, 2], throws: 'do not broadcast' },
      { a: [], b: [2, 3], throws: 'must have rank 1 or more' },
    ],
  }),
];
