import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { lionStep } from './lionStep.ts';

/** One parameter of each shape, and what belongs to it. */
const lists = (...shapes: readonly number[][]) => ({
  params: shapes,
  grads: shapes,
  expAvgs: shapes,
});

export const lionStepSamples: readonly OpWithSamples[] = [
  samplesOf(lionStep, {
    samples: [
      { ...lists([7]), attrs: { lr: 0.01 } },
      { ...lists([3, 68], [], [0], [9]), attrs: { lr: 0.1, beta1: 0.8, beta2: 0.95, weightDecay: 0.1 } },
      // The first and the fourth do not move.
      {
        ...lists([7]),
        grads: [{ shape: [7], values: [0, 1, -1, 0, 0, 0, 2] }],
        expAvgs: [{ shape: [7], values: [0, 0, 0, 0, 1, -1, 2] }],
        attrs: { lr: 1 },
      },
      ...[0, 1].map((found) => ({
        ...lists([7], [4, 2]),
        overflow: { shape: [2], values: [found, 4] },
        attrs: { lr: 0.1 },
      })),
    ],
    errors: [
      { ...lists([7]), expAvgs: [[4]], attrs: { lr: 1 }, throws: 'expAvgs[0] has shape [4], params[0] [7]' },
      { ...lists([7]), attrs: { lr: -1 }, throws: 'lr must be a finite number >= 0, got -1' },
      { ...lists([7]), attrs: { lr: 1, beta1: 1 }, throws: 'beta1 must be a number of 0..1, less than 1, got 1' },
    ],
  }),
];
