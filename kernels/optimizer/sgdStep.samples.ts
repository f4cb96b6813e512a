import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { sgdStep } from './sgdStep.ts';

/** One parameter of each shape, and what belongs to it. */
const lists = (...shapes: readonly number[][]) => ({
  params: shapes,
  grads: shapes,
  momentumBuffers: [],
});

export const sgdStepSamples: readonly OpWithSamples[] = [
  samplesOf(sgdStep, {
    samples: [
      { ...lists([5]), attrs: { lr: 0.1 } },
      { ...lists([3, 7], [], [0], [8]), attrs: { lr: 0.1, weightDecay: 0.01 } },
      {
        ...lists([3, 7], [2]),
        momentumBuffers: [[3, 7], [2]],
        attrs: { lr: 0.1, momentum: 0.9, weightDecay: 0.01 },
      },
      {
        ...lists([9], [], [0]),
        momentumBuffers: [[9], [], [0]],
        attrs: { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01, step: 2 },
      },
      { ...lists([], [8]), momentumBuffers: [[], [8]], attrs: { lr: 0.1, momentum: 0.8, nesterov: true, step: 7 } },
      ...[0, 1].map((found) => ({
        ...lists([5], [4, 2]),
        momentumBuffers: [[5], [4, 2]],
        overflow: { shape: [2], values: [found, 3] },
        attrs: { lr: 0.1, momentum: 0.9, dampening: 0.5, step: 4 },
      })),
      { ...lists([8]), overflow: { shape: [2], values: [1, 0] }, attrs: { lr: 0.1 } },
    ],
    errors: [
      { ...lists([3]), grads: [[1]], attrs: { lr: 1 }, throws: 'grads[0] has shape [1], params[0] [3]' },
      {
        ...lists([3], [2]),
        momentumBuffers: [[3]],
        attrs: { lr: 1 },
        throws: 'momentumBuffers has length 1, params 2',
      },
      { ...lists([3]), attrs: { lr: 1, step: 0 }, throws: 'step must be an integer >= 1' },
      { ...lists([3]), attrs: { lr: 1, dampening: 2 }, throws: 'dampening must be a number of 0..1, got 2' },
      { ...lists([3]), attrs: { lr: NaN }, throws: 'lr must be a finite number >= 0, got NaN' },
      { ...lists([3]), attrs: { lr: 1, momentum: -0.9 }, throws: 'momentum must be a finite number >= 0, got -0.9' },
      { ...lists([3]), attrs: { lr: 1, weightDecay: -1 }, throws: 'weightDecay must be a finite number >= 0' },
    ],
  }),
];
