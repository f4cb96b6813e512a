import type { OpWithSamples } from '../../autograd/samples.ts';
import type { Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { all, any } from './truth.ts';

const ofTruth = (op: Op<['x:any'], ReduceAttrs>): OpWithSamples =>
  samplesOf(op, {
    samples: [
      { x: { shape: [5], values: [0, -0, NaN, 0, 0] } },
      { x: [] },
      { x: { shape: [3, 4, 5], dtype: 'bool' }, attrs: { axis: [0, 2] } },
      { x: { shape: [3, 4, 5], dtype: 'int32', low: -1, high: 2 }, attrs: { axis: 1, keepDims: true } },
      { x: { shape: [9, 67], dtype: 'int32', high: 60 }, attrs: { axis: -1 } },
      { x: { shape: [3, 270], dtype: 'uint8', high: 200 }, attrs: { axis: -1 } },
      { x: { shape: [270, 7], dtype: 'int32', high: 150 }, attrs: { axis: 0 } },
      { x: { shape: [40, 37], dtype: 'int32', high: 60 }, attrs: { axis: 0 } },
      { x: { shape: [30, 35], dtype: 'uint8', high: 40 }, attrs: { axis: 0 } },
      { x: [3, 0], attrs: { axis: 1 } },
    ],
    errors: [{ x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' }],
  });

export const truthSamples: readonly OpWithSamples[] = [ofTruth(all), ofTruth(any)];
