import type { Defaults, NoAttrs, Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { isInt32, map } from '../runtime/reference/loops.ts';
import { unaryCpu } from './elementwise.cpu.ts';

/** An elementwise op of one tensor, with numbers `A`. */
export type UnaryOp<A extends object = NoAttrs> = Op<['x'], A>;

interface Rules<A extends object> {
  name: string;
  /** The numbers it takes, with their defaults, in the order in which the CPU kernel gets them. */
  numbers?: Required<A>;
  /** `'numeric'` also takes int32; default `'float'`. */
  dtypes?: 'numeric';
  /** What the input becomes inside `autocast`. */
  autocast?: 'float32';
  /** On float64 values. */
  reference: (x: number, numbers: Required<A>) => number;
  /** On int32 values, where float64 would round what wraps around. */
  integers?: (x: number) => number;
  /** Nanoseconds per element on the CPU; default that of memory. */
  cost?: number;
  saves?: 'x' | 'output';
  /** The gradient of x. */
  backward?: (g: Tensor, saved: Tensor, numbers: Required<A>) => Tensor;
}

/** Declares one op of the family. */
export function unary<A extends object = NoAttrs>({
  name,
  numbers,
  dtypes = 'float' as 'numeric',
  autocast,
  reference,
  integers,
  cost,
  saves,
  backward,
}: Rules<A>): UnaryOp<A> {
  const names = Object.keys(numbers ?? {});
  return defineOp<['x'], A, ['output'], 'x' | 'output'>({
    name,
    inputs: ['x'],
    attrs: (numbers ?? {}) as Defaults<A>,
    dtypes,
    ...(autocast && { autocast }),
    shape: ({ x }) => x,
    reference: ({ x }, attrs) => map(x, isInt32(x) && integers ? integers : (value) => reference(value, attrs)),
    kernels: { cpu: unaryCpu(name, cost, names) },
    saves: saves ? [saves] : [],
    ...(backward && {
      backward: ({ grads: [g], inputs: { x }, outputs: { output }, attrs }) => ({
        x: backward(g, saves === 'x' ? x : output, attrs),
      }),
    }),
  });
}

/** −x. */
export const neg: UnaryOp = unary({
  name: 'neg',
  dtypes: 'numeric',
  reference: (x) => -x,
  backward: (g) => g.neg(),
});

/** |x|; its gradient at 0 is 0. */
export const abs: UnaryOp = unary({
  name: 'abs',
  dtypes: 'numeric',
  reference: Math.abs,
  saves: 'x',
  backward: (g, x) => g.mul(x.sign()),
});

/** −1, 0 or 1; 0 for NaN. No gradient flows. */
export const sign: UnaryOp = unary({
  name: 'sign',
  dtypes: 'numeric',
  reference: (x) => Number(x > 0) - Number(x < 0),
});

/** 1 / x in reals: integers become float32. */
export const reciprocal: UnaryOp = unary({
  name: 'reciprocal',
  autocast: 'float32',
  reference: (x) => 1 / x,
  saves: 'output',
  backward: (g, y) => g.mul(y).mul(y).neg(),
});

/** x². */
export const square: UnaryOp = unary({
  name: 'square',
  autocast: 'float32',
  dtypes: 'numeric',
  reference: (x) => x * x,
  integers: (x) => Math.imul(x, x),
  saves: 'x',
  backward: (g, x) => g.mul(x).mul(2),
});

/** eˣ. */
export const exp: UnaryOp = unary({
  name: 'exp',
  autocast: 'float32',
  reference: Math.exp,
  cost: 1,
  saves: 'output',
  backward: (g, y) => g.mul(y),
});

/** The natural logarithm: −∞ at 0, NaN below. */
export const log: UnaryOp = unary({
  name: 'log',
  autocast: 'float32',
  reference: Math.log,
  cost: 1,
  saves: 'x',
  backward: (g, x) => g.div(x),
});

/** √x, NaN for negative x. */
export const sqrt: UnaryOp = unary({
  name: 'sqrt',
  reference: Math.sqrt,
  saves: 'output',
  backward: (g, y) => g.mul(0.5).div(y),
});

/** 1 / √x. */
export const rsqrt: UnaryOp = unary({
  name: 'rsqrt',
  autocast: 'float32',
  reference: (x) => 1 / Math.sqrt(x),
  cost: 0.6,
  saves: 'output',
  backward: (g, y) => g.mul(y).mul(y).mul(y).mul(-0.5),
});
