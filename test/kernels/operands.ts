// Random operands for the tests of matrix products, convolution and pooling.

import type { AnyOpDefinition } from '../../autograd/types.ts';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Tensor } from '../../index.ts';
import { grad, scope, setThreads, tensor, threads } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** Normal numbers of one seed. */
export function draw(generator: Generator, shape: readonly number[]): Float32Array {
  return generator.normal(sizeOf(shape));
}

/** Host values as a reference form takes them. */
export function asNdArray(shape: readonly number[], data: ArrayLike<number>): NdArray {
  return { shape, data: Float64Array.from(data) };
}

/**
 * The largest difference between what a linear op gives on the cpu and its reference form, relative to the largest sum
 * of absolute products: a sum that cancels is near 0, its rounding errors are not.
 */
export async function errorOf(
  op: { definition: AnyOpDefinition },
  inputs: Record<string, { shape: readonly number[]; data: Float32Array } | undefined>,
  attrs: object,
  run: (tensors: Record<string, Tensor | undefined>) => Tensor,
): Promise<number> {
  const { definition } = op;
  const host = Object.entries(inputs).map(([name, x]) => [name, x && asNdArray(x.shape, x.data)] as const);
  const reference = (operands: typeof host): NdArray =>
    definition.reference(Object.fromEntries(operands), { ...definition.attrs, ...attrs }) as NdArray;
  const want = reference(host);
  const sizes = reference(host.map(([name, x]) => [name, x && asNdArray(x.shape, x.data.map(Math.abs))] as const));
  const got = await readScoped(() => {
    const made = Object.entries(inputs).map(
      ([name, x]) => [name, x && tensor(x.data, { shape: [...x.shape] })] as const,
    );
    return run(Object.fromEntries(made));
  });
  if (got.shape.join() !== want.shape.join()) return Infinity;
  const scale = Array.from(sizes.data).reduce((largest, value) => Math.max(largest, value), 1e-3);
  let worst = 0;
  for (let i = 0; i < want.data.length; i++) {
    worst = Math.max(worst, Number.isNaN(got.data[i]) ? Infinity : Math.abs(want.data[i]! - got.data[i]!));
  }
  return worst / scale;
}

/** Shape and elements of what `body` returns, freed when read. */
export async function readScoped(body: () => Tensor): Promise<NdArray> {
  let pending: Promise<NdArray['data']>;
  let shape: readonly number[] = [];
  scope(() => {
    const result = body();
    shape = result.shape;
    pending = result.data();
  });
  return { shape, data: await pending! };
}

/** What `body` gives with 1, 2 and 4 threads. */
export async function withThreads(body: () => Tensor): Promise<NdArray['data'][]> {
  const before = threads();
  const results = [];
  for (const count of [1, 2, 4]) {
    setThreads(count);
    results.push((await readScoped(body)).data);
  }
  setThreads(before);
  return results;
}

/**
 * How far the second derivative of L = Σ body(x)² by all inputs x is from the difference quotient of the first, along one
 * direction, in float64 on the reference device; relative to the larger one.
 */
export function secondOrderError(
  body: (...inputs: Tensor[]) => Tensor,
  shapes: readonly (readonly number[])[],
): number {
  const generator = new Generator(11);
  const points = shapes.map((shape) => Float64Array.from(draw(generator, shape)));
  const directions = shapes.map((shape) => Float64Array.from(draw(generator, shape)));
  const on = (data: Float64Array, i: number, requiresGrad = false): Tensor =>
    tensor(data, { shape: [...shapes[i]!], dtype: 'float64', device: 'reference', requiresGrad });
  /** ⟨∇L at the points, directions⟩. */
  const slope = (inputs: Tensor[], createGraph: boolean): Tensor => {
    const y = body(...inputs);
    const gradients = grad(y.mul(y).sum(), inputs, { createGraph });
    return gradients.map((g, i) => g.mul(on(directions[i]!, i)).sum()).reduce((a, b) => a.add(b));
  };
  const valueOf = (x: Tensor): number => x.dataNow()![0]!;
  return scope(() => {
    const leaves = points.map((point, i) => on(point, i, true));
    const hessian = grad(slope(leaves, true), leaves);
    const analytic = hessian.map((g, i) => valueOf(g.mul(on(directions[i]!, i)).sum())).reduce((a, b) => a + b);
    const step = 1e-5;
    const [after, before] = [step, -step].map((distance) => {
      const moved = points.map((point, i) =>
        on(
          point.map((v, k) => v + distance * directions[i]![k]!),
          i,
          true,
        ),
      );
      return valueOf(slope(moved, false));
    });
    const numeric = (after! - before!) / (2 * step);
    return Math.abs(numeric - analytic) / Math.max(Math.abs(numeric), Math.abs(analytic));
  });
}
