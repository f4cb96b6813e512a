// What is multiplied: matrices with strides, one product or many.

import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Loops } from '../runtime/collapse.ts';
import type { Activation } from './activations.ts';
import { collapse } from '../runtime/collapse.ts';

/** A matrix, or a grid of them: elements between neighbours along M (N), K, and the batch axes. */
export interface Operand {
  readonly tensor: Tensor;
  readonly outer: number;
  readonly k: number;
  readonly batch: Shape;
}

/** out [...batch, M, N] = f(a [M, K] · b [K, N] + bias [N]), for each of the batch, f the activation. `out` is contiguous. */
export interface Product {
  readonly a: Operand;
  readonly b: Operand;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: Shape;
  readonly out: Tensor;
  readonly bias?: Tensor | undefined;
  /** Default 'none'. */
  readonly activation?: Activation;
  /** [M], in out's dtype: where the sums of a's rows go, beside a product without batches that `takesSums`. */
  readonly sums?: Tensor;
}

/** One matrix b for batches of rows that lie one after the other: they are the rows of one product. */
export function merged(product: Product): Product {
  const { a, b, m, batch } = product;
  if (batch.some((size, axis) => size > 1 && b.batch[axis] !== 0)) return product;
  const { sizes, strides } = collapse([...batch, m], [[...a.batch, a.outer]]);
  if (sizes.length > 1) return product;
  const outer = sizes[0] === 1 ? a.outer : strides[0]![0]!;
  return { ...product, a: { ...a, outer, batch: [] }, b: { ...b, batch: [] }, m: sizes[0] ?? m, batch: [] };
}

/** How many products. */
export function batchesOf({ batch }: Product): number {
  return batch.reduce((x, y) => x * y, 1);
}

/** Where the matrices of each product begin: strides of a, of b. */
export function loopsOf({ a, b, batch }: Product): Loops {
  return collapse(batch, [a.batch, b.batch], 1);
}
