import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LinearAttrs, LinearInputs } from './linear.ts';
import type { Matrix, Product } from './multiply.cpu.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { broadcastStrides } from '../../tensor/shape.ts';
import { collapse, outerLoops } from '../runtime/collapse.ts';
import { fold } from '../reduce/fold.cpu.ts';
import { fillAll } from '../reduce/passes.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { activations } from './activations.ts';
import { multiply } from './multiply.cpu.ts';

export const matmulCpu: Kernel<['a', 'b']> = acceptsStrides(({ a, b }, _attrs, outputs) => {
  multiplyTensors(asRow(a), asColumn(b), outputs[0]!);
});

export const linearCpu: Kernel<LinearInputs, LinearAttrs> = acceptsStrides(({ x, weight, bias }, attrs, outputs) => {
  const [rows, columns] = [asRow(x), transposed(weight)];
  const activation = activations.indexOf(attrs.activation);
  const run = (at: number): void => multiplyTensors(rows, columns, outputs[0]!, { bias: at, activation });
  if (!bias || bias.isContiguous) return run(bias ? pointer(bias) : 0);
  const detached = bias.detach();
  const packed = detached.contiguous();
  run(pointer(packed));
  packed.dispose();
  detached.dispose();
});

export const linearWeightGradCpu: Kernel<['x', 'gradient']> = ({ x, gradient }, _attrs, outputs) => {
  const [weight, bias] = outputs as [Tensor, Tensor];
  const [m, n] = weight.shape as [number, number];
  if (gradient.size === 0) return [weight, bias].forEach((output) => fillAll(output, 0));
  const k = gradient.size / m;
  const columns = { shape: [m, k], strides: [1, m], at: pointer(gradient) };
  multiplyTensors(columns, { shape: [k, n], strides: [n, 1], at: pointer(x) }, weight);
  fold('sum', gradient, [{ outer: 1, n: k, inner: m }], pointer(bias));
};

/** A tensor's elements, perhaps with other axes; `at` is the address of the first. */
interface Operand {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly at: number;
}

function asRow(x: Tensor): Operand {
  const { shape, strides } = x;
  if (x.rank > 1) return { shape, strides, at: pointer(x) };
  return { shape: [1, ...shape], strides: [0, ...strides], at: pointer(x) };
}

function asColumn(x: Tensor): Operand {
  const { shape, strides } = x;
  if (x.rank > 1) return { shape, strides, at: pointer(x) };
  return { shape: [...shape, 1], strides: [...strides, 1], at: pointer(x) };
}

function transposed(x: Tensor): Operand {
  return { shape: x.shape.toReversed(), strides: x.strides.toReversed(), at: pointer(x) };
}

/** c [..., M, N] = a [..., M, K] · b [..., K, N], leading axes broadcast, with what else a product may have. c is contiguous. */
function multiplyTensors(a: Operand, b: Operand, c: Tensor, ending: Pick<Product, 'bias' | 'activation'> = {}): void {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const batch = Array.from({ length: rank }, (_, i) => {
    const size = a.shape[i - rank + a.shape.length - 2] ?? 1;
    return size === 1 ? (b.shape[i - rank + b.shape.length - 2] ?? 1) : size;
  });
  const loops = collapse(batch, [leadingStrides(a, batch), leadingStrides(b, batch)], 2);
  const [outer, inner] = loops.sizes.slice(-2) as [number, number];
  const left = matrixOf(a, loops.strides[0]!);
  const right = matrixOf(b, loops.strides[1]!);
  let at = pointer(c);
  outerLoops(loops, 2, (aOffset, bOffset) => {
    const shifted = { ...right, at: right.at + 4 * bOffset };
    multiply({ ...left, at: left.at + 4 * aOffset }, shifted, at, { m, n, k, outer, inner, ...ending });
    at += 4 * m * n * outer * inner;
  });
}

function leadingStrides({ shape, strides }: Operand, batch: readonly number[]): number[] {
  return broadcastStrides(shape.slice(0, -2), strides.slice(0, -2), batch);
}

function matrixOf({ at, strides }: Operand, steps: readonly number[]): Matrix {
  const [row, column] = strides.slice(-2) as [number, number];
  const [outer, inner] = steps.slice(-2) as [number, number];
  return { at, row: 4 * row, column: 4 * column, outer: 4 * outer, inner: 4 * inner };
}
