// The problems on which the ways to compute the attention are compared.

import type { NaProblem } from '../../index.ts';

export interface Problem {
  readonly name: string;
  readonly batch: number;
  /** *X. */
  readonly tokens: readonly number[];
  readonly heads: number;
  readonly dim: number;
  readonly problem: NaProblem;
}

function problem(
  name: string,
  tokens: readonly number[],
  [batch, heads, dim]: readonly [number, number, number],
  problem: NaProblem,
): Problem {
  return { name, batch, tokens, heads, dim, problem };
}

export const problems: readonly Problem[] = [
  problem('NAT-Tiny level 1', [56, 56], [1, 2, 32], { kernelSize: 7 }),
  problem('the same, causal', [56, 56], [1, 2, 32], { kernelSize: 7, isCausal: true }),
  problem('the same, dilation 8', [56, 56], [1, 2, 32], { kernelSize: 7, dilation: 8 }),
  problem('NAT-Tiny level 2', [28, 28], [1, 4, 32], { kernelSize: 7 }),
  problem('NAT-Tiny level 3', [14, 14], [1, 8, 32], { kernelSize: 7 }),
  problem('NAT-Tiny level 4', [7, 7], [1, 16, 32], { kernelSize: 7 }),
  problem('a long window', [784], [1, 4, 32], { kernelSize: 49 }),
  problem('the same, causal', [784], [1, 4, 32], { kernelSize: 49, isCausal: true }),
  problem('a small window', [28, 28], [4, 4, 32], { kernelSize: 3 }),
  problem('most of the tokens', [16, 16], [2, 8, 32], { kernelSize: 13 }),
  problem('old default', [14, 14], [128, 16, 32], { kernelSize: 7 }),
  problem('B/s', [64, 64], [1, 4, 64], { kernelSize: 20 }),
  problem('B/s, stride 4', [64, 64], [1, 4, 64], { kernelSize: 20, stride: 4 }),
  problem('a long axis', [8, 64, 64], [1, 8, 32], { kernelSize: [3, 5, 5] }),
  problem('C/s', [10, 24, 40], [1, 4, 64], { kernelSize: [6, 12, 12] }),
  problem('C/s, stride 2 4 4', [10, 24, 40], [1, 4, 64], { kernelSize: [6, 12, 12], stride: [2, 4, 4] }),
  problem('the same, causal in time', [10, 24, 40], [1, 4, 64], {
    kernelSize: [6, 12, 12],
    isCausal: [true, false, false],
  }),
  problem('A', [32768], [1, 1, 128], { kernelSize: 2048 }),
  problem('A, stride 256', [32768], [1, 1, 128], { kernelSize: 2048, stride: 256 }),
];

/** Tokens, window, and what else is not the default. */
export function describe({ batch, tokens, heads, dim, problem: { kernelSize } }: Problem): string {
  return `${batch}×${tokens.join('×')}, ${heads} heads of ${dim}, window ${[kernelSize].flat().join('×')}`;
}

export function tokenCount({ tokens }: Problem): number {
  return tokens.reduce((a, b) => a * b, 1);
}

/** Keys of a query. */
export function windowOf({ tokens, problem: { kernelSize } }: Problem): number {
  return tokens.reduce((n, _, axis) => n * (Array.isArray(kernelSize) ? kernelSize[axis]! : (kernelSize as number)), 1);
}
