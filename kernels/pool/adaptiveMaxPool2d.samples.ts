import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { adaptiveMaxPool2dWithIndices } from './adaptiveMaxPool2d.ts';

export const adaptiveMaxPool2dSamples: readonly OpWithSamples[] = [
  samplesOf(adaptiveMaxPool2dWithIndices, {
    samples: [
      { x: [2, 3, 7, 9], attrs: { outputSize: 1 } },
      { x: [2, 3, 7, 9], attrs: { outputSize: [3, 4] } },
      { x: [1, 2, 2, 3], attrs: { outputSize: 5 } },
      { x: [0, 2, 4, 4], attrs: { outputSize: 2 } },
    ],
    errors: [
      { x: [2, 8, 8], attrs: { outputSize: 1 }, throws: 'it must be [N, C, H, W]' },
      { x: [1, 2, 8, 0], attrs: { outputSize: 1 }, throws: 'has empty maps' },
      { x: [1, 2, 8, 8], attrs: { outputSize: [1, 0] }, throws: 'outputSize [1, 0] must be' },
    ],
  }),
];
