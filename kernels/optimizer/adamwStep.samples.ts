import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { adamwStep } from './adamwStep.ts';

/** One parameter of each shape, and what belongs to it. */
const lists = (...shapes: readonly number[][]) => ({
  params: shapes,
  grads: shapes,
  expAvgs: shapes,
  expAvgSqs: shapes.map((shape) => ({ shape, low: 0, high: 2 })),
});

export const adamwStepSamples: readonly OpWithSamples[] = [
  samplesOf(adamwStep, {
    samples: [
      { ...lists([5]), attrs: { lr: 0.01, step: 1 } },
      {
        ...lists([3, 67], [], [0], [8]),
        attrs: { lr: 0.1, beta1: 0.8, beta2: 0.99, eps: 1e-3, weightDecay: 0.1, step: 10 },
      },
      ...[0, 1].map((found) => ({
        ...lists([7], [4, 2]),
        overflow: { shape: [2], values: [found, 4] },
        attrs: { lr: 0.01, step: 5 },
      })),
      {
        ...lists([8]),
        overflow: { shape: [2], values: [0, 10] },
        attrs: { lr: 0.01, beta1: 0, beta2: 0.9999, step: 900 },
      },
    ],
    errors: [
      {
        ...lists([3], [3]),
        expAvgSqs: [[3], [4]],
        attrs: { lr: 1, step: 1 },
        throws: 'expAvgSqs[1] has shape [4], params[1] [3]',
      },
      { ...lists([3], [3]), grads: [[3]], attrs: { lr: 1, step: 1 }, throws: 'grads has length 1, params 2' },
      { ...lists([3]), attrs: { lr: 1, step: 0 }, throws: 'the first step is 1' },
      { ...lists([3]), attrs: { lr: -1, step: 1 }, throws: 'lr must be a finite number >= 0, got -1' },
      {
        ...lists([3]),
        attrs: { lr: 1, beta1: 1, step: 1 },
        throws: 'beta1 must be a number of 0..1, less than 1, got 1',
      },
      {
        ...lists([3]),
        attrs: { lr: 1, beta2: NaN, step: 1 },
        throws: 'beta2 must be a number of 0..1, less than 1, got NaN',
      },
      { ...lists([3]), attrs: { lr: 1, eps: -1, step: 1 }, throws: 'eps must be a finite number >= 0, got -1' },
      {
        ...lists([3]),
        attrs: { lr: 1, weightDecay: Infinity, step: 1 },
        throws: 'weightDecay must be a finite number >= 0',
      },
    ],
  }),
];
