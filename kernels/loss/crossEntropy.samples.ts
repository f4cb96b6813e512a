import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { crossEntropyRows, crossEntropyBackward } from './crossEntropy.ts';

export const crossEntropySamples: readonly OpWithSamples[] = [
  samplesOf(crossEntropyRows, {
    samples: [
      { logits: [5, 3], target: { shape: [5], high: 3 } },
      { logits: [6, 67], target: { shape: [6], high: 67 }, attrs: { labelSmoothing: 0.1, reduction: 'sum' } },
      { logits: [3, 10], target: { shape: [3], values: [9, 4, 0] }, attrs: { ignoreIndex: 4, reduction: 'none' } },
      { logits: [4, 9], target: { shape: [4], values: [-100, 8, -100, 1] }, attrs: { labelSmoothing: 0.3 } },
      { logits: [2, 4], target: { shape: [2], dtype: 'uint8', high: 4 } },
      { logits: [1, 1], target: { shape: [1], high: 1 } },
      { logits: [0, 4], target: { shape: [0], high: 4 }, attrs: { reduction: 'sum' } },
    ],
    errors: [
      { logits: [2, 3], target: { shape: [3], high: 3 }, throws: 'target must be [2], one class per row' },
      { logits: [2, 3], target: { shape: [2], values: [1, 3] }, throws: 'target holds 3 at [1]; use 0..2' },
      { logits: [2, 3], target: { shape: [2], values: [-1, 1] }, throws: 'target holds -1 at [0]; use 0..2' },
      {
        logits: [2, 3],
        target: { shape: [2], high: 3 },
        attrs: { labelSmoothing: 2 },
        throws: 'labelSmoothing must be',
      },
      { logits: [2, 0], target: { shape: [2], high: 3 }, throws: 'at least one class' },
      { logits: [2], target: { shape: [], high: 2 }, throws: 'must be [N, C]' },
    ],
  }),
  samplesOf(crossEntropyBackward, {
    samples: [
      { logits: [5, 3], target: { shape: [5], high: 3 }, g: [] },
      { logits: [6, 67], target: { shape: [6], high: 67 }, g: [6], attrs: { labelSmoothing: 0.1, reduction: 'none' } },
      { logits: [3, 10], target: { shape: [3], values: [9, 4, 0] }, g: [], attrs: { ignoreIndex: 4 } },
      { logits: [2, 9], target: { shape: [2], values: [-100, 8] }, g: [], attrs: { reduction: 'sum' } },
    ],
    errors: [{ logits: [2, 3], target: { shape: [2], high: 3 }, g: [2], throws: 'the loss has []' }],
  }),
];
