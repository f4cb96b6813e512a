// The WGSL of elementwise ops, a line each. Functions with a trailing underscore are those of functions.webgpu.ts.

import type { OpKernel } from '../../autograd/kernels.ts';
import type { Word } from '../runtime/webgpu/program.ts';
import type { ActivationBackward } from './activationBackward.ts';
import type { BinaryOp } from './binary.ts';
import type { Formula } from './elementwise.webgpu.ts';
import type { BitsOp } from './logical.ts';
import type { UnaryOp } from './unary.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { kernelOf } from '../../autograd/kernels.ts';
import { acceptsReals, acceptsStrides } from '../../autograd/types.ts';
import * as activations from './activation.ts';
import * as arithmetic from './arithmetic.ts';
import { castTo } from './cast.ts';
import { castWebgpu } from './cast.webgpu.ts';
import * as compare from './compare.ts';
import { huberOf } from '../loss/distance.ts';
import { binaryCrossEntropy } from '../loss/likelihood.ts';
import { launchElementwise } from './elementwise.webgpu.ts';
import { bitsAnd, bitsOr, bitsXor } from './logical.ts';
import { numbersOf } from './numbers.ts';
import * as rectifiers from './rectifiers.ts';
import { ceil, clampBackward, clampTo, floor, round, trunc } from './rounding.ts';
import * as transcendental from './transcendental.ts';
import { abs, exp, log, neg, reciprocal, rsqrt, sign, sqrt, square } from './unary.ts';
import { where } from './where.ts';

/** Of an op's value, from `x`, `y` and its numbers in `params`: one for all dtypes, or one for reals and one for integers. */
type Wgsl = string | { readonly float: string; readonly int: string };

function formulaOf(name: string, wgsl: Wgsl, numbers: readonly string[] = []): (x: Tensor) => Formula {
  const [float, int] = typeof wgsl === 'string' ? [wgsl, wgsl] : [wgsl.float, wgsl.int];
  const of = (value: string, type: Word): Formula => ({ name, value, params: numbers.map((number) => [number, type]) });
  const [ofFloats, ofIntegers] = [of(float, 'f32'), of(int, 'i32')];
  return ({ dtype }) => (dtype === 'int32' ? ofIntegers : ofFloats);
}

function unary<A extends object>(op: UnaryOp<A>, wgsl: Wgsl): OpKernel {
  const { name, attrs: defaults } = op.definition;
  const numbers = Object.keys(defaults);
  const formula = formulaOf(name, wgsl, numbers);
  return kernelOf(
    op,
    acceptsStrides(({ x }, attrs, [y]) => launchElementwise(formula(x), [x], y!, numbersOf(x, attrs, numbers))),
  );
}

function binary(op: BinaryOp, wgsl: Wgsl): OpKernel {
  const formula = formulaOf(op.definition.name, wgsl);
  return kernelOf(
    op,
    acceptsReals(acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(formula(x), [x, y], out!))),
  );
}

/** Of g f′: g is `x`, what f saves `y`. */
function backward<A extends object>(op: ActivationBackward<A>, wgsl: string): OpKernel {
  const { name, attrs: defaults } = op.definition;
  const numbers = Object.keys(defaults);
  const formula: Formula = { name, value: wgsl, params: numbers.map((number) => [number, 'f32']) };
  return kernelOf(
    op,
    acceptsStrides(({ g, saved }, attrs, [out]) =>
      launchElementwise(formula, [g, saved], out!, numbersOf(g, attrs, numbers)),
    ),
  );
}

function bits(op: BitsOp, operator: string): OpKernel {
  const formula = { name: op.definition.name, value: `x ${operator} y` };
  return kernelOf(
    op,
    acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(formula, [x, y], out!)),
  );
}

/** NaN has no place in the order, and is neither equal nor unequal to a number by its bits. */
function comparison(op: BinaryOp, operator: string): OpKernel {
  const float =
    operator === '!='
      ? '!(areNumbers_(x, y) && order_(x) == order_(y))'
      : `areNumbers_(x, y) && order_(x) ${operator} order_(y)`;
  return binary(op, { float, int: `x ${operator} y` });
}

const chosen = { name: 'where', value: 'select(z, y, x != 0u)' };

