// Products of matrices: each element of the result walks its row and its column.

import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Activation } from './activations.ts';
import type { LinearAttrs, LinearInputs } from './linear.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { broadcastStrides } from '../../tensor/shape.ts';
import { functionsFor } from '../elementwise/functions.webgl.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { totalOf } from '../reduce/reductions.webgl.ts';
import { indices, sumOf } from '../runtime/webgl/glsl.ts';

/** A matrix, or a grid of them: elements between neighbours along M (N), K, and the batch axes. */
interface Operand {
  readonly tensor: Tensor;
  readonly outer: number;
  readonly k: number;
  readonly batch: Shape;
}

interface Product {
  readonly a: Operand;
  readonly b: Operand;
  /** Of the result, [...batch, M, N]. */
  readonly shape: Shape;
  readonly k: number;
  readonly bias?: Tensor | undefined;
  readonly activation?: Activation;
}

/** GLSL of f, from `y`. */
const values: Readonly<Record<Activation, string>> = {
  none: 'y',
  relu: 'y <= 0.0 ? 0.0 : y',
  gelu: 'y * normalBelow_(y)',
  silu: 'y * sigmoid_(y)',
};

/** out [...batch, M, N] = f(a [M, K] · b [K, N] + bias [N]), f the activation. */
function multiply({ a, b, shape, k, bias, activation = 'none' }: Product, out: Tensor): void {
  const steps = (operand: Operand, [m, n]: readonly [number, number]): number[] => [...operand.batch, m, n];
  const [aSteps, bSteps] = [steps(a, [a.outer, 0]), steps(b, [0, b.outer])];
  const setup = `${indices(shape)}
  int row = ${sumOf(aSteps)};
  int column = ${sumOf(bSteps)};`;
  accumulate(
    {
      key: `multiply ${activation} ${bias ? 'bias ' : ''}${[shape, aSteps, bSteps].map((list) => list.join()).join(' ')} ${a.k} ${b.k} ${k}`,
      inputs: { a: a.tensor, b: b.tensor, ...(bias && { bias }) },
      count: k,
      setup,
      term: `float term = a(row + k * ${a.k}) * b(column + k * ${b.k});`,
      functions: `${functionsFor(values[activation])}
float activated(float y) { return ${values[activation]}; }`,
      finish: `activated(${bias ? `s + bias(i % ${shape.at(-1)!} * ${bias.strides[0]!})` : 's'})`,
    },
    out,
  );
}

export const matmulWebgl: Kernel<['a', 'b']> = acceptsStrides(({ a, b }, _attrs, [out]) => {
  const rows = a.rank === 1 ? { shape: [1, ...a.shape], strides: [0, ...a.strides] } : a;
  const columns = b.rank === 1 ? { shape: [...b.shape, 1], strides: [...b.strides, 0] } : b;
  const batch = out!.shape.slice(0, out!.rank - Number(a.rank > 1) - Number(b.rank > 1));
  const spread = (shape: Shape, strides: Shape): Shape =>
    broadcastStrides(shape.slice(0, -2), strides.slice(0, -2), batch);
  multiply(
    {
      a: {
        tensor: a,
        outer: rows.strides.at(-2)!,
        k: rows.strides.at(-1)!,
        batch: spread(rows.shape, rows.strides),
      },
      b: {
        tensor: b,
        outer: columns.strides.at(-1)!,
        k: columns.strides.at(-2)!,
        batch: spread(columns.shape, columns.strides),
      },
      shape: [...batch, rows.shape.at(-2)!, columns.shape.at(-1)!],
      k: rows.shape.at(-1)!,
    },
    out!,
  );
});

export const linearWebgl: Kernel<LinearInputs, LinearAttrs> = acceptsStrides(
  ({ x, weight, bias }, { activation }, [out]) => {
    const rows = x.rank === 1 ? { shape: [1, ...x.shape], strides: [0, ...x.strides] } : x;
    const batch = rows.shape.slice(0, -2);
    multiply(
      {
        a: { tensor: x, outer: rows.strides.at(-2)!, k: rows.strides.at(-1)!, batch: rows.strides.slice(0, -2) },
        b: { tensor: weight, outer: weight.strides[0]!, k: weight.strides[1]!, batch: batch.map(() => 0) },
        shape: [...batch, rows.shape.at(-2)!, weight.shape[0]!],
        k: weight.shape[1]!,
        bias,
        activation,
      },
      out!,
    );
  },
);

export const linearWeightGradWebgl: Kernel<['x', 'gradient']> = ({ x, gradient }, _attrs, outputs) => {
  const [weight, bias] = outputs as [Tensor, Tensor];
  const [m, n] = weight.shape as [number, number];
  const k = m === 0 ? 0 : gradient.size / m;
  const a = { tensor: gradient, outer: 1, k: m, batch: [] };
  multiply({ a, b: { tensor: x, outer: 1, k: n, batch: [] }, shape: [m, n], k }, weight);
  totalOf(gradient, { outer: 1, n: k, inner: m }, bias);
};
