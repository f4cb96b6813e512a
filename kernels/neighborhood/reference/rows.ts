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

export function zerosOf(shape: readonly number[]): NdArray {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}

/** softmax of scores, in place of which comes the logsumexp of nothing, −∞, when there are none. */
export function softmaxOf(scores: readonly number[]): { weights: number[]; logsumexp: number } {
  if (scores.length === 0) return { weights: [], logsumexp: -Infinity };
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const exps = scores.map((score) => Math.exp(score - largest));
  const total = exps.reduce((a, b) => a + b);
  return { weights: exps.map((e) => e / total), logsumexp: largest + Math.log(total) };
}
