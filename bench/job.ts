// What a case asks of any library, told in numbers: the same job for ours and the peers, in any language.

import { lcg } from './numbers.ts';

/** Made-up numbers: `lcg` of this seed and scale. */
export interface Values {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
}

/** c[b] = a[b] · b[b]; an operand that is transposed lies as [K, M] or [N, K]. a has seed 1, b seed 2. */
export interface Product {
  readonly kind: 'product';
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Gradients zeroed, forward, backward, and a step of SGD. */
export interface Step {
  readonly kind: 'step';
  readonly model: 'cnn' | 'mlp';
  readonly image: Values;
  /** In their order; matrices are [in, out]. */
  readonly parameters: readonly Values[];
  readonly lr: number;
}

/** 2-D neighborhood attention and its gradients; the loss is the sum of squares. Query, key and value have these seeds and lie as [B, N, X, Y, D]. */
export interface Attention {
  readonly kind: 'attention';
  readonly images: number;
  readonly heads: number;
  readonly side: number;
  readonly dim: number;
  readonly window: number;
  readonly seeds: readonly number[];
}

export type Job = Product | Step | Attention;

export const batch = 64;
export const classes = 10;
/** Classes of the batch's images. */
export const labels = (): Int32Array<ArrayBuffer> => Int32Array.from({ length: batch }, (_, i) => (i * 7) % classes);

function step(model: Step['model'], image: readonly number[], parameters: readonly [number[], number][]): Step {
  const values = (shape: readonly number[], seed: number, scale: number): Values => ({ shape, seed, scale });
  return {
    kind: 'step',
    model,
    image: values([batch, ...image], 11, 1),
    parameters: parameters.map(([shape, scale], i) => values(shape, 21 + i, scale)),
    lr: 0.05,
  };
}

/** Two 3×3 convolutions with pooling and a linear layer on 28×28 images. */
export const cnnStep = step(
  'cnn',
  [1, 28, 28],
  [
    [[32, 1, 3, 3], 1 / 3],
    [[32], 0.1],
    [[64, 32, 3, 3], 1 / Math.sqrt(288)],
    [[64], 0.05],
    [[3136, classes], 1 / 56],
    [[classes], 0.01],
  ],
);

/** 784 → 256 → 10. */
export const mlpStep = step(
  'mlp',
  [784],
  [
    [[784, 256], 1 / 28],
    [[256], 0.03],
    [[256, classes], 1 / 16],
    [[classes], 0.01],
  ],
);

export const attentionStep: Attention = {
  kind: 'attention',
  images: 4,
  heads: 4,
  side: 28,
  dim: 16,
  window: 7,
  seeds: [31, 32, 33],
};

export function numbersOf({ shape, seed, scale }: Values): Float32Array<ArrayBuffer> {
  return lcg(
    shape.reduce((a, b) => a * b, 1),
    seed,
    scale,
  );
}

/** 0 where query and key are neighbours, −10⁹ elsewhere: [side², side²]. */
export function neighborMask({ side, window }: Attention): Float32Array<ArrayBuffer> {
  const first = (i: number): number => Math.min(Math.max(i - (window >> 1), 0), side - window);
  const isNear = (i: number, j: number): boolean => j >= first(i) && j < first(i) + window;
  const tokens = side * side;
  return Float32Array.from({ length: tokens * tokens }, (_, at) => {
    const [query, key] = [Math.floor(at / tokens), at % tokens];
    const [row, column] = [Math.floor(query / side), Math.floor(key / side)];
    return isNear(row, column) && isNear(query % side, key % side) ? 0 : -1e9;
  });
}

/** The sum of squares of some numbers: what a gradient is checked by. */
export function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum;
}

/** Some numbers and how they are to be read. */
export interface Operand {
  readonly values: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** a and b of a product, as they lie. */
export function productOperands({ batch: count, m, k, n, transposeA, transposeB }: Product): [Operand, Operand] {
  const operand = (seed: number, rows: number, columns: number): Operand => {
    const shape = count > 1 ? [count, rows, columns] : [rows, columns];
    return { values: lcg(count * rows * columns, seed), shape };
  };
  return [operand(1, ...turned(m, k, transposeA)), operand(2, ...turned(k, n, transposeB))];
}

const turned = (rows: number, columns: number, isTransposed: boolean): [number, number] =>
  isTransposed ? [columns, rows] : [rows, columns];

/** Query, key and value of an attention over all pairs: [B·N, tokens, D]. */
export function attentionOperands({ images, heads, side, dim, seeds }: Attention): {
  shape: [number, number, number];
  values: Float32Array<ArrayBuffer>[];
} {
  const shape: [number, number, number] = [images * heads, side * side, dim];
  return { shape, values: seeds.map((seed) => lcg(images * heads * side * side * dim, seed)) };
}

/** The numbers that a product is checked by. */
export const firstOf = (values: ArrayLike<number>): number[] => Array.from({ length: 8 }, (_, i) => values[i]!);
