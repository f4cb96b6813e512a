import type { Tensor } from '../../tensor/tensor.ts';
import type { ActivationBackward } from './activationBackward.ts';
import type { UnaryOp } from './unary.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { zerosLike } from '../create/filled.ts';
import { activationBackward } from './activationBackward.ts';
import { unary } from './unary.ts';

/** A step function: integers stay as they are, the gradient is 0 everywhere, as PyTorch has it. */
function rounding(name: string, reference: (x: number) => number): UnaryOp {
  return unary({
    name,
    dtypes: 'numeric',
    reference,
    backward: (g) => zerosLike(g),
  });
}

/** The largest whole number that is not above x. */
export const floor: UnaryOp = rounding('floor', Math.floor);
/** The smallest whole number that is not below x. */
export const ceil: UnaryOp = rounding('ceil', Math.ceil);
/** x without its fraction. */
export const trunc: UnaryOp = rounding('trunc', Math.trunc);
/** The nearest whole number; of two, the even one. */
export const round: UnaryOp = rounding('round', (x) => {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(x);
});

export type ClampAttrs = { min?: number; max?: number };
const everything = { min: -Infinity, max: Infinity };

/** g where min ≤ x ≤ max, else 0. */
export const clampBackward: ActivationBackward<ClampAttrs> = activationBackward<ClampAttrs>({
  name: 'clampBackward',
  numbers: everything,
  slope: (x, { min, max }) => Number(x >= min && x <= max),
  isGate: true,
});

/** `clamp` with bounds of x's dtype. */
export const clampTo: UnaryOp<ClampAttrs> = unary<ClampAttrs>({
  name: 'clampTo',
  numbers: everything,
  dtypes: 'numeric',
  reference: (x, { min, max }) => Math.min(Math.max(x, min), max),
  saves: 'x',
  backward: (g, x, { min, max }) => clampBackward(g, x, { min, max }),
});

/**
 * x cut to [min, max], `max` where min is larger. Integers with whole bounds stay integers, otherwise they become
 * float32. The gradient is 1 within the bounds and on them, else 0.
 *
 * @throws ArgumentError without a bound, or for one that is no number
 * @example
 * clamp(tensor([-2, 0.5, 9]), { min: 0, max: 1 }); // [0, 0.5, 1]
 */
export function clamp(x: Tensor, options: ClampAttrs): Tensor {
  checkTensor('clamp', 'x', x);
  const { min, max } = checkOptions('clamp', options, ['min', 'max']);
  if (min === undefined && max === undefined) throw new ArgumentError('needs min or max', { op: 'clamp' });
  const bounds = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  for (const [name, bound] of Object.entries(bounds)) {
    if (typeof bound === 'number' && !Number.isNaN(bound)) continue;
    throw new ArgumentError(`${name} must be a number, got ${String(bound)}`, { op: 'clamp', [name]: bound });
  }
  const areWhole = Object.values(bounds).every((bound) => Number.isInteger(bound) || Math.abs(bound) === Infinity);
  if (isFloat(x.dtype) || areWhole) return clampTo(x, bounds);
  return scope(() => clampTo(x.cast('float32'), bounds));
}
