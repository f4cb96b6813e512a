import type { Tensor } from '../../tensor/tensor.ts';
import type { ActivationBackward } from './activationBackward.ts';
import type { UnaryOp } from './unary.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { activationBackward } from './activationBackward.ts';
import { normalBelow, normalDensity } from './normalBelow.ts';
import { unary } from './unary.ts';
import { checkOptions } from '../../tensor/options.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** g where y = relu(x) is positive, else 0. */
export const reluBackward: ActivationBackward = activationBackward({
  name: 'reluBackward',
  slope: (y) => (y <= 0 ? 0 : 1),
  isGate: true,
});

/** max(x, 0); its gradient at 0 is 0. */
export const relu: UnaryOp = unary({
  name: 'relu',
  dtypes: 'numeric',
  reference: (x) => Math.max(x, 0),
  saves: 'output',
  backward: reluBackward,
});

/** g y (1 − y), y = sigmoid(x). */
export const sigmoidBackward: ActivationBackward = activationBackward({
  name: 'sigmoidBackward',
  slope: (y) => y * (1 - y),
  curvature: (y) => y.mul(-2).add(1),
});

/** σ(x) = 1 / (1 + e⁻ˣ). */
export const sigmoid: UnaryOp = unary({
  name: 'sigmoid',
  reference: logistic,
  cost: 1.2,
  saves: 'output',
  backward: sigmoidBackward,
});

/** g (1 − y²), y = tanh(x). */
export const tanhBackward: ActivationBackward = activationBackward({
  name: 'tanhBackward',
  slope: (y) => 1 - y * y,
  curvature: (y) => y.mul(-2),
});

/** The hyperbolic tangent. */
export const tanh: UnaryOp = unary({
  name: 'tanh',
  reference: Math.tanh,
  cost: 1.5,
  saves: 'output',
  backward: tanhBackward,
});

/** g σ(x) (1 + x (1 − σ(x))). */
export const siluBackward: ActivationBackward = activationBackward({
  name: 'siluBackward',
  slope: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
  // σ (1 − σ) (2 + x (1 − 2σ))
  curvature: (x) => {
    const s = x.sigmoid();
    return s.mul(s.neg().add(1)).mul(s.mul(-2).add(1).mul(x).add(2));
  },
  cost: 1.3,
});

/** x σ(x), also called swish. */
export const silu: UnaryOp = unary({
  name: 'silu',
  reference: (x) => x * logistic(x),
  cost: 1.2,
  saves: 'x',
  backward: siluBackward,
});

/** g (Φ(x) + x φ(x)). */
export const geluErfBackward: ActivationBackward = activationBackward({
  name: 'geluErfBackward',
  slope: (x) => normalBelow(x) + x * normalDensity(x),
  // φ(x) (2 − x²)
  curvature: (x) => {
    const x2 = x.square();
    return x2
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI))
      .mul(x2.neg().add(2));
  },
  cost: 2,
});

/** x Φ(x): `gelu` without approximation. */
export const geluErf: UnaryOp = unary({
  name: 'geluErf',
  reference: (x) => x * normalBelow(x),
  cost: 1.2,
  saves: 'x',
  backward: geluErfBackward,
});

const slope0 = Math.sqrt(2 / Math.PI);
/** u = √(2/π) (x + 0.044715 x³), and u′. */
const inner = (x: number): number => slope0 * (x + 0.044715 * x ** 3);
const innerSlope = (x: number): number => slope0 * (1 + 3 * 0.044715 * x * x);

/** g times the derivative of `geluTanh`. */
export const geluTanhBackward: ActivationBackward = activationBackward({
  name: 'geluTanhBackward',
  slope(x) {
    const t = Math.tanh(inner(x));
    return (1 + t + x * (1 - t * t) * innerSlope(x)) / 2;
  },
  // (1 − t²) (u′ + ½ x u″ − x t u′²), u″ = 6 · 0.044715 √(2/π) x
  curvature(x) {
    const x2 = x.square();
    const t = x2.mul(0.044715).add(1).mul(x).mul(slope0).tanh();
    const rise = x2
      .mul(3 * 0.044715)
      .add(1)
      .mul(slope0);
    const bend = x2.mul(3 * 0.044715 * slope0);
    return t
      .square()
      .neg()
      .add(1)
      .mul(rise.add(bend).sub(x.mul(t).mul(rise.square())));
  },
  cost: 1.5,
});

/** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))): `gelu` with approximate 'tanh'. */
export const geluTanh: UnaryOp = unary({
  name: 'geluTanh',
  reference: (x) => (x * (1 + Math.tanh(inner(x)))) / 2,
  cost: 1.3,
  saves: 'x',
  backward: geluTanhBackward,
});

/**
 * x Φ(x), Φ the distribution function of the standard normal distribution.
 *
 * `approximate` is 'none' (default), by the error function, or 'tanh', by a hyperbolic tangent within 1e-3.
 *
 * @throws ArgumentError for another `approximate`
 * @source Hendrycks and Gimpel, "Gaussian error linear units", arXiv:1606.08415
 */
export function gelu(x: Tensor, options?: { approximate?: 'none' | 'tanh' }): Tensor {
  const { approximate = 'none' } = checkOptions('gelu', options, ['approximate']);
  if (approximate === 'none') return geluErf(x);
  if (approximate === 'tanh') return geluTanh(x);
  throw new ArgumentError(`approximate must be 'none' or 'tanh', got '${String(approximate)}'`, {
    op: 'gelu',
    approximate,
  });
}
