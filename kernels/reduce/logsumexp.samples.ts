import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { logsumexp } from './logsumexp.ts';

export const logsumexpSamples: readonly OpWithSamples[] = [
  samplesOf(logsumexp, {
    samples: [
      { x: [5] },
      { x: [3, 4, 5], attrs: { axis: [0, 2] } },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: [2, 67], attrs: { axis: -1 } },
      { x: [270, 7], attrs: { axis: 0 } },
      { x: { shape: [3, 0], dtype: 'int32' }, attrs: { axis: 1 } },
    ],
    errors: [{ x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' }],
  }),
];
