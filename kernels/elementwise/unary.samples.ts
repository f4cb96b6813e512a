// What the functions of one number are tried on, and the derivatives that have an op of their own.

import type { OpWithSamples } from '../../autograd/samples.ts';
import type { NoAttrs, Sample } from '../../autograd/types.ts';
import type { ActivationBackward } from './activationBackward.ts';
import type { UnaryOp } from './unary.ts';
import { samplesOf } from '../../autograd/samples.ts';
import * as activations from './activation.ts';
import * as rectifiers from './rectifiers.ts';
import * as roundings from './rounding.ts';
import * as transcendental from './transcendental.ts';
import * as unary from './unary.ts';

interface Options<A extends object> {
  /** Where the function is smooth; default the normal distribution. */
  range?: readonly [low: number, high: number];
  more?: readonly Sample<['x'], A>[];
}

/** What every function of one number is tried on, and more. */
export function ofUnary<A extends object = NoAttrs>(op: UnaryOp<A>, options: Options<A> = {}): OpWithSamples {
  const { range, more = [] } = options;
  const of = (shape: readonly number[]): Sample<['x'], A> => ({
    x: range ? { shape, low: range[0], high: range[1] } : shape,
  });
  return samplesOf(op, {
    samples: [of([7]), of([]), of([2, 3, 67]), of([2, 0]), { x: { shape: [5], dtype: 'int32' } }, ...more],
  });
}

function ofBackward<A extends object = NoAttrs>(
  op: ActivationBackward<A>,
  more: readonly Sample<['g', 'saved'], A>[] = [],
): OpWithSamples {
  return samplesOf(op, {
    samples: [{ g: [7], saved: [7] }, { g: [2, 3, 67], saved: [2, 3, 67] }, { g: [2, 0], saved: [2, 0] }, ...more],
    errors: [{ g: [3], saved: [1], throws: 'must have the same shape' }],
  });
}

function ofRounding(op: UnaryOp): OpWithSamples {
  return ofUnary(op, { more: [{ x: { shape: [9], values: [-2.6, -1.7, -0.4, -0.2, 0.4, 1.6, 2.3, -30.6, 70.1] } }] });
}

const ofSteps: readonly OpWithSamples[] = [
  ofRounding(roundings.floor),
  ofRounding(roundings.ceil),
  ofRounding(roundings.trunc),
  ofRounding(roundings.round),
  ofBackward(roundings.clampBackward, [
    { g: [9], saved: { shape: [9], values: [-2, -1.1, -0.5, 0, 1, 2.9, 7, 4, -9] }, attrs: { min: -1, max: 3 } },
  ]),
  ofUnary(roundings.clampTo, {
    more: [
      { x: [3, 67], attrs: { min: -0.7, max: 0.9 } },
      { x: [7], attrs: { min: 0.2 } },
      { x: { shape: [4], values: [-9, 3, 0.9, 0] }, attrs: { max: 1 } },
      { x: { shape: [9], dtype: 'int32' }, attrs: { min: 3, max: 6 } },
    ],
  }),
];

const ofRectifiers: readonly OpWithSamples[] = [
  ofBackward(rectifiers.leakyReluBackward, [{ g: [9], saved: [9], attrs: { negativeSlope: 0.3 } }]),
  ofUnary(rectifiers.leakyRelu, { more: [{ x: [9], attrs: { negativeSlope: 1.5 } }] }),
  ofBackward(rectifiers.eluBackward, [{ g: [9], saved: [9], attrs: { alpha: 0.7 } }]),
  ofUnary(rectifiers.elu, { more: [{ x: [9], attrs: { alpha: 0.7 } }] }),
  ofBackward(rectifiers.softplusBackward, [
    { g: [9], saved: { shape: [9], low: -4, high: 4 }, attrs: { beta: 2.5, threshold: 3 } },
  ]),
  ofUnary(rectifiers.softplus, {
    more: [
      { x: { shape: [9], low: -4, high: 4 }, attrs: { beta: 2.5, threshold: 3 } },
      { x: { shape: [5], values: [-80, -20, 19, 60, -1] } },
    ],
  }),
  ofBackward(rectifiers.hardswishBackward, [{ g: [9], saved: { shape: [9], low: -5, high: 5 } }]),
  ofUnary(rectifiers.hardswish, { more: [{ x: { shape: [9], low: -5, high: 5 } }] }),
  ofBackward(rectifiers.mishBackward),
  ofUnary(rectifiers.mish, { more: [{ x: { shape: [6], values: [-60, -20, 15, 60, -1, 3] } }] }),
];

const wave = { more: [{ x: { shape: [41, 101], low: -100, high: 100 } }] };

export const unarySamples: readonly OpWithSamples[] = [
  ofUnary(unary.neg),
  ofUnary(unary.abs),
  ofUnary(unary.sign, { more: [{ x: { shape: [5], values: [NaN, -0, 0, Infinity, -1e-40] } }] }),
  ofUnary(unary.reciprocal, { range: [0.3, 3] }),
  ofUnary(unary.square),
  ofUnary(unary.exp),
  ofUnary(unary.log, { range: [0.1, 4] }),
  ofUnary(unary.sqrt, { range: [0.1, 4] }),
  ofUnary(unary.rsqrt, { range: [0.1, 4] }),
  ofUnary(transcendental.log1p, {
    range: [-0.5, 4],
    more: [{ x: { shape: [6], values: [1e-7, -1e-4, 1e-30, 3e8, -0.9, 0] } }],
  }),
  ofUnary(transcendental.expm1, { more: [{ x: { shape: [5], values: [1e-7, -1e-4, 1e-30, -60, 3] } }] }),
  ofUnary(transcendental.sin, wave),
  ofUnary(transcendental.cos, wave),
  ofUnary(transcendental.erf),
  ofBackward(activations.reluBackward),
  ofUnary(activations.relu),
  ofBackward(activations.sigmoidBackward),
  ofUnary(activations.sigmoid),
  ofBackward(activations.tanhBackward),
  ofUnary(activations.tanh),
  ofBackward(activations.siluBackward),
  ofUnary(activations.silu),
  ofBackward(activations.geluErfBackward),
  ofUnary(activations.geluErf),
  ofBackward(activations.geluTanhBackward),
  ofUnary(activations.geluTanh),
  ...ofSteps,
  ...ofRectifiers,
];
