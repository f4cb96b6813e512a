import type { TypedArray } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';
import { tensor } from '../tensor/create.ts';
import { isFloat } from '../tensor/dtype.ts';
import { ArgumentError, GradError } from '../tensor/errors.ts';
import { checkOptions } from '../tensor/options.ts';
import { Generator } from '../tensor/philox.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { scope } from '../tensor/scope.ts';
import { sizeOf } from '../tensor/shape.ts';
import { grad } from './backward.ts';

export interface GradientCheckOptions {
  /** Of the directions. Default 0. */
  seed?: number;
  /** How many directions. Default 3. */
  tries?: number;
  /** Step of the central difference. Default 1e-5. */
  epsilon?: number;
  /** Largest error, relative to the larger of both numbers and 1. Default 1e-6. */
  tolerance?: number;
}

/** An input's values in float64, and its direction when it has one. */
interface Point {
  readonly shape: Shape;
  readonly data: TypedArray;
  readonly isReal: boolean;
  readonly isInt: boolean;
}

/** A tensor whose gradient is checked, and what an error calls it. */
export interface CheckedInput {
  readonly name: string;
  readonly tensor: Tensor;
}

type Body = (...inputs: Tensor[]) => Tensor;

/**
 * Checks the gradient of `body` against central differences, in float64 on the reference device: for random directions u
 * of the inputs and v of the output, ⟨v, body(x + εu) − body(x − εu)⟩ / 2ε must equal ⟨u, grad⟩. Costs two extra forward
 * passes per try, whatever the size. For a Module and its parameters there is `gradientCheck` of `vicinal/testing`.
 *
 * @throws GradError with both numbers when they differ, and the inputs whose gradient is wrong
 * @example
 * await gradientCheck((x) => x.tanh().mul(x), [randn([3, 4])]);
 */
export async function gradientCheck(
  body: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradientCheckOptions = {},
): Promise<void> {
  const named = inputs.map((tensor, i) => ({ name: `input ${i}`, tensor }));
  return checkGradients(body, named, options);
}

/** @internal `gradientCheck` of inputs that have names. */
export async function checkGradients(
  body: Body,
  inputs: readonly CheckedInput[],
  options: GradientCheckOptions,
): Promise<void> {
  const known = ['seed', 'tries', 'epsilon', 'tolerance'] as const;
  const { seed = 0, tries = 3, epsilon = 1e-5, tolerance = 1e-6 } = checkOptions('gradientCheck', options, known);
  if (!inputs.some(({ tensor }) => isFloat(tensor.dtype)))
    throw new ArgumentError('none of the inputs is real', { op: 'gradientCheck' });
  const points = await Promise.all(inputs.map(({ tensor }) => read(tensor)));
  const generator = new Generator(seed);
  for (let attempt = 0; attempt < tries; attempt++) {
    const directions = points.map(({ shape }) => generator.normal(sizeOf(shape), 'float64'));
    const state = generator.state();
    const along = (chosen: readonly TypedArray[]): Comparison => {
      generator.setState(state);
      return scope(() => compare(body, points, chosen, generator, epsilon));
    };
    const found = along(directions);
    if (found.error <= tolerance) continue;
    refuseRandom(body, points);
    const wrong = inputs.filter((_, i) => {
      const alone = directions.map((direction, k) => (k === i ? direction : direction.map(() => 0)));
      return points[i]!.isReal && along(alone).error > tolerance;
    });
    const names = wrong.map(({ name }) => name);
    const { numeric, analytic } = found;
    throw new GradError(
      `along direction ${attempt} of seed ${seed} the difference quotient is ${numeric}, the gradient gives ${analytic}` +
        (names.length > 0 ? `; wrong for ${names.join(', ')}` : ''),
      { op: 'gradientCheck', ...found, tolerance, seed, attempt, wrong: names },
    );
  }
}

async function read(input: Tensor): Promise<Point> {
  const { shape, dtype } = input;
  return { shape, data: await input.data(), isReal: isFloat(dtype), isInt: dtype !== 'bool' };
}

/** @throws GradError for a body that gives another output each time: no difference of two of them says anything */
function refuseRandom(body: Body, points: readonly Point[]): void {
  const [first, second] = [0, 1].map(() => scope(() => body(...points.map((point) => at(point))).dataNow()!));
  if (first!.every((value, i) => Object.is(value, second![i]))) return;
  const advice = 'seed what is random in it, and keep no state from call to call';
  throw new GradError(`the body gives another output for the same inputs; ${advice}`, { op: 'gradientCheck' });
}

interface Comparison {
  readonly numeric: number;
  readonly analytic: number;
  /** Relative to the larger of both and 1. */
  readonly error: number;
}

function compare(
  body: Body,
  points: readonly Point[],
  directions: readonly TypedArray[],
  generator: Generator,
  epsilon: number,
): Comparison {
  const inputs = points.map((point) => at(point));
  const output = body(...inputs);
  const weights = generator.normal(output.size, 'float64');
  const value = (step: number): number =>
    dot(body(...points.map((point, i) => at(point, directions[i], step))), weights);
  const numeric = (value(epsilon) - value(-epsilon)) / (2 * epsilon);
  const gradOutput = tensor(weights, { shape: output.shape, device: 'reference' });
  const real = inputs.filter((input) => input.requiresGrad);
  const grads = output.requiresGrad ? grad(output, real, { gradOutput, allowUnused: true }) : [];
  let next = 0;
  let analytic = 0;
  points.forEach((point, i) => {
    const gradient = point.isReal ? grads[next++] : undefined;
    if (gradient) analytic += dot(gradient, directions[i]!);
  });
  const error = Math.abs(numeric - analytic) / Math.max(1, Math.abs(numeric), Math.abs(analytic));
  return { numeric, analytic, error: Number.isNaN(error) ? Infinity : error };
}

/** The point as a tensor, moved along a direction when it is real. */
function at({ shape, data, isReal, isInt }: Point, direction?: TypedArray, step = 0): Tensor {
  if (!isReal)
    return tensor(isInt ? Int32Array.from(data) : data, {
      shape,
      dtype: isInt ? 'int32' : 'bool',
      device: 'reference',
    });
  const values = Float64Array.from(data, (value, i) => value + step * (direction?.[i] ?? 0));
  return tensor(values, { shape, device: 'reference', requiresGrad: true });
}

function dot(x: Tensor, weights: TypedArray): number {
  const data = x.dataNow()!;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * weights[i]!;
  return sum;
}
