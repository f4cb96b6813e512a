// Initial distributions: PyTorch's `torch.nn.init`. Each function overwrites a tensor and returns it.

import type { Generator, Shape, Tensor } from '../index.ts';
import type { NormalBounds } from '../kernels/create/normal.ts';
import { ArgumentError, ShapeError } from '../index.ts';
import { checkStd, drawTruncNormal } from '../kernels/create/normal.ts';
import { defaultGenerator } from '../tensor/philox.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import { checkOptions } from '../tensor/options.ts';
import { isThenable, refuseAsync } from '../tensor/scope.ts';
import { overwrite } from './parameter.ts';

export interface RandomOptions {
  /** Where the numbers come from. Default: the one that `manualSeed` restarts. */
  generator?: Generator;
}

/** A layer's nonlinearity, for the gain that keeps the variance of what passes through it. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

export interface KaimingOptions extends RandomOptions {
  /** Slope of the negative side of 'leakyRelu'. Default 0. */
  a?: number;
  /** Keep the variance of the forward pass ('fanIn', default) or of the gradients ('fanOut'). */
  mode?: 'fanIn' | 'fanOut';
  /** Default 'leakyRelu'. */
  nonlinearity?: Nonlinearity;
}

let skips = false;

/**
 * Makes modules whose parameters nobody draws: they are zeros, and 1 where they begin with 1. For a model whose weights
 * are loaded next: drawing 90 million numbers takes seconds.
 *
 * @source PyTorch: `torch.nn.utils.skip_init`
 * @example
 * const [made, saved] = [nn.init.skipInit(() => new nn.Linear(3, 2)), new nn.Linear(3, 2)];
 * made.loadStateDict(saved.stateDict());
 */
export function skipInit<T>(body: () => T): T {
  const before = skips;
  skips = true;
  try {
    const result = body();
    return isThenable(result) ? refuseAsync('init.skipInit', result) : result;
  } finally {
    skips = before;
  }
}

/** Overwrites a tensor by what `draw` gives for so many numbers. */
function drawInto(op: string, tensor: Tensor, draw: (count: number) => Float64Array): void {
  const values = draw(skips ? 0 : tensor.size);
  if (!skips) overwrite(op, tensor, values);
}

/** `f` of each: models have millions of numbers, and a typed array's own `from` takes four times as long. */
function mapped(values: Float32Array, f: (value: number) => number): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = f(values[i]!);
  return result;
}

/** All elements `value`. */
export function constant<T extends Tensor>(tensor: T, value: number): T {
  overwrite('init.constant', tensor, new Float64Array(tensor.size).fill(value));
  return tensor;
}

export function zeros<T extends Tensor>(tensor: T): T {
  return constant(tensor, 0);
}

export function ones<T extends Tensor>(tensor: T): T {
  return constant(tensor, 1);
}

/** Uniform in [low, high). Default [0, 1). */
export function uniform<T extends Tensor>(tensor: T, options: { low?: number; high?: number } & RandomOptions = {}): T {
  checkOptions('init.uniform', options, ['low', 'high', 'generator']);
  const { low = 0, high = 1, generator = defaultGenerator } = options;
  // Always drawn as float32: the same seed gives the same values on every device.
  drawInto('init.uniform', tensor, (count) => mapped(generator.uniform(count), (u) => low + u * (high - low)));
  return tensor;
}

/** Normal. Default mean 0, standard deviation 1. */
export function normal<T extends Tensor>(tensor: T, options: { mean?: number; std?: number } & RandomOptions = {}): T {
  checkOptions('init.normal', options, ['mean', 'std', 'generator']);
  const { mean = 0, std = 1, generator = defaultGenerator } = options;
  checkStd('init.normal', std);
  drawInto('init.normal', tensor, (count) => mapped(generator.normal(count), (z) => mean + std * z));
  return tensor;
}

export interface TruncNormalOptions extends RandomOptions, NormalBounds {}

