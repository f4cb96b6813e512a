import type { Tensor } from '../../tensor/tensor.ts';
import type { BinaryOp } from './binary.ts';
import { binary } from './binary.ts';
import { binaryCpu, powCpu } from './elementwise.cpu.ts';
import { where } from './where.ts';

/** x + y. Integers wrap around at 2³¹, as they do in `sub`, `mul`, `neg`, `abs`, `square`, `sum`, `prod` and `cumsum`. */
export const add: BinaryOp = binary({
  name: 'add',
  reference: (x, y) => x + y,
  backward: (g) => ({ x: () => g, y: () => g }),
});

/** x − y. */
export const sub: BinaryOp = binary({
  name: 'sub',
  reference: (x, y) => x - y,
  backward: (g) => ({ x: () => g, y: () => g.neg() }),
});

/** x · y. */
export const mul: BinaryOp = binary({
  name: 'mul',
  reference: (x, y) => x * y,
  integers: Math.imul,
  saves: ['x', 'y'],
  backward: (g, { x, y }) => ({ x: () => g.mul(y), y: () => g.mul(x) }),
});

/** x / y in reals: integers become float32, so that division by 0 gives ±∞, or NaN for 0 / 0. */
export const div: BinaryOp = binary({
  name: 'div',
  dtypes: 'float',
  reference: (x, y) => x / y,
  saves: ['y', 'output'],
  backward: (g, { y, output }) => ({ x: () => g.div(y), y: () => g.div(y).mul(output).neg() }),
});

/** As C and PyTorch have it: 1 to the NaN and −1 to ±∞ are 1, where JavaScript says NaN. */
function power(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

/**
 * xʸ in reals: integers become float32. NaN for a negative x with a y that is not an integer; 1 where y is 0.
 * The gradient of x is 0 where y is 0; that of y is 0 where x is 0 and y ≥ 0, and NaN where x is negative.
 * On cpu each power is computed in float64 and rounded once, so that whole numbers come out whole: some 15 times as long as exp,
 * but for y = 2.
 */
export const pow: BinaryOp = binary({
  name: 'pow',
  autocast: 'float32',
  dtypes: 'float',
  reference: power,
  cpu: powCpu,
  saves: ['x', 'y', 'output'],
  backward: (g, { x, y, output }) => ({
    x: () => where(y.eq(0), 0, g.mul(y).mul(x.pow(y.sub(1)))),
    y: () => {
      const raw = g.mul(output).mul(x.log());
      return where(x.eq(0), where(y.lt(0), raw, 0), raw);
    },
  }),
});

/** The larger of x and y; NaN if one is NaN. Where they are equal each gets half the gradient. */
export const maximum: BinaryOp = binary({
  name: 'maximum',
  reference: Math.max,
  saves: ['x', 'y'],
  backward: (g, { x, y }) => {
    const shared = where(x.eq(y), g.mul(0.5), g);
    return { x: () => where(x.lt(y), 0, shared), y: () => where(y.lt(x), 0, shared) };
  },
});

/** The smaller of x and y; NaN if one is NaN. Where they are equal each gets half the gradient. */
export const minimum: BinaryOp = binary({
  name: 'minimum',
  reference: Math.min,
  saves: ['x', 'y'],
  backward: (g, { x, y }) => {
    const shared = where(x.eq(y), g.mul(0.5), g);
    return { x: () => where(y.lt(x), 0, shared), y: () => where(x.lt(y), 0, shared) };
  },
});

/** ⌊x / y⌋ as PyTorch differentiates it: 0 everywhere. */
const quotient = (x: Tensor, y: Tensor): Tensor => x.detach().div(y.detach()).floor();

/**
 * The rest of x / y with the sign of y: x − y ⌊x / y⌋, exact. NaN for y = 0; of integers 0, where PyTorch's `remainder`
 * throws on the CPU: no device looks at values before it computes.
 *
 * @example
 * mod(tensor([-7, 7, 5.5]), 3); // [2, 1, 2.5]
 */
export const mod: BinaryOp = binary({
  name: 'mod',
  reference: (x, y) => {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  },
  cpu: binaryCpu('mod', 3),
  saves: ['x', 'y'],
  backward: (g, { x, y }) => ({ x: () => g, y: () => g.mul(quotient(x, y)).neg() }),
});
