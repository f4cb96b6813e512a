import type { OpWithSamples } from '../../autograd/samples.ts';
import type { Op } from '../../autograd/types.ts';
import type { ArgAttrs } from './argmax.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { argmax, argmin } from './argmax.ts';

const ofArg = (op: Op<['x'], ArgAttrs>): OpWithSamples =>
  samplesOf(op, {
    samples: [
      { x: [5] },
      { x: [] },
      { x: [3, 4, 5] },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: { shape: [2, 67], dtype: 'int32', high: 9 }, attrs: { axis: -1 } },
      { x: { shape: [270, 7], dtype: 'int32', high: 30 }, attrs: { axis: 0 } },
      { x: { shape: [2, 5], values: [1, NaN, 3, NaN, 0, -1, -1, 2, 2, 0] }, attrs: { axis: 1 } },
      { x: [0, 3], attrs: { axis: 1 } },
    ],
    errors: [
      { x: [2, 0], attrs: { axis: 1 }, throws: 'there is nothing to choose from' },
      { x: [2], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
    ],
  });

export const argmaxSamples: readonly OpWithSamples[] = [ofArg(argmax), ofArg(argmin)];
