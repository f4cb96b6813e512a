import type { OpWithSamples } from '../../autograd/samples.ts';
import type { Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { max, min } from './extreme.ts';

const ofExtreme = (op: Op<['x'], ReduceAttrs>): OpWithSamples =>
  samplesOf(op, {
    samples: [
      { x: [5] },
      { x: [] },
      { x: [3, 4, 5], attrs: { axis: [0, 2] } },
      { x: [3, 4, 5], attrs: { axis: 1, keepDims: true } },
      { x: [2, 67], attrs: { axis: -1 } },
      { x: [270, 7], attrs: { axis: 0 } },
      { x: [0, 3], attrs: { axis: 1 } },
      { x: { shape: [3, 9], dtype: 'int32', low: -5 }, attrs: { axis: 0 } },
    ],
    errors: [
      { x: [2, 0], attrs: { axis: 1 }, throws: 'there is nothing to choose from' },
      { x: [2], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
    ],
  });

export const extremeSamples: readonly OpWithSamples[] = [ofExtreme(max), ofExtreme(min)];
