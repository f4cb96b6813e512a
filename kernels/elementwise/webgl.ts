// The GLSL of elementwise ops, a line each. Functions with a trailing underscore are those of functions.webgl.ts. Integers and bools
// are floats: one formula does for all, where nothing else is said.

import type { OpKernel } from '../../autograd/kernels.ts';
import type { ActivationBackward } from './activationBackward.ts';
import type { BinaryOp } from './binary.ts';
import type { BitsOp } from './logical.ts';
import type { UnaryOp } from './unary.ts';
import { kernelOf } from '../../autograd/kernels.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import * as activations from './activation.ts';
import * as arithmetic from './arithmetic.ts';
import { castTo } from './cast.ts';
import * as compare from './compare.ts';
import { huberOf } from '../loss/distance.ts';
import { binaryCrossEntropy } from '../loss/likelihood.ts';
import { launchElementwise } from './elementwise.webgl.ts';
import { bitsAnd, bitsOr, bitsXor } from './logical.ts';
import * as rectifiers from './rectifiers.ts';
import { ceil, clampBackward, clampTo, floor, round, trunc } from './rounding.ts';
import * as transcendental from './transcendental.ts';
import { abs, exp, log, neg, reciprocal, rsqrt, sign, sqrt, square } from './unary.ts';
import { where } from './where.ts';

function unary<A extends object>(op: UnaryOp<A>, value: string): OpKernel {
  const formula = { name: op.definition.name, value };
  return kernelOf(
    op,
    acceptsStrides(({ x }, attrs, [y]) => launchElementwise(formula, [x], y!, attrs as Record<string, number>)),
  );
}

function binary(op: BinaryOp, value: string, ofIntegers = value): OpKernel {
  const { name } = op.definition;
  const kernel = acceptsStrides<['x:operand', 'y:operand'], object>(({ x, y }, _attrs, [out]) =>
    launchElementwise({ name, value: x.dtype === 'int32' ? ofIntegers : value }, [x, y], out!),
  );
  return kernelOf(op, kernel);
}

/** Of g f′: g is `x`, what f saves `y`. */
function backward<A extends object>(op: ActivationBackward<A>, value: string): OpKernel {
  const formula = { name: op.definition.name, value };
  return kernelOf(
    op,
    acceptsStrides(({ g, saved }, attrs, [out]) =>
      launchElementwise(formula, [g, saved], out!, attrs as Record<string, number>),
    ),
  );
}

function bits(op: BitsOp, value: string): OpKernel {
  const formula = { name: op.definition.name, value };
  return kernelOf(
    op,
    acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(formula, [x, y], out!)),
  );
}

/** What becomes of a real by its new dtype. */
const castValues = {
  bool: 'x != 0.0',
  int32: 'isnan(x) ? 0.0 : clamp(trunc(x), -2147483648.0, 2147483647.0)',
  float32: 'x',
} as const;

