import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { contiguous } from './contiguous.ts';

export const contiguousSamples: readonly OpWithSamples[] = [
  samplesOf(contiguous, {
    samples: [{ x: [3, 4] }, { x: [] }, { x: { shape: [5], dtype: 'int32', low: -9, high: 9 } }],
  }),
];
