import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { unbind } from './unbind.ts';

export const unbindSamples: readonly OpWithSamples[] = [
  samplesOf(unbind, {
    samples: [{ x: [3, 2, 5], attrs: { axis: 1 } }, { x: [4] }, { x: [2, 3], attrs: { axis: -1 } }],
    errors: [{ x: [3], attrs: { axis: 1 }, throws: 'axis 1 is out of range' }],
  }),
];
