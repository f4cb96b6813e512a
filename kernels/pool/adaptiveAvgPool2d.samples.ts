import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { adaptiveAvgPool2d, adaptiveAvgPool2dBackward } from './adaptiveAvgPool2d.ts';

export const adaptiveAvgPool2dSamples: readonly OpWithSamples[] = [
  samplesOf(adaptiveAvgPool2d, {
    samples: [
      { x: [2, 3, 7, 9], attrs: { outputSize: 1 } },
      { x: [2, 3, 7, 9], attrs: { outputSize: [3, 4] } },
      { x: [1, 2, 2, 3], attrs: { outputSize: 5 } },
      { x: [0, 2, 4, 4], attrs: { outputSize: 2 } },
    ],
    errors: [
      { x: [2, 8, 8], attrs: { outputSize: 1 }, throws: 'it must be [N, C, H, W]' },
      { x: [1, 2, 0, 8], attrs: { outputSize: 1 }, throws: 'has empty maps' },
      { x: [1, 2, 8, 8], attrs: { outputSize: 0 }, throws: 'outputSize 0 must be' },
    ],
  }),
  samplesOf(adaptiveAvgPool2dBackward, {
    samples: [{ gradient: [2, 3, 3, 4], attrs: { size: [7, 9] } }],
    errors: [{ gradient: [3, 3, 4], attrs: { size: [7, 9] }, throws: 'gradient [3, 3, 4] has rank 3' }],
  }),
];
