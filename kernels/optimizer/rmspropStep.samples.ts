import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { rmspropStep } from './rmspropStep.ts';

/** One parameter of each shape, and what belongs to it. */
const lists = (...shapes: readonly number[][]) => ({
  params: shapes,
  grads: shapes,
  squareAvgs: shapes.map((shape) => ({ shape, low: 1, high: 2 })),
  gradAvgs: [],
  momentumBuffers: [],
});

/** As many small running means. */
const means = (...shapes: readonly number[][]) => shapes.map((shape) => ({ shape, low: -0.5, high: 0.5 }));

export const rmspropStepSamples: readonly OpWithSamples[] = [
  samplesOf(rmspropStep, {
    samples: [
      { ...lists([7]), attrs: { lr: 0.01 } },
      {
        ...lists([3, 68], [], [0], [9]),
        gradAvgs: means([3, 68], [], [0], [9]),
        momentumBuffers: [[3, 68], [], [0], [9]],
        attrs: { lr: 0.1, alpha: 0.8, eps: 1e-3, weightDecay: 0.1, momentum: 0.9 },
      },
      { ...lists([7], [2]), momentumBuffers: [[7], [2]], attrs: { lr: 0.1, alpha: 0.9, momentum: 0.5 } },
      { ...lists([7], [2]), gradAvgs: means([7], [2]), attrs: { lr: 0.1, alpha: 0.9 } },
      ...[0, 1].map((found) => ({
        ...lists([7], [4, 2]),
        momentumBuffers: [[7], [4, 2]],
        overflow: { shape: [2], values: [found, 4] },
        attrs: { lr: 0.01, momentum: 0.5, weightDecay: 0.2 },
      })),
    ],
    errors: [
      { ...lists([7]), squareAvgs: [[4]], attrs: { lr: 1 }, throws: 'squareAvgs[0] has shape [4], params[0] [7]' },
      { ...lists([7], [7]), gradAvgs: [[7]], attrs: { lr: 1 }, throws: 'gradAvgs has length 1, params 2' },
      { ...lists([7]), attrs: { lr: NaN }, throws: 'lr must be a finite number >= 0, got NaN' },
      { ...lists([7]), attrs: { lr: 1, alpha: 1.5 }, throws: 'alpha must be a number of 0..1, got 1.5' },
      { ...lists([7]), overflow: [3], attrs: { lr: 1 }, throws: 'overflow has shape [3]; it must be [2]' },
    ],
  }),
];