export const elementwiseWebgpu: readonly OpKernel[] = [
  kernelOf(castTo, castWebgpu),
  kernelOf(
    where,
    acceptsStrides(({ condition, x, y }, _attrs, [out]) => launchElementwise(chosen, [condition, x, y], out!)),
  ),
  unary(neg, '-x'),
  unary(abs, 'abs(x)'),
  unary(sign, { float: 'sign_(x)', int: 'sign(x)' }),
  unary(reciprocal, '1.0 / x'),
  unary(square, 'x * x'),
  unary(exp, 'exp_(x)'),
  unary(log, 'log_(x)'),
  unary(sqrt, 'sqrt(x)'),
  unary(rsqrt, 'inverseSqrt(x)'),
  unary(floor, { float: 'floor(x)', int: 'x' }),
  unary(ceil, { float: 'ceil(x)', int: 'x' }),
  unary(trunc, { float: 'trunc(x)', int: 'x' }),
  unary(round, { float: 'round(x)', int: 'x' }),
  unary(clampTo, {
    float: 'minimum_(maximum_(x, params.min), params.max)',
    int: 'min(max(x, params.min), params.max)',
  }),
  unary(transcendental.log1p, 'log1p_(x)'),
  unary(transcendental.expm1, 'expm1_(x)'),
  unary(transcendental.sin, 'sine_(x, 0)'),
  unary(transcendental.cos, 'sine_(x, 1)'),
  unary(transcendental.erf, 'erf_(x)'),
  unary(activations.relu, { float: 'select(x, 0.0, isAtMost0_(x))', int: 'max(x, 0)' }),
  unary(activations.sigmoid, 'sigmoid_(x)'),
  unary(activations.tanh, 'tanh_(x)'),
  unary(activations.silu, 'x * sigmoid_(x)'),
  unary(activations.geluErf, 'x * normalBelow_(x)'),
  unary(activations.geluTanh, 'geluTanh_(x)'),
  unary(rectifiers.leakyRelu, 'select(x * params.negativeSlope, x, x > 0.0)'),
  unary(rectifiers.elu, 'select(params.alpha * expm1_(x), x, x > 0.0)'),
  unary(rectifiers.softplus, 'select(softplus_(x * params.beta) / params.beta, x, x * params.beta > params.threshold)'),
  unary(rectifiers.hardswish, 'x * clamp(x + 3.0, 0.0, 6.0) * 0.16666666666666666'),
  unary(rectifiers.mish, 'x * mishGate_(x)'),
  unary(huberOf, 'huber_(x, params.delta)'),
  backward(
    clampBackward,
    'select(0.0, x, order_(y) >= order_(params.min) && order_(y) <= order_(params.max) && !isNan_(y))',
  ),
  backward(activations.reluBackward, 'select(x, 0.0, isAtMost0_(y))'),
  backward(activations.sigmoidBackward, 'x * (y * (1.0 - y))'),
  backward(activations.tanhBackward, 'x * (1.0 - y * y)'),
  backward(activations.siluBackward, 'x * selfGatedSlope_(sigmoid_(y), y)'),
  backward(activations.geluErfBackward, 'x * (normalBelow_(y) + y * (exp_(-0.5 * y * y) * 0.3989422804014327))'),
  backward(activations.geluTanhBackward, 'x * geluTanhSlope_(y)'),
  backward(rectifiers.leakyReluBackward, 'x * select(params.negativeSlope, 1.0, y > 0.0)'),
  backward(rectifiers.eluBackward, 'x * select(1.0, params.alpha * exp_(y), isAtMost0_(y))'),
  backward(
    rectifiers.softplusBackward,
    'x * select(sigmoid_(y * params.beta), 1.0, y * params.beta > params.threshold)',
  ),
  backward(rectifiers.hardswishBackward, 'x * select(select(y / 3.0 + 0.5, 1.0, y >= 3.0), 0.0, y < -3.0)'),
  backward(rectifiers.mishBackward, 'x * mishSlope_(y)'),
  binary(arithmetic.add, 'x + y'),
  binary(arithmetic.sub, 'x - y'),
  binary(arithmetic.mul, 'x * y'),
  binary(arithmetic.div, 'x / y'),
  binary(arithmetic.pow, 'pow_(x, y)'),
  binary(arithmetic.maximum, { float: 'maximum_(x, y)', int: 'max(x, y)' }),
  binary(arithmetic.minimum, { float: 'minimum_(x, y)', int: 'min(x, y)' }),
  binary(arithmetic.mod, { float: 'modulo_(x, y)', int: 'integerModulo_(x, y)' }),
  binary(transcendental.atan2, 'angle_(x, y)'),
  binary(binaryCrossEntropy, 'binaryCrossEntropy_(x, y)'),
  comparison(compare.eq, '=='),
  comparison(compare.ne, '!='),
  comparison(compare.lt, '<'),
  comparison(compare.le, '<='),
  comparison(compare.gt, '>'),
  comparison(compare.ge, '>='),
  bits(bitsAnd, '&'),
  bits(bitsOr, '|'),
  bits(bitsXor, '^'),
];