/**
 * Normal, but within [low, high]: the inverse of the distribution's integral at uniform numbers, PyTorch's method.
 * PyTorch calls the bounds a and b.
 *
 * @example
 * nn.init.truncNormal(new nn.Parameter([64, 64]), { std: 0.02 });
 */
export function truncNormal<T extends Tensor>(tensor: T, options: TruncNormalOptions = {}): T {
  checkOptions('init.truncNormal', options, ['mean', 'std', 'low', 'high', 'generator']);
  const { generator = defaultGenerator } = options;
  const op = 'init.truncNormal';
  drawInto(op, tensor, (count) => drawTruncNormal(op, generator, count, options));
  return tensor;
}

/** Uniform in ±√3 · gain / √fan. @source He et al. 2015 (arXiv 1502.01852), eq. 10 */
export function kaimingUniform<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd('init.kaimingUniform', tensor, options);
  return uniform(tensor, { low: -bound, high: bound, ...only(options) });
}

/** Normal with standard deviation gain / √fan. @source He et al. 2015 (arXiv 1502.01852), eq. 10 */
export function kaimingNormal<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  return normal(tensor, { std: kaimingStd('init.kaimingNormal', tensor, options), ...only(options) });
}

export interface XavierOptions extends RandomOptions {
  /** Default 1; see `gainOf`. */
  gain?: number;
}

/** Uniform in ±gain · √(6 / (fanIn + fanOut)). @source Glorot and Bengio 2010, eq. 16 */
export function xavierUniform<T extends Tensor>(tensor: T, options: XavierOptions = {}): T {
  const bound = Math.sqrt(3) * xavierStd('init.xavierUniform', tensor, options);
  return uniform(tensor, { low: -bound, high: bound, ...only(options) });
}

/** Normal with standard deviation gain · √(2 / (fanIn + fanOut)). @source Glorot and Bengio 2010, eq. 12 */
export function xavierNormal<T extends Tensor>(tensor: T, options: XavierOptions = {}): T {
  return normal(tensor, { std: xavierStd('init.xavierNormal', tensor, options), ...only(options) });
}

/** Inputs and outputs of one unit, from a weight of shape [out, in, ...kernel]. */
export function fansOf(op: string, shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(`fans need a weight of shape [out, in, ...], got ${formatShape(shape)}`, { op, shape });
  }
  const field = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field };
}

/** By how much a nonlinearity shrinks the standard deviation. PyTorch: `torch.nn.init.calculate_gain`. */
export function gainOf(nonlinearity: Nonlinearity, a = 0): number {
  const gains = {
    linear: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leakyRelu: Math.sqrt(2 / (1 + a * a)),
    selu: 0.75,
  };
  const gain = gains[nonlinearity];
  if (gain !== undefined) return gain;
  const known = Object.keys(gains).join(', ');
  throw new ArgumentError(`'${String(nonlinearity)}' is no nonlinearity known here; use one of ${known}`, {
    op: 'init.gainOf',
    nonlinearity,
  });
}

/** What a Linear and a Conv2d begin with: weight and bias uniform in ±1/√fanIn. */
export function likeLinear(weight: Tensor, bias: Tensor | undefined): void {
  kaimingUniform(weight, { a: Math.sqrt(5) });
  const bound = 1 / Math.sqrt(fansOf('init', weight.shape).fanIn);
  if (bias) uniform(bias, { low: -bound, high: bound });
}

function kaimingStd(op: string, { shape }: Tensor, options: KaimingOptions): number {
  checkOptions(op, options, ['a', 'mode', 'nonlinearity', 'generator']);
  const { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' } = options;
  return gainOf(nonlinearity, a) / Math.sqrt(fansOf(op, shape)[mode]);
}

function xavierStd(op: string, { shape }: Tensor, options: XavierOptions): number {
  const { gain = 1 } = checkOptions(op, options, ['gain', 'generator']);
  const { fanIn, fanOut } = fansOf(op, shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function only({ generator }: RandomOptions): RandomOptions {
  return generator ? { generator } : {};
}
