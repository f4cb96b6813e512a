import type { TypedArray } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';
import { tensor } from '../tensor/create.ts';
import { isFloat } from '../tensor/dtype.ts';
import { ArgumentError, GradError } from '../tensor/errors.ts';
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

/**
 * Checks the gradient of `body` against central differences, in float64 on the reference device: for random directions u
 * of the inputs and v of the output, ⟨v, body(x + εu) − body(x − εu)⟩ / 2ε must equal ⟨u, grad⟩. Costs two extra forward
 * passes per try, whatever the size.
 *
 * @throws GradError with both numbers when they differ.
 * @example
 * await gradientCheck((x) => x.tanh().mul(x), [randn([3, 4])]);
 */
export async function gradientCheck(
  body: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradientCheckOptions = {},
): Promise<void> {
  const { seed = 0, tries = 3, epsilon = 1e-5, tolerance = 1e-6 } = options;
  if (!inputs.some((input) => isFloat(input.dtype)))
    throw new ArgumentError('none of the inputs is real', { op: 'gradientCheck' });
  const points = await Promise.all(
    inputs.map(async (input): Promise<Point> => ({
      shape: input.shape,
      data: await input.data(),
      isReal: isFloat(input.dtype),
      isInt: input.dtype !== 'bool',
    })),
  );
  const generator = new Generator(seed);
  for (let attempt = 0; attempt < tries; attempt++) {
    const { numeric, analytic } = scope(() => compare(body, points, generator, epsilon));
    const error = Math.abs(numeric - analytic) / Math.max(1, Math.abs(numeric), Math.abs(analytic));
    if (error <= tolerance) continue;
    const fields = { numeric, analytic, error, tolerance, seed, attempt };
    throw new GradError(
      `along direction ${attempt} of seed ${seed} the difference quotient is ${numeric}, the gradient gives ${analytic}`,
      {
        op: 'gradientCheck',
        ...fields,
      },
    );
  }
}

function compare(
  body: (...inputs: Tensor[]) => Tensor,
  points: readonly Point[],
  generator: Generator,
  epsilon: number,
): { numeric: number; analytic: number } {
  const directions = points.map(({ shape }) => generator.normal(sizeOf(shape), 'float64'));
  const at = (step: number): Tensor[] => points.map((point, i) => moved(point, directions[i]!, step));
  const inputs = at(0);
  const output = body(...inputs);
  const weights = generator.normal(output.size, 'float64');
  const value = (step: number): number => dot(body(...at(step)), weights);
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
  return { numeric, analytic };
}

function moved({ shape, data, isReal, isInt }: Point, direction: TypedArray, step: number): Tensor {
  if (!isReal)
    return tensor(isInt ? Int32Array.from(data) : data, {
      shape,
      dtype: isInt ? 'int32' : 'bool',
      device: 'reference',
    });
  const values = Float64Array.from(data, (value, i) => value + step * direction[i]!);
  return tensor(values, { shape, device: 'reference', requiresGrad: true });
}

function dot(x: Tensor, weights: TypedArray): number {
  const data = x.dataNow()!;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * weights[i]!;
  return sum;
}
