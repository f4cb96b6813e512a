/** Rows of `dim` elements of flat arrays: what the reference forms of attention are written in. */

import type { NdArray } from '../../../tensor/runtime.ts';

export function dot(a: NdArray, rowA: number, b: NdArray, rowB: number): number {
  const dim = a.shape.at(-1)!;
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a.data[rowA * dim + d]! * b.data[rowB * dim + d]!;
  return sum;
}

/** What scores are multiplied by. */
export function scaleOf(query: NdArray, { scale }: { scale: number | null }): number {
  return scale ?? query.shape.at(-1)! ** -0.5;
}

/** target[rowTarget] += weight · source[rowSource]. */
export function addRow(target: NdArray, rowTarget: number, source: NdArray, rowSource: number, weight: number): void {
  const dim = source.shape.at(-1)!;
  for (let d = 0; d < dim; d++) target.data[rowTarget * dim + d]! += weight * source.data[rowSource * dim + d]!;
}

/** p = exp(score − logsumexp), 0 where all scores are −∞. */
export function weightOf(score: number, logsumexp: number): number {
  return logsumexp === -Infinity ? 0 : Math.exp(score - logsumexp);
}

export function zerosOf(shape: readonly number[]): NdArray {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}

/** softmax of scores, and their logsumexp: 0 and −∞ where there are none, or all are −∞. */
export function softmaxOf(scores: readonly number[]): { weights: number[]; logsumexp: number } {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  if (largest === -Infinity) return { weights: scores.map(() => 0), logsumexp: -Infinity };
  const exps = scores.map((score) => Math.exp(score - largest));
  const total = exps.reduce((a, b) => a + b);
  return { weights: exps.map((e) => e / total), logsumexp: largest + Math.log(total) };
}