export const elementwiseWebgl: readonly OpKernel[] = [
  kernelOf(
    castTo,
    acceptsStrides(({ x }, { dtype }, [y]) =>
      launchElementwise({ name: 'castTo', value: castValues[dtype as keyof typeof castValues] }, [x], y!),
    ),
  ),
  kernelOf(
    where,
    acceptsStrides(({ condition, x, y }, _attrs, [out]) =>
      launchElementwise({ name: 'where', value: 'x != 0.0 ? y : z' }, [condition, x, y], out!),
    ),
  ),
  unary(neg, '-x'),
  unary(abs, 'abs(x)'),
  unary(sign, 'sign_(x)'),
  unary(reciprocal, '1.0 / x'),
  unary(square, 'x * x'),
  unary(exp, 'exp_(x)'),
  unary(log, 'log_(x)'),
  unary(sqrt, 'sqrt(x)'),
  unary(rsqrt, 'inversesqrt(x)'),
  unary(floor, 'floor(x)'),
  unary(ceil, 'ceil(x)'),
  unary(trunc, 'trunc(x)'),
  unary(round, 'round_(x)'),
  unary(clampTo, 'minimum_(maximum_(x, params.min), params.max)'),
  unary(transcendental.log1p, 'log1p_(x)'),
  unary(transcendental.expm1, 'expm1_(x)'),
  unary(transcendental.sin, 'sine_(x, 0)'),
  unary(transcendental.cos, 'sine_(x, 1)'),
  unary(transcendental.erf, 'erf_(x)'),
  unary(activations.relu, 'x <= 0.0 ? 0.0 : x'),
  unary(activations.sigmoid, 'sigmoid_(x)'),
  unary(activations.tanh, 'tanh_(x)'),
  unary(activations.silu, 'x * sigmoid_(x)'),
  unary(activations.geluErf, 'x * normalBelow_(x)'),
  unary(activations.geluTanh, 'geluTanh_(x)'),
  unary(rectifiers.leakyRelu, 'x > 0.0 ? x : x * params.negativeSlope'),
  unary(rectifiers.elu, 'x > 0.0 ? x : params.alpha * expm1_(x)'),
  unary(rectifiers.softplus, 'x * params.beta > params.threshold ? x : softplus_(x * params.beta) / params.beta'),
  unary(rectifiers.hardswish, 'x * clamp(x + 3.0, 0.0, 6.0) * 0.16666666666666666'),
  unary(rectifiers.mish, 'x * mishGate_(x)'),
  unary(huberOf, 'huber_(x, params.delta)'),
  backward(clampBackward, 'y >= params.min && y <= params.max ? x : 0.0'),
  backward(activations.reluBackward, 'y <= 0.0 ? 0.0 : x'),
  backward(activations.sigmoidBackward, 'x * (y * (1.0 - y))'),
  backward(activations.tanhBackward, 'x * (1.0 - y * y)'),
  backward(activations.siluBackward, 'x * selfGatedSlope_(sigmoid_(y), y)'),
  backward(activations.geluErfBackward, 'x * (normalBelow_(y) + y * (exp_(-0.5 * y * y) * 0.3989422804014327))'),
  backward(activations.geluTanhBackward, 'x * geluTanhSlope_(y)'),
  backward(rectifiers.leakyReluBackward, 'y > 0.0 ? x : x * params.negativeSlope'),
  backward(rectifiers.eluBackward, 'y <= 0.0 ? x * params.alpha * exp_(y) : x'),
  backward(rectifiers.softplusBackward, 'y * params.beta > params.threshold ? x : x * sigmoid_(y * params.beta)'),
  backward(rectifiers.hardswishBackward, 'y < -3.0 ? 0.0 : y >= 3.0 ? x : x * (y / 3.0 + 0.5)'),
  backward(rectifiers.mishBackward, 'x * mishSlope_(y)'),
  binary(arithmetic.add, 'x + y'),
  binary(arithmetic.sub, 'x - y'),
  binary(arithmetic.mul, 'x * y'),
  binary(arithmetic.div, 'x / y'),
  binary(arithmetic.pow, 'pow_(x, y)'),
  binary(arithmetic.maximum, 'maximum_(x, y)'),
  binary(arithmetic.minimum, 'minimum_(x, y)'),
  binary(arithmetic.mod, 'modulo_(x, y)', 'integerModulo_(x, y)'),
  binary(transcendental.atan2, 'angle_(x, y)'),
  binary(binaryCrossEntropy, 'binaryCrossEntropy_(x, y)'),
  binary(compare.eq, 'x == y'),
  binary(compare.ne, 'x != y'),
  binary(compare.lt, 'x < y'),
  binary(compare.le, 'x <= y'),
  binary(compare.gt, 'x > y'),
  binary(compare.ge, 'x >= y'),
  bits(bitsAnd, 'x != 0.0 && y != 0.0'),
  bits(bitsOr, 'x != 0.0 || y != 0.0'),
  bits(bitsXor, '(x != 0.0) != (y != 0.0)'),
];
