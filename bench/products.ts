// Products of matrices: squares, and the shapes on which libraries fall off a cliff.

import type { Tensor } from '../index.ts';
import type { Case, Mark } from './case.ts';
import type { Operand, Product } from './job.ts';
import { tensor } from '../index.ts';
import { once } from './case.ts';
import { firstOf, productOperands } from './job.ts';

type Options = { threads?: readonly number[]; marks?: readonly Mark[] };

/** `how`: of A and B, N as they lie, T transposed. */
function product(name: string, sizes: readonly number[], how: 'NN' | 'NT' | 'TN', options: Options = {}): Case {
  const [batch, m, k, n] = sizes as [number, number, number, number];
  const job: Product = { kind: 'product', batch, m, k, n, transposeA: how === 'TN', transposeB: how === 'NT' };
  const read = ({ values, shape }: Operand, isTransposed: boolean): Tensor => {
    const x = tensor(values, { shape: [...shape] }).keep();
    return isTransposed ? x.transpose().keep() : x;
  };
  const setup: Case['setup'] = () => {
    const operands = productOperands(job);
    const [a, b] = [read(operands[0], job.transposeA), read(operands[1], job.transposeB)];
    const check = (): number[] => {
      using c = a.matmul(b);
      return firstOf(c.dataNow()!);
    };
    return { ...once(() => a.matmul(b)), check };
  };
  return { name, unit: 'GFLOP/s', amount: 2 * batch * m * k * n, job, setup, ...options };
}

const squareMarks: readonly Mark[] = [
  { atLeast: 0.92, beside: 'FMA loop' },
  { atLeast: 1.6, beside: 'tfjs-wasm' },
  { atLeast: 1.8, beside: 'one thread', threads: 2 },
  { atLeast: 1.3, beside: 'tfjs-wasm', isOld: true },
];

const square = (n: number, marks: readonly Mark[]): Case =>
  product(`matmul ${n}`, [1, n, n, n], 'NN', { threads: [1, 2], marks });

/** No cliffs: four fifths of what the square product reaches in the same turns. */
const even: Options = { marks: [{ atLeast: 0.8, beside: 'matmul 512' }] };

export const products: readonly Case[] = [
  square(256, []),
  square(512, squareMarks),
  square(1024, [...squareMarks, { atLeast: 0.9, beside: 'PyTorch', isWide: true }]),
  product('matmul 512, A·Bᵀ', [1, 512, 512, 512], 'NT', even),
  product('matmul 512, Aᵀ·B', [1, 512, 512, 512], 'TN', even),
  product('matmul 509', [1, 509, 509, 509], 'NN', even),
  product('64 products of 128×128', [64, 128, 128, 128], 'NN', even),
  product('CNN: 12544×288 · 288×64', [1, 12544, 288, 64], 'NN', even),
  product('CNN: (12544×288)ᵀ · 12544×64', [1, 288, 12544, 64], 'TN', even),
  product('CNN: 64×3136 · 3136×10', [1, 64, 3136, 10], 'NN'),
  product('16 of 784×16 · (784×16)ᵀ', [16, 784, 16, 784], 'NT'),
];
