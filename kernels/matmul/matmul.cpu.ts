import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Matrix } from './multiply.cpu.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { broadcastStrides } from '../../tensor/shape.ts';
import { collapse, outerLoops } from '../runtime/cpu/collapse.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { multiply } from './multiply.cpu.ts';

/** c [..., M, N] = a [..., M, K] · b [..., K, N], leading axes broadcast. */
export const matmulCpu: Kernel<['a', 'b']> = acceptsStrides(({ a, b }, _attrs, [c]) => {
  const batch = c!.shape.slice(0, -2);
  const [m, n] = c!.shape.slice(-2) as [number, number];
  const k = a.shape.at(-1)!;
  const loops = collapse(batch, [leadingStrides(a, batch), leadingStrides(b, batch)], 2);
  const { sizes, strides: [aSteps, bSteps] } = loops;
  const [outer, inner] = sizes.slice(-2) as [number, number];
  const left = matrixOf(a, aSteps!);
  const right = matrixOf(b, bSteps!);
  const bytes = 4 * m * n * outer * inner;
  let at = pointer(c!);
  outerLoops(loops, 2, (aOffset, bOffset) => {
    multiply({ ...left, at: left.at + 4 * aOffset! }, { ...right, at: right.at + 4 * bOffset! }, at, { m, n, k, outer, inner });
    at += bytes;
  });
});

function leadingStrides(x: Tensor, batch: readonly number[]): number[] {
  return broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batch);
}

function matrixOf(x: Tensor, steps: readonly number[]): Matrix {
  return { at: pointer(x), row: 4 * x.strides.at(-2)!, column: 4 * x.strides.at(-1)!, outer: 4 * steps.at(-2)!, inner: 4 * steps.at(-1)! };
}
