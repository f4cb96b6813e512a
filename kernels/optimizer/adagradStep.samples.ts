import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { adagradStep } from './adagradStep.ts';

/** One parameter of each shape, and what belongs to it. */
const lists = (...shapes: readonly number[][]) => ({
  params: shapes,
  grads: shapes,
  sums: shapes.map((shape) => ({ shape, low: 0.1, high: 2 })),
});

export const adagradStepSamples: readonly OpWithSamples[] = [
  samplesOf(adagradStep, {
    samples: [
      { ...lists([7]), attrs: { lr: 0.01, step: 1 } },
      { ...lists([3, 68], [], [0], [9]), attrs: { lr: 0.1, lrDecay: 0.1, eps: 1e-3, weightDecay: 0.1, step: 6 } },
      ...[0, 1].map((found) => ({
        ...lists([7], [4, 2]),
        overflow: { shape: [2], values: [found, 4] },
        attrs: { lr: 0.01, lrDecay: 0.5, step: 7 },
      })),
    ],
    errors: [
      { ...lists([7]), sums: [[4]], attrs: { lr: 1, step: 1 }, throws: 'sums[0] has shape [4], params[0] [7]' },
      { ...lists([7]), attrs: { lr: 1, step: 1.5 }, throws: 'step must be an integer >= 1' },
      { ...lists([7]), attrs: { lr: 1, lrDecay: -1, step: 1 }, throws: 'lrDecay must be a finite number >= 0, got -1' },
    ],
  }),
];
