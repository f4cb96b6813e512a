import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv2d.ts';

export const conv2dSamples: readonly OpWithSamples[] = [
  samplesOf(conv2d, {
    samples: [
      { x: [2, 3, 7, 9], weight: [5, 3, 3, 3], bias: [5] },
      { x: [2, 3, 7, 9], weight: [5, 3, 3, 3], bias: [5], attrs: { padding: 1 } },
      { x: [1, 2, 12, 11], weight: [7, 2, 1, 1] },
      { x: [2, 4, 9, 8], weight: [6, 2, 3, 2], bias: [6], attrs: { stride: 2, padding: [1, 0], groups: 2 } },
      { x: [1, 3, 11, 10], weight: [3, 1, 3, 3], attrs: { padding: 2, dilation: 2, groups: 3 } },
      { x: [1, 2, 10, 13], weight: [3, 2, 2, 4], attrs: { stride: [3, 2], padding: [0, 3], dilation: [2, 3] } },
      { x: [1, 1, 2, 3], weight: [2, 1, 5, 4], bias: [2], attrs: { padding: 2 } },
      { x: [1, 40, 5, 6], weight: [13, 40, 3, 3], attrs: { padding: 1 } },
      { x: [0, 2, 5, 5], weight: [3, 2, 3, 3], bias: [3] },
    ],
    errors: [
      { x: [3, 8, 8], weight: [4, 3, 3, 3], throws: 'x.unsqueeze(0) adds the batch axis' },
      { x: [1, 3, 8, 8], weight: [4, 3, 3], throws: 'it must be [O, C / groups, kh, kw]' },
      { x: [1, 3, 8, 8], weight: [4, 2, 3, 3], throws: 'reads 2 in each of 1 groups; x must have 2' },
      { x: [1, 4, 8, 8], weight: [3, 2, 3, 3], attrs: { groups: 2 }, throws: '2 groups must divide them' },
      {
        x: [1, 3, 8, 8],
        weight: [4, 3, 9, 3],
        throws: 'a kernel that spans [9, 3] does not fit a padded input of [8, 8]',
      },
      { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], bias: [3], throws: 'it must be [4]' },
      { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { stride: 0 }, throws: 'stride 0 must be an integer >= 1' },
      { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { padding: [1, -1] }, throws: 'padding [1, -1] must be' },
      { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { dilation: 1.5 }, throws: 'dilation 1.5 must be' },
      { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { groups: 0 }, throws: 'groups 0 must be' },
    ],
  }),
  samplesOf(conv2dInputGrad, {
    samples: [
      { gradient: [2, 5, 7, 9], weight: [5, 3, 3, 3], attrs: { size: [7, 9], padding: 1 } },
      { gradient: [1, 6, 5, 4], weight: [6, 2, 3, 3], attrs: { size: [10, 9], stride: 2, padding: [1, 0], groups: 2 } },
      { gradient: [1, 3, 3, 3], weight: [3, 2, 1, 2], attrs: { size: [7, 10], stride: [3, 3], dilation: [1, 2] } },
      { gradient: [0, 3, 3, 3], weight: [3, 2, 3, 3], attrs: { size: [5, 5] } },
      { gradient: [1, 0, 3, 3], weight: [0, 2, 3, 3], attrs: { size: [5, 5] } },
    ],
    errors: [
      {
        gradient: [1, 3, 4, 3],
        weight: [3, 2, 3, 3],
        attrs: { size: [5, 5] },
        throws: "must be the output's [1, 3, 3, 3]",
      },
    ],
  }),
  samplesOf(conv2dWeightGrad, {
    samples: [
      { x: [2, 3, 7, 9], gradient: [2, 5, 7, 9], attrs: { kernelSize: [3, 3], padding: 1 } },
      {
        x: [3, 4, 10, 9],
        gradient: [3, 6, 5, 4],
        attrs: { kernelSize: [3, 3], stride: 2, padding: [1, 0], groups: 2 },
      },
      { x: [1, 2, 7, 10], gradient: [1, 3, 3, 3], attrs: { kernelSize: [1, 2], stride: [3, 3], dilation: [1, 2] } },
      { x: [19, 1, 4, 5], gradient: [19, 2, 2, 3], attrs: { kernelSize: [3, 3] } },
      { x: [0, 2, 5, 5], gradient: [0, 3, 3, 3], attrs: { kernelSize: [3, 3] } },
    ],
    errors: [
      {
        x: [1, 2, 5, 5],
        gradient: [1, 3, 4, 3],
        attrs: { kernelSize: [3, 3] },
        throws: "must be the output's [1, 3, 3, 3]",
      },
      { x: [1, 2, 5, 5], gradient: [3, 3, 3], attrs: { kernelSize: [3, 3] }, throws: 'gradient [3, 3, 3] has rank 3' },
    ],
  }),
];
