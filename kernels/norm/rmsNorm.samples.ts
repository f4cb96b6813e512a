import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { rmsNormForward, rmsNormBackward } from './rmsNorm.ts';

export const rmsNormSamples: readonly OpWithSamples[] = [
  samplesOf(rmsNormForward, {
    samples: [
      { x: [3, 7], weight: [7] },
      { x: [5, 64], weight: [64] },
      { x: [2, 33, 19] },
      { x: [2, 3, 5], weight: [3, 5], attrs: { axes: 2, eps: 1e-3 } },
      { x: [6] },
      { x: [0, 3], weight: [3] },
    ],
    errors: [
      { x: [2, 3], weight: [2], throws: 'weight has shape [2]; it must be [3]' },
      { x: [2, 3], attrs: { axes: 3 }, throws: 'cannot normalise the last 3 axes of [2, 3]; use 1..2' },
      { x: [2, 3], attrs: { eps: -1 }, throws: 'eps must be a finite number >= 0' },
    ],
  }),
  samplesOf(rmsNormBackward, {
    samples: [
      { x: [3, 7], weight: [7], rstd: [3], g: [3, 7] },
      { x: [37, 18], rstd: [37], g: [37, 18] },
      { x: [2, 3, 5], weight: [3, 5], rstd: [2], g: [2, 3, 5], attrs: { axes: 2 } },
      { x: [6], rstd: [], g: [6] },
      { x: [0, 3], rstd: [0], g: [0, 3] },
    ],
    errors: [{ x: [3, 7], rstd: [7], g: [3, 7], throws: 'rstd has shape [7]; it must be [3]' }],
  }),
];
