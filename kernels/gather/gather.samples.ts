import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { gatherAlong, scatterAdd } from './gather.ts';

export const gatherSamples: readonly OpWithSamples[] = [
  samplesOf(gatherAlong, {
    samples: [
      { x: [7], index: { shape: [3], values: [6, 0, 6] }, attrs: { axis: 0 } },
      { x: [3, 5], index: { shape: [3, 9], high: 5 }, attrs: { axis: -1 } },
      { x: [2, 5, 19], index: { shape: [2, 3, 19], high: 5 }, attrs: { axis: 1 } },
      { x: { shape: [4, 3], dtype: 'bool' }, index: { shape: [2, 3], high: 4 }, attrs: { axis: 0 } },
      { x: { shape: [4, 3], dtype: 'int32' }, index: { shape: [4, 2], dtype: 'uint8', high: 3 }, attrs: { axis: 1 } },
      { x: [0, 3], index: { shape: [0, 2], high: 3 }, attrs: { axis: 1 } },
    ],
    errors: [
      {
        x: [3, 4],
        index: { shape: [2, 4], values: [0, 1, 2, 3, 0, 0, 0, 0] },
        attrs: { axis: 0 },
        throws: 'index holds 3 at [0, 3]; use 0..2',
      },
      { x: [3], index: { shape: [1], values: [-1] }, attrs: { axis: 0 }, throws: 'index holds -1 at [0]; use 0..2' },
      { x: [3, 4], index: { shape: [3, 5], high: 3 }, attrs: { axis: 0 }, throws: 'may differ along axis 0 only' },
    ],
  }),
  samplesOf(scatterAdd, {
    samples: [
      { x: [5], index: { shape: [5], values: [1, 3, 1, 0, 1] }, attrs: { axis: 0, size: 4 } },
      { x: [9, 21], index: { shape: [9, 21], high: 4 }, attrs: { axis: 0, size: 4 } },
      { x: [2, 5, 3], index: { shape: [2, 5, 3], high: 7 }, attrs: { axis: 1, size: 7 } },
      { x: [4, 6], index: { shape: [4, 6], high: 3 }, attrs: { axis: -1, size: 3 } },
      { x: [0], index: { shape: [0], high: 3 }, attrs: { axis: 0, size: 3 } },
    ],
    errors: [
      { x: [3], index: { shape: [2], high: 3 }, attrs: { axis: 0, size: 3 }, throws: 'they must be equal' },
      { x: [2], index: { shape: [2], values: [0, 3] }, attrs: { axis: 0, size: 3 }, throws: 'index holds 3 at [1]' },
    ],
  }),
];
