import type { OpWithSamples } from '../../autograd/samples.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { castTo } from './cast.ts';

export const castSamples: readonly OpWithSamples[] = [
  samplesOf(castTo, {
    samples: [
      { x: [5], attrs: { dtype: 'int32' } },
      { x: { shape: [7], values: [0, -1.9, NaN, 3e9, -Infinity, 0.5, 255.5] }, attrs: { dtype: 'int32' } },
      { x: { shape: [7], values: [0, -0, NaN, 3e9, -Infinity, 0.5, 1] }, attrs: { dtype: 'bool' } },
      { x: { shape: [2, 3, 5], dtype: 'bool' }, attrs: { dtype: 'int32' } },
      { x: { shape: [9], dtype: 'int32', low: -2, high: 3 }, attrs: { dtype: 'bool' } },
      { x: { shape: [9], dtype: 'int32', low: -2, high: 3 }, attrs: { dtype: 'int32' } },
    ],
    errors: [{ x: [3], attrs: { dtype: 'float' as Dtype }, throws: "'float' is not a dtype" }],
  }),
];
