import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { cumsum } from './cumsum.ts';

export const cumsumSamples: readonly OpWithSamples[] = [
  samplesOf(cumsum, {
    samples: [
      { x: [7], attrs: { axis: 0 } },
      { x: [3, 4, 5], attrs: { axis: 1 } },
      { x: [3, 67], attrs: { axis: -1, reverse: true } },
      { x: [9, 35], attrs: { axis: 0, reverse: true } },
      { x: [2, 2500], attrs: { axis: 1 } },
      { x: [300, 17], attrs: { axis: 0 } },
      { x: { shape: [4, 9], dtype: 'int32', low: -9 }, attrs: { axis: 1 } },
      { x: { shape: [9, 4], dtype: 'bool' }, attrs: { axis: 0 } },
      { x: [3, 0], attrs: { axis: 1 } },
    ],
    errors: [
      { x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
      { x: [], attrs: { axis: 0 }, throws: 'has no axes' },
    ],
  }),
];
