import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { linear, linearWeightGrad } from './linear.ts';

export const linearSamples: readonly OpWithSamples[] = [
  samplesOf(linear, {
    samples: [
      { x: [5], weight: [3, 5] },
      { x: [1, 21], weight: [13, 21], bias: [13] },
      { x: [3, 21], weight: [13, 21], bias: [13] },
      { x: [29, 7], weight: [11, 7], bias: [11] },
      { x: [2, 3, 9], weight: [4, 9], bias: [4] },
      { x: [0, 3], weight: [2, 3], bias: [2] },
      { x: [2, 0], weight: [3, 0], bias: [3] },
      { x: [5], weight: [3, 5], attrs: { activation: 'relu' } },
      { x: [3, 21], weight: [13, 21], bias: [13], attrs: { activation: 'gelu' } },
      { x: [29, 7], weight: [11, 7], bias: [11], attrs: { activation: 'silu' } },
      { x: [2, 30, 7], weight: [11, 7], bias: [11], attrs: { activation: 'relu' } },
    ],
    errors: [
      { x: [2, 4], weight: [3, 5], throws: 'x [2, 4] does not fit weight [3, 5]; its last axis must be 5' },
      { x: [], weight: [3, 5], throws: 'does not fit weight' },
      {
        x: [2, 5],
        weight: [3, 5],
        attrs: { activation: 'elu' as 'relu' },
        throws: "activation must be one of 'none', 'relu', 'gelu', 'silu', got 'elu'",
      },
      { x: [2, 5], weight: [5], throws: 'it must be [out, in]' },
      { x: [2, 5], weight: [3, 5], bias: [5], throws: 'bias [5] does not fit weight [3, 5]; it must be [3]' },
    ],
  }),
  samplesOf(linearWeightGrad, {
    samples: [
      { x: [5], gradient: [3] },
      { x: [1, 21], gradient: [1, 13] },
      { x: [29, 7], gradient: [29, 11] },
      { x: [2, 3, 9], gradient: [2, 3, 4] },
      { x: [2, 301, 40], gradient: [2, 301, 24] },
      { x: [0, 3], gradient: [0, 2] },
      { x: [2, 0], gradient: [2, 3] },
      { x: [2, 3], gradient: [2, 0] },
    ],
    errors: [
      { x: [2, 4], gradient: [3, 5], throws: 'gradient [3, 5] does not fit x [2, 4]' },
      { x: [4], gradient: [], throws: 'they may differ in their last axis only' },
    ],
  }),
];
