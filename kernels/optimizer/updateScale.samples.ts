import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { updateScale } from './updateScale.ts';

export const updateScaleSamples: readonly OpWithSamples[] = [
  samplesOf(updateScale, {
    samples: [
      { scale: { shape: [2], values: [1024, 5] }, overflow: { shape: [2], values: [1, 2] } },
      { scale: { shape: [2], values: [1024, 5] }, overflow: { shape: [2], values: [0, 2] } },
      {
        scale: { shape: [2], values: [8, 2] },
        overflow: { shape: [2], values: [0, 0] },
        attrs: { growthInterval: 3, growthFactor: 4 },
      },
      {
        scale: { shape: [2], values: [2 ** 127, 0] },
        overflow: { shape: [2], values: [0, 0] },
        attrs: { growthInterval: 1 },
      },
    ],
    errors: [
      { scale: [2], overflow: [3], throws: 'overflow has shape [3]; it must be [2]' },
      {
        scale: [2],
        overflow: [2],
        attrs: { growthInterval: 0 },
        throws: 'growthInterval must be an integer >= 1, got 0',
      },
      {
        scale: [2],
        overflow: [2],
        attrs: { backoffFactor: NaN },
        throws: 'backoffFactor must be a finite number >= 0',
      },
    ],
  }),
];
