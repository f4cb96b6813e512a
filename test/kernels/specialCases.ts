// What NaN, the infinities and huge numbers become, where a sample of the op would have no gradient to check.

import type { SampleInput } from '../../kernels/index.ts';
import {
  batchNormForward,
  clampBackward,
  eluBackward,
  groupNormForward,
  layerNormForward,
  logsumexp,
  mishBackward,
  pow,
  reluBackward,
  rmsNormForward,
  softmax,
  topk,
} from '../../kernels/index.ts';

const of = (...values: number[]): SampleInput => ({ shape: [values.length], values });
/** Two columns that hold the same. */
const columns = (...values: number[]): SampleInput => ({
  shape: [values.length, 2],
  values: values.flatMap((v) => [v, v]),
});

export const specialCases: readonly [what: string, op: unknown, sample: Record<string, unknown>][] = [
  ['1 to the NaN, −1 to ±∞', pow, { x: of(-1, 1, -0, 0.5, -1), y: of(-Infinity, NaN, -3, Infinity, Infinity) }],
  ['a gradient that relu stops', reluBackward, { g: of(NaN, Infinity, NaN), saved: of(0, 0, 1) }],
  [
    'one that clamp stops',
    clampBackward,
    { g: of(NaN, Infinity, NaN), saved: of(0, 9, -1), attrs: { min: 0, max: 3 } },
  ],
  ['the slope of mish far out', mishBackward, { g: of(1, 1, 1, 1), saved: of(1e4, 1e20, Infinity, NaN) }],
  ['statistics of nothing', layerNormForward, { x: [3, 0] }],
  ['the same of rmsNorm', rmsNormForward, { x: [3, 0] }],
  ['the same of groupNorm', groupNormForward, { x: [1, 2, 0], attrs: { groups: 2 } }],
  ['the same of an empty batch', batchNormForward, { x: [0, 2, 3] }],
  ['the slope of elu', eluBackward, { g: of(1, 1, 1, 1, 1), saved: of(NaN, Infinity, -Infinity, 0, -0) }],
  ...[NaN, Infinity, -Infinity].flatMap((value): [string, unknown, Record<string, unknown>][] => [
    [`logsumexp of a row with ${value}`, logsumexp, { x: of(1, value, 3, 0.5, -2), attrs: { axis: 0 } }],
    [`logsumexp of columns with ${value}`, logsumexp, { x: columns(1, value, 3), attrs: { axis: 0 } }],
    [`softmax of columns with ${value}`, softmax, { x: columns(1, value, 3), attrs: { axis: 0 } }],
  ]),
  ['logsumexp of −∞ alone', logsumexp, { x: columns(-Infinity, -Infinity), attrs: { axis: 0 } }],
  [
    'topk where NaN and equals lie behind a full heap',
    topk,
    { x: of(...Array.from({ length: 70 }, (_, i) => (i === 33 ? NaN : i % 7))), attrs: { k: 8 } },
  ],
];
