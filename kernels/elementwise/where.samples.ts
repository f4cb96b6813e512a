import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { where } from './where.ts';

export const whereSamples: readonly OpWithSamples[] = [
  samplesOf(where, {
    samples: [
      { condition: [7], x: [7], y: [7] },
      { condition: [3, 1, 5], x: [4, 1], y: [] },
      { condition: [67], x: [2, 67], y: [2, 1] },
      { condition: [2, 0], x: [1], y: [] },
      { condition: [9], x: { shape: [9], dtype: 'bool' }, y: { shape: [], dtype: 'bool' } },
    ],
    errors: [
      { condition: [2], x: [3], y: [3], throws: 'do not broadcast' },
      { condition: { shape: [3], dtype: 'int32' }, x: [3], y: [3], throws: 'condition must be bool' },
    ],
  }),
];
