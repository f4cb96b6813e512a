import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { slidingWindows, overlapAdd } from './slidingWindows.ts';

export const slidingWindowsSamples: readonly OpWithSamples[] = [
  samplesOf(slidingWindows, {
    samples: [
      { x: [7], attrs: { axis: 0, size: 3 } },
      { x: [2, 9, 3], attrs: { axis: 1, size: 3, step: 2, dilation: 2 } },
      { x: [3, 8], attrs: { axis: -1, size: 2, step: 3 } },
      { x: [0, 4], attrs: { axis: 1, size: 2 } },
    ],
    errors: [
      { x: [3], attrs: { axis: 0, size: 4 }, throws: 'a window that spans 4 does not fit axis 0 of [3]' },
      { x: [3], attrs: { axis: 0, size: 0 }, throws: 'size must be an integer >= 1' },
      { x: [3], attrs: { axis: 0, size: 2, step: 0 }, throws: 'step must be an integer >= 1' },
      { x: [3], attrs: { axis: 1, size: 2 }, throws: 'axis 1 is out of range' },
    ],
  }),
  samplesOf(overlapAdd, {
    samples: [
      { x: [5, 3], attrs: { axis: 0, length: 7 } },
      { x: [2, 4, 3, 3], attrs: { axis: 1, length: 12, step: 2, dilation: 2 } },
      { x: [3, 2, 5, 4], attrs: { axis: -1, length: 6, padding: 1 } },
      { x: [2, 3, 4, 5, 2], attrs: { axis: 0, length: 2, padding: 1 } },
      { x: [4, 2], attrs: { axis: 0, length: 11, step: 3 } },
      { x: [0, 2, 3], attrs: { axis: 1, length: 4 } },
    ],
    errors: [
      { x: [3], attrs: { axis: 0, length: 3 }, throws: 'axis 0 is out of range' },
      { x: [3, 2], attrs: { axis: 1, length: 3 }, throws: 'axis 1 is out of range' },
      { x: [3, 2], attrs: { axis: 0, length: 0 }, throws: 'length must be an integer >= 1' },
      { x: [0, 2], attrs: { axis: 0, length: 4 }, throws: 'x [0, 2] has no windows' },
      { x: [3, 2], attrs: { axis: 0, length: 4, padding: -1 }, throws: 'padding must be an integer >= 0' },
    ],
  }),
];
