import type { ActivationBackward } from './activationBackward.ts';
import type { UnaryOp } from './unary.ts';
import { activationBackward } from './activationBackward.ts';
import { unary } from './unary.ts';
import { where } from './where.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

export type LeakyReluAttrs = { negativeSlope?: number };

/** g where x is positive, else g · negativeSlope. */
export const leakyReluBackward: ActivationBackward<LeakyReluAttrs> = activationBackward<LeakyReluAttrs>({
  name: 'leakyReluBackward',
  numbers: { negativeSlope: 0.01 },
  slope: (x, { negativeSlope }) => (x > 0 ? 1 : negativeSlope),
});

/** x where it is positive, else x · `negativeSlope` (default 0.01), whose gradient 0 has too. */
export const leakyRelu: UnaryOp<LeakyReluAttrs> = unary<LeakyReluAttrs>({
  name: 'leakyRelu',
  numbers: { negativeSlope: 0.01 },
  reference: (x, { negativeSlope }) => (x > 0 ? x : x * negativeSlope),
  saves: 'x',
  backward: (g, x, numbers) => leakyReluBackward(g, x, numbers),
});

export type EluAttrs = { alpha?: number };

/** g α eˣ where x is at most 0, else (and where it is NaN) g. */
export const eluBackward: ActivationBackward<EluAttrs> = activationBackward<EluAttrs>({
  name: 'eluBackward',
  numbers: { alpha: 1 },
  slope: (x, { alpha }) => (x <= 0 ? alpha * Math.exp(x) : 1),
  curvature: (x, { alpha }) => where(x.gt(0), 0, x.exp().mul(alpha)),
  cost: 1,
});

/**
 * x where it is positive, else α (eˣ − 1); `alpha` is 1 by default.
 *
 * @source Clevert and others, "Fast and accurate deep network learning by exponential linear units", arXiv:1511.07289
 */
export const elu: UnaryOp<EluAttrs> = unary<EluAttrs>({
  name: 'elu',
  numbers: { alpha: 1 },
  reference: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
  cost: 1,
  saves: 'x',
  backward: (g, x, numbers) => eluBackward(g, x, numbers),
});

export type SoftplusAttrs = {
  /** Steepness, default 1. */
  beta?: number;
  /** Where β x is larger, the result is x. Default 20. */
  threshold?: number;
};
const softplusNumbers = { beta: 1, threshold: 20 };

/** g σ(β x), or g where β x is above the threshold. */
export const softplusBackward: ActivationBackward<SoftplusAttrs> = activationBackward<SoftplusAttrs>({
  name: 'softplusBackward',
  numbers: softplusNumbers,
  slope: (x, { beta, threshold }) => (x * beta > threshold ? 1 : logistic(x * beta)),
  curvature: (x, { beta, threshold }) => {
    const s = x.mul(beta).sigmoid();
    return where(x.mul(beta).gt(threshold), 0, s.mul(s.neg().add(1)).mul(beta));
  },
  cost: 1.2,
});

/** ln(1 + e^(β x)) / β, a smooth relu. */
export const softplus: UnaryOp<SoftplusAttrs> = unary<SoftplusAttrs>({
  name: 'softplus',
  numbers: softplusNumbers,
  autocast: 'float32',
  reference: (x, { beta, threshold }) => {
    const t = x * beta;
    return t > threshold ? x : (Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)))) / beta;
  },
  cost: 2.5,
  saves: 'x',
  backward: (g, x, numbers) => softplusBackward(g, x, numbers),
});

/** 0 below −3, g from 3 on, g (x/3 + ½) between. */
export const hardswishBackward: ActivationBackward = activationBackward({
  name: 'hardswishBackward',
  slope: (x) => (x < -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
  curvature: (x) =>
    x
      .abs()
      .le(3)
      .cast(x.dtype)
      .mul(1 / 3),
});

/**
 * x min(max(x + 3, 0), 6) / 6.
 *
 * @source Howard and others, "Searching for MobileNetV3", arXiv:1905.02244
 */
export const hardswish: UnaryOp = unary({
  name: 'hardswish',
  reference: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  saves: 'x',
  backward: (g, x) => hardswishBackward(g, x),
});

/** ln(1 + eˣ) in float64. */
const softplusOf = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** g times the derivative of `mish`. */
export const mishBackward: ActivationBackward = activationBackward({
  name: 'mishBackward',
  slope: (x) => {
    const t = Math.tanh(softplusOf(x));
    if (t === 1) return 1; // x may be ∞
    return t + x * (1 - t * t) * logistic(x);
  },
  // (1 − t²) σ (2 + x (1 − σ − 2 t σ)), t = tanh(softplus x)
  curvature: (x) => {
    const s = x.sigmoid();
    const t = softplus(x).tanh();
    const rise = t.square().neg().add(1).mul(s);
    return rise.mul(s.add(t.mul(s).mul(2)).neg().add(1).mul(x).add(2));
  },
  cost: 1.5,
});

/**
 * x tanh(ln(1 + eˣ)).
 *
 * @source Misra, "Mish: a self regularized non-monotonic activation function", arXiv:1908.08681
 */
export const mish: UnaryOp = unary({
  name: 'mish',
  reference: (x) => x * Math.tanh(softplusOf(x)),
  cost: 1.2,
  saves: 'x',
  backward: (g, x) => mishBackward(g, x),
});
