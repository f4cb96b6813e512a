import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { maxPool2dWithIndices, maxPool2dBackward, maxPool2dGather } from './maxPool2d.ts';

export const maxPool2dSamples: readonly OpWithSamples[] = [
  samplesOf(maxPool2dWithIndices, {
    samples: [
      { x: [2, 3, 8, 10], attrs: { kernelSize: 2 } },
      { x: [1, 2, 7, 19], attrs: { kernelSize: 2 } },
      { x: [2, 2, 9, 11], attrs: { kernelSize: 3, stride: 2, padding: 1 } },
      { x: [1, 3, 8, 9], attrs: { kernelSize: [3, 2], stride: [1, 2], dilation: [2, 1] } },
      { x: [1, 1, 7, 8], attrs: { kernelSize: 3, stride: 2, ceilMode: true } },
      { x: [0, 2, 4, 4], attrs: { kernelSize: 2 } },
    ],
    errors: [
      { x: [2, 8, 8], attrs: { kernelSize: 2 }, throws: 'it must be [N, C, H, W]' },
      { x: [1, 2, 8, 8], attrs: { kernelSize: 0 }, throws: 'kernelSize 0 must be' },
      { x: [1, 2, 8, 8], attrs: { kernelSize: [2, 2, 2] }, throws: 'kernelSize [2, 2, 2] must be' },
      { x: [1, 2, 8, 8], attrs: { kernelSize: 3, padding: 2 }, throws: 'more than half of kernelSize [3, 3]' },
      { x: [1, 2, 4, 8], attrs: { kernelSize: 5 }, throws: 'does not fit a padded input of [4, 8]' },
    ],
  }),
  samplesOf(maxPool2dBackward, {
    samples: [
      { gradient: [2, 3, 3, 4], indices: { shape: [2, 3, 3, 4], low: -1, high: 30 }, attrs: { size: [5, 6] } },
      { gradient: [0, 2, 2, 2], indices: { shape: [0, 2, 2, 2], high: 4 }, attrs: { size: [4, 4] } },
    ],
    errors: [
      { gradient: [1, 1, 2, 2], indices: { shape: [1, 1, 2, 3], high: 4 }, attrs: { size: [4, 4] }, throws: 'differ' },
    ],
  }),
  samplesOf(maxPool2dGather, {
    samples: [{ x: [2, 3, 5, 6], indices: { shape: [2, 3, 3, 4], low: -1, high: 30 } }],
    errors: [
      { x: [1, 2, 4, 4], indices: { shape: [1, 1, 2, 2], high: 16 }, throws: 'images and channels must be equal' },
    ],
  }),
];
