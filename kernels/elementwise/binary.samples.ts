// What the functions of two numbers are tried on.

import type { OpWithSamples } from '../../autograd/samples.ts';
import type { Sample } from '../../autograd/types.ts';
import type { BinaryOp } from './binary.ts';
import type { BitsOp } from './logical.ts';
import { samplesOf } from '../../autograd/samples.ts';
import * as arithmetic from './arithmetic.ts';
import * as compare from './compare.ts';
import * as logical from './logical.ts';
import { atan2 } from './transcendental.ts';

type BinarySample = Sample<['x:operand', 'y:operand'], object>;

const common: readonly BinarySample[] = [
  { x: [7], y: [7] },
  { x: [3, 1, 5], y: [4, 1] },
  { x: [], y: [2, 3] },
  { x: [2, 3, 67], y: [67] },
  { x: [2, 0], y: [1] },
];

/** Samples of a function of two numbers; those above unless they are given. */
export function ofBinary(op: BinaryOp, samples = common): OpWithSamples {
  return samplesOf(op, { samples, errors: [{ x: [3], y: [4], throws: 'do not broadcast' }] });
}

function ofComparison(op: BinaryOp): OpWithSamples {
  return ofBinary(op, [
    { x: [7], y: [7] },
    { x: { shape: [3, 1, 5], dtype: 'int32', high: 3 }, y: { shape: [4, 1], dtype: 'int32', high: 3 } },
    {
      x: { shape: [6], values: [0, -0, 1, NaN, Infinity, 2] },
      y: { shape: [6], values: [-0, 0, NaN, NaN, Infinity, 1] },
    },
    { x: { shape: [2, 67], dtype: 'bool' }, y: { shape: [], dtype: 'int32', values: [1] } },
    { x: [2, 0], y: [1] },
  ]);
}

function ofBits(op: BitsOp): OpWithSamples {
  return samplesOf(op, {
    samples: [
      { x: [7], y: [7] },
      { x: [3, 1, 5], y: [4, 1] },
      { x: [2, 3, 67], y: [67] },
      { x: [], y: [9] },
      { x: [2, 0], y: [1] },
    ],
    errors: [
      { x: [3], y: [4], throws: 'do not broadcast' },
      { x: { shape: [3], dtype: 'int32' }, y: [3], throws: 'x must be bool' },
    ],
  });
}

export const binarySamples: readonly OpWithSamples[] = [
  ofBinary(arithmetic.add),
  ofBinary(arithmetic.sub),
  ofBinary(arithmetic.mul),
  ofBinary(arithmetic.div, [
    { x: [7], y: { shape: [7], low: 0.5, high: 2 } },
    { x: [3, 1, 5], y: { shape: [4, 1], low: -2, high: -0.5 } },
    { x: { shape: [2, 3], dtype: 'int32' }, y: { shape: [], values: [4] } },
    { x: [2, 3, 67], y: { shape: [67], low: 0.5, high: 2 } },
  ]),
  ofBinary(arithmetic.pow, [
    { x: { shape: [7], low: 0.3, high: 3 }, y: [7] },
    { x: { shape: [3, 1, 5], low: 0.3, high: 3 }, y: [4, 1] },
    { x: { shape: [5], low: 0.3, high: 3 }, y: { shape: [], values: [2] } },
    { x: { shape: [], values: [1.5] }, y: [2, 3] },
  ]),
  ofBinary(arithmetic.maximum),
  ofBinary(arithmetic.minimum),
  ofBinary(arithmetic.mod, [
    { x: [7], y: { shape: [7], low: 0.5, high: 2 } },
    { x: { shape: [3, 1, 5], low: -40, high: 40 }, y: { shape: [4, 1], low: -3, high: -0.5 } },
    {
      x: { shape: [6], dtype: 'int32', low: -9, high: 9 },
      y: { shape: [6], dtype: 'int32', values: [3, -3, 4, 1, -1, 5] },
    },
  ]),
  ofBinary(atan2),
  ofComparison(compare.eq),
  ofComparison(compare.ne),
  ofComparison(compare.lt),
  ofComparison(compare.le),
  ofComparison(compare.gt),
  ofComparison(compare.ge),
  ofBits(logical.bitsAnd),
  ofBits(logical.bitsOr),
  ofBits(logical.bitsXor),
];
