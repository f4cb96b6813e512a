// What the losses that are functions of one number or two are tried on.

import type { OpWithSamples } from '../../autograd/samples.ts';
import { ofBinary } from '../elementwise/binary.samples.ts';
import { ofUnary } from '../elementwise/unary.samples.ts';
import { huberOf } from './distance.ts';
import { binaryCrossEntropy } from './likelihood.ts';

export const elementwiseLossSamples: readonly OpWithSamples[] = [
  ofBinary(binaryCrossEntropy, [
    { x: { shape: [7], low: 0.05, high: 0.95 }, y: { shape: [7], low: 0, high: 1 } },
    { x: { shape: [3, 1, 5], low: 0.05, high: 0.95 }, y: { shape: [4, 1], low: 0, high: 1 } },
    { x: { shape: [2, 0] }, y: { shape: [1] } },
  ]),
  ofUnary(huberOf, { more: [{ x: { shape: [9], low: -3, high: 3 }, attrs: { delta: 0.7 } }] }),
];
