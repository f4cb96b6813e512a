import type { BinaryOp } from './binary.ts';
import type { UnaryOp } from './unary.ts';
import { binary } from './binary.ts';
import { binaryCpu } from './elementwise.cpu.ts';
import { normalBelow } from './normalBelow.ts';
import { unary } from './unary.ts';

/** ln(1 + x), with all its digits near 0. */
export const log1p: UnaryOp = unary({
  name: 'log1p',
  autocast: 'float32',
  reference: Math.log1p,
  cost: 1.5,
  saves: 'x',
  backward: (g, x) => g.div(x.add(1)),
});

/** eˣ − 1, with all its digits near 0. */
export const expm1: UnaryOp = unary({
  name: 'expm1',
  autocast: 'float32',
  reference: Math.expm1,
  cost: 1,
  saves: 'output',
  backward: (g, y) => g.mul(y.add(1)),
});

/** The sine of x in radians. Exact to the last digits for all finite x, quickest for |x| ≤ 12867. */
export const sin: UnaryOp = unary({
  name: 'sin',
  reference: Math.sin,
  cost: 1.5,
  saves: 'x',
  backward: (g, x) => g.mul(x.cos()),
});

/** The cosine of x in radians. Exact to the last digits for all finite x, quickest for |x| ≤ 12867. */
export const cos: UnaryOp = unary({
  name: 'cos',
  reference: Math.cos,
  cost: 1.5,
  saves: 'x',
  backward: (g, x) => g.mul(x.sin()).neg(),
});

/** The error function 2/√π ∫₀ˣ e^−t² dt. */
export const erf: UnaryOp = unary({
  name: 'erf',
  reference: (x) => 2 * normalBelow(x * Math.SQRT2) - 1,
  cost: 1.5,
  saves: 'x',
  backward: (g, x) =>
    g.mul(
      x
        .square()
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
});

/**
 * The angle of the point (y, x), in (−π, π]: the first argument is the ordinate, as in C. Of (0, 0) it is 0, or ±π
 * where the abscissa is −0; the gradient there is NaN.
 */
export const atan2: BinaryOp = binary({
  name: 'atan2',
  dtypes: 'float',
  reference: Math.atan2,
  cpu: binaryCpu('atan2', 2),
  saves: ['x', 'y'],
  backward: (g, { x, y }) => {
    const share = g.div(x.square().add(y.square()));
    return { x: () => share.mul(y), y: () => share.mul(x).neg() };
  },
});
