import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LinearAttrs, LinearInputs } from './linear.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { broadcastStrides } from '../../tensor/shape.ts';
import { sumPasses } from '../reduce/reductions.webgpu.ts';
import { takesSums, multiply } from './product.webgpu.ts';

export const matmulWebgpu: Kernel<['a', 'b']> = acceptsStrides(({ a, b }, _attrs, outputs) => {
  const out = outputs[0]!;
  const rows = a.rank === 1 ? { shape: [1, ...a.shape], strides: [0, ...a.strides] } : a;
  const columns = b.rank === 1 ? { shape: [...b.shape, 1], strides: [...b.strides, 0] } : b;
  const rank = out.rank - (a.rank === 1 ? 0 : 1) - (b.rank === 1 ? 0 : 1);
  const batch = out.shape.slice(0, rank);
  const [m, k] = rows.shape.slice(-2) as [number, number];
  multiply({
    a: operand(a, rows, batch, -2),
    b: operand(b, columns, batch, -1),
    m,
    n: columns.shape.at(-1)!,
    k,
    batch,
    out,
  });
});

export const linearWebgpu: Kernel<LinearInputs, LinearAttrs> = acceptsStrides(
  ({ x, weight, bias }, { activation }, outputs) => {
    const out = outputs[0]!;
    const rows = x.rank === 1 ? { shape: [1, ...x.shape], strides: [0, ...x.strides] } : x;
    const batch = rows.shape.slice(0, -2);
    const [m, k] = rows.shape.slice(-2) as [number, number];
    multiply({
      a: operand(x, rows, batch, -2),
      b: { tensor: weight, outer: weight.strides[0]!, k: weight.strides[1]!, batch: batch.map(() => 0) },
      m,
      n: weight.shape[0]!,
      k,
      batch,
      out,
      bias,
      activation,
    });
  },
);

export const linearWeightGradWebgpu: Kernel<['x', 'gradient']> = ({ x, gradient }, _attrs, outputs) => {
  const [weight, bias] = outputs as [Tensor, Tensor];
  const [m, n] = weight.shape as [number, number];
  const a = { tensor: gradient, outer: 1, k: m, batch: [] };
  const b = { tensor: x, outer: 1, k: n, batch: [] };
  const product = { a, b, m, n, k: m === 0 ? 0 : gradient.size / m, batch: [], out: weight };
  if (takesSums(product)) return multiply({ ...product, sums: bias });
  multiply(product);
  sumPasses(gradient, [{ outer: 1, n: product.k, inner: m }], bias);
};

/** @param outer the axis of M or N, -2 or -1; the other one is K */
function operand(
  tensor: Tensor,
  { shape, strides }: { shape: Shape; strides: Shape },
  batch: Shape,
  outer: -2 | -1,
): Parameters<typeof multiply>[0]['a'] {
  return {
    tensor,
    outer: strides.at(outer)!,
    k: strides.at(outer === -2 ? -1 : -2)!,
    batch: broadcastStrides(shape.slice(0, -2), strides.slice(0, -2), batch),
  };
}
