import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { avgPool2d, avgPool2dBackward } from './avgPool2d.ts';

export const avgPool2dSamples: readonly OpWithSamples[] = [
  samplesOf(avgPool2d, {
    samples: [
      { x: [2, 3, 8, 10], attrs: { kernelSize: 2 } },
      { x: [1, 2, 7, 19], attrs: { kernelSize: 2 } },
      { x: [2, 2, 9, 11], attrs: { kernelSize: 3, stride: 2, padding: 1 } },
      { x: [1, 2, 6, 7], attrs: { kernelSize: [3, 2], stride: [1, 2], padding: [1, 1], countIncludePad: false } },
      { x: [1, 1, 7, 8], attrs: { kernelSize: 3, stride: 2, padding: 1, ceilMode: true } },
      { x: [1, 1, 3, 3], attrs: { kernelSize: 2, ceilMode: true } },
      { x: [2, 2, 4, 10], attrs: { kernelSize: 2, divisorOverride: 3 } },
      { x: [1, 2, 7, 8], attrs: { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false, divisorOverride: 5 } },
      { x: [0, 2, 4, 4], attrs: { kernelSize: 2 } },
    ],
    errors: [
      { x: [2, 8, 8], attrs: { kernelSize: 2 }, throws: 'it must be [N, C, H, W]' },
      { x: [1, 2, 8, 8], attrs: { kernelSize: 3, padding: 2 }, throws: 'more than half of kernelSize [3, 3]' },
      { x: [1, 2, 4, 8], attrs: { kernelSize: 5 }, throws: 'does not fit a padded input of [4, 8]' },
      { x: [1, 2, 4, 8], attrs: { kernelSize: 2, divisorOverride: 0 }, throws: 'must be an integer >= 1, got 0' },
    ],
  }),
  samplesOf(avgPool2dBackward, {
    samples: [
      { gradient: [2, 3, 4, 5], attrs: { kernelSize: 2, size: [8, 11] } },
      {
        gradient: [1, 2, 5, 6],
        attrs: { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false, size: [9, 11] },
      },
      { gradient: [2, 1, 4, 4], attrs: { kernelSize: 3, stride: 2, padding: 1, divisorOverride: 2, size: [7, 8] } },
    ],
    errors: [
      { gradient: [1, 2, 4, 4], attrs: { kernelSize: 2, size: [6, 8] }, throws: "must be the output's [1, 2, 3, 4]" },
    ],
  }),
];
