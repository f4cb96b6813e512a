import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { viewAs } from './reshape.ts';

export const reshapeSamples: readonly OpWithSamples[] = [
  samplesOf(viewAs, {
    samples: [
      { x: [6], attrs: { shape: [2, 3] } },
      { x: [2, 3, 4], attrs: { shape: [4, 6] } },
      { x: [0, 3], attrs: { shape: [3, 0] } },
      { x: [1], attrs: { shape: [] } },
    ],
    errors: [{ x: [6], attrs: { shape: [4] }, throws: '[6] has 6 elements, [4] has 4' }],
  }),
];
