import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { adamStep } from './adamStep.ts';

/** One parameter of each shape, and what belongs to it. */
const lists = (...shapes: readonly number[][]) => ({
  params: shapes,
  grads: shapes,
  expAvgs: shapes,
  expAvgSqs: shapes.map((shape) => ({ shape, low: 0, high: 2 })),
});

export const adamStepSamples: readonly OpWithSamples[] = [
  samplesOf(adamStep, {
    samples: [
      { ...lists([7]), attrs: { lr: 0.01, step: 1 } },
      {
        ...lists([3, 68], [], [0], [9]),
        attrs: { lr: 0.1, beta1: 0.8, beta2: 0.99, eps: 1e-3, weightDecay: 0.1, step: 10 },
      },
      ...[0, 1].map((found) => ({
        ...lists([7], [4, 2]),
        overflow: { shape: [2], values: [found, 4] },
        attrs: { lr: 0.01, weightDecay: 0.2, step: 5 },
      })),
    ],
    errors: [
      {
        ...lists([7]),
        expAvgSqs: [[4]],
        attrs: { lr: 1, step: 1 },
        throws: 'expAvgSqs[0] has shape [4], params[0] [7]',
      },
      { ...lists([7]), attrs: { lr: 1, step: 0 }, throws: 'the first step is 1' },
      {
        ...lists([7]),
        attrs: { lr: 1, beta2: 1, step: 1 },
        throws: 'beta2 must be a number of 0..1, less than 1, got 1',
      },
      { ...lists([7]), attrs: { lr: 1, weightDecay: -1, step: 1 }, throws: 'weightDecay must be a finite number >= 0' },
    ],
  }),
];
