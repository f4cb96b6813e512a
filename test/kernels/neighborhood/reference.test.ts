// The oracles, judged by one another and by what must hold.

import { describe, expect, test } from 'vitest';
import type { PlainReferenceOptions } from '../../../kernels/neighborhood/reference/plain.ts';
import type { NdArray } from '../../../tensor/runtime.ts';
import { attentionReference, deltaReference } from '../../../kernels/neighborhood/reference/fused.ts';
import { keepFactor } from '../../../kernels/neighborhood/reference/dropout.ts';
import {
  plainBackwardKeyReference,
  plainBackwardQueryReference,
  plainReference,
} from '../../../kernels/neighborhood/reference/plain.ts';
import { dotsReference, spreadReference, sumReference } from '../../../kernels/neighborhood/reference/slots.ts';
import { Generator, philox } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { expectClose } from './attend.ts';

const draw = (shape: number[], seed: number): NdArray => ({
  shape,
  data: new Generator(seed).normal(sizeOf(shape), 'float64'),
});
const plain: PlainReferenceOptions = {
  isCausal: false,
  scale: null,
  dropout: 0,
  seed: 0,
  cumulativeLengthsQuery: null,
  cumulativeLengthsKey: null,
  firstKey: 0,
};
const problem = { kernelSize: [3, 4], stride: [2, 1], dilation: [1, 2], isCausal: [false, true] };

/** [B, *X, N, D] → [B, N, *X, D], or back. */
function headsMoved({ shape, data }: NdArray, from: 'last' | 'first'): NdArray {
  const [batch, dim] = [shape[0]!, shape.at(-1)!];
  const heads = from === 'last' ? shape.at(-2)! : shape[1]!;
  const tokens = from === 'last' ? shape.slice(1, -2) : shape.slice(2, -1);
  const count = sizeOf(tokens);
  const moved = new Float64Array(data.length);
  const [rows, columns] = from === 'last' ? [count, heads] : [heads, count];
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let d = 0; d < dim; d++)
          moved[((b * columns + column) * rows + row) * dim + d] =
            data[((b * rows + row) * columns + column) * dim + d]!;
  const axes = from === 'last' ? [batch, heads, ...tokens] : [batch, ...tokens, heads];
  return { shape: [...axes, dim], data: moved };
}

describe('who is kept by dropout', () => {
  test('is decided by one word of the generator', () => {
    const word = philox(7, 0, 5, 11, 2, 3)[1]!;
    const justBelow = { dropout: word / 2 ** 32, seed: 7 };
    const justAbove = { dropout: (word + 1) / 2 ** 32, seed: 7 };
    expect(keepFactor(justBelow, 3, 2, 11, 21)).toBe(1 / (1 - justBelow.dropout));
    expect(keepFactor(justAbove, 3, 2, 11, 21)).toBe(0);
  });

  test('is nobody at 1, everybody at 0, and as many as promised between', () => {
    const pairs = Array.from({ length: 20_000 }, (_, i) => i);
    const kept = (dropout: number): number[] =>
      pairs.map((i) => keepFactor({ dropout, seed: 1 }, i % 2, i % 3, i % 101, Math.floor(i / 7)));
    expect(kept(0).every((factor) => factor === 1)).toBe(true);
    expect(kept(1).every((factor) => factor === 0)).toBe(true);
    const mean = kept(0.3).reduce((a, b) => a + b) / pairs.length;
    expect(Math.abs(mean - 1)).toBeLessThan(0.02);
  });
});

describe('the oracle of the unfused operations', () => {
  const [query, key, value] = [draw([2, 5, 8, 4, 3], 1), draw([2, 5, 8, 2, 3], 2), draw([2, 5, 8, 2, 4], 3)] as const;
  const [q, k, v] = [query, key, value].map((x) => headsMoved(x, 'last')) as [NdArray, NdArray, NdArray];

  test('dots, softmax and sum are the attention', () => {
    const [output, logsumexp] = attentionReference(
      { query, key, value },
      { ...problem, scale: 1, dropout: 0, seed: 0 },
    );
    const attn = dotsReference({ query: q, key: k }, { ...problem, masked: -Infinity });
    const lse = headsMoved({ shape: [...logsumexp.shape, 1], data: logsumexp.data }, 'last').data;
    const weights = { ...attn, data: Float64Array.from(attn.data, (x, i) => Math.exp(x - lse[Math.floor(i / 12)]!)) };
    expect(attn.shape).toEqual([2, 4, 5, 8, 12]);
    expectClose('output', headsMoved(sumReference({ attn: weights, value: v }, problem), 'first'), output, 1e-12);
  });

  test('what a causal query does not see holds `masked`, behind what it sees', () => {
    const attn = dotsReference({ query: q, key: k }, { ...problem, masked: -7 });
    // Token (0, 1) sees position 0 of its group along the causal axis, and a whole window along the other.
    expect(Array.from(attn.data.slice(12, 24), (x) => x === -7)).toEqual(
      [0, 1, 2].flatMap(() => [false, true, true, true]),
    );
  });

  test('spread is the transpose of sum', () => {
    const [attn, x] = [draw([2, 4, 5, 8, 12], 4), draw([2, 4, 5, 8, 4], 5)];
    const along = (a: NdArray, b: NdArray): number => Array.from(a.data).reduce((sum, y, i) => sum + y * b.data[i]!, 0);
    const left = along(sumReference({ attn, value: v }, problem), x);
    const right = along(v, spreadReference({ attn, x }, { ...problem, headsKv: 2 }));
    expect(Math.abs(left)).toBeGreaterThan(1);
    expect(Math.abs(left - right)).toBeLessThan(1e-9);
  });
});

describe('the oracle of attention between sequences', () => {
  test('is that of a window as long as the axis; additional tokens are keys T, T + 1, …', () => {
    const [query, key, value] = [draw([2, 6, 4, 3], 1), draw([2, 6, 2, 3], 2), draw([2, 6, 2, 5], 3)] as const;
    const [additionalKeys, additionalValues] = [draw([2, 3, 2, 3], 4), draw([2, 3, 2, 5], 5)] as const;
    const joined = (a: NdArray, b: NdArray): NdArray => {
      const [rowsA, rowsB] = [a.data.length / 2, b.data.length / 2];
      const parts = [0, 1].flatMap((batch) => [
        ...a.data.slice(batch * rowsA, (batch + 1) * rowsA),
        ...b.data.slice(batch * rowsB, (batch + 1) * rowsB),
      ]);
      return { shape: a.shape.with(1, a.shape[1]! + b.shape[1]!), data: Float64Array.from(parts) };
    };
    const random = { scale: 0.4, dropout: 0.4, seed: 9 };
    const want = attentionReference(
      { query, key, value, additionalKeys, additionalValues },
      { kernelSize: 6, stride: 1, dilation: 1, isCausal: false, ...random },
    );
    const operands = { query, key: joined(key, additionalKeys), value: joined(value, additionalValues) };
    const got = plainReference(operands, { ...plain, ...random });
    expectClose('output', got[0], want[0], 1e-12);
    expectClose('logsumexp', got[1], want[1], 1e-12);
    const later = plainReference(operands, { ...plain, ...random, firstKey: 4 });
    expect(later[1].data).toEqual(got[1].data);
    expect(later[0].data).not.toEqual(got[0].data);
  });

  test('each packed sequence is alone; queries without keys give 0, −∞ and no gradients', () => {
    const [query, key, value] = [draw([1, 9, 2, 4], 1), draw([1, 8, 1, 4], 2), draw([1, 8, 1, 3], 3)] as const;
    const gradOutput = draw([1, 9, 2, 3], 6);
    const cumulative = { cumulativeLengthsQuery: [0, 4, 6, 9], cumulativeLengthsKey: [0, 5, 5, 8] };
    const all = { query, key, value, gradOutput };
    const backward = (inputs: typeof all, options: PlainReferenceOptions): NdArray[] => {
      const [output, logsumexp] = plainReference(inputs, options);
      const delta = deltaReference({ output, gradOutput: inputs.gradOutput });
      const saved = { ...inputs, logsumexp, delta };
      const gradQuery = plainBackwardQueryReference(saved, options);
      return [output, logsumexp, gradQuery, ...plainBackwardKeyReference(saved, options)];
    };
    const rows = (x: NdArray, from: number, to: number): NdArray => {
      const row = x.data.length / x.shape[1]!;
      return { shape: x.shape.with(1, to - from), data: x.data.slice(from * row, to * row) };
    };
    const options = { ...plain, isCausal: true };
    const packed = backward(all, { ...options, ...cumulative });
    for (const [q0, q1, k0, k1] of [
      [0, 4, 0, 5],
      [6, 9, 5, 8],
    ] as const) {
      const alone = backward(
        {
          query: rows(query, q0, q1),
          key: rows(key, k0, k1),
          value: rows(value, k0, k1),
          gradOutput: rows(gradOutput, q0, q1),
        },
        options,
      );
      alone.forEach((want, i) => {
        const [from, to] = i < 3 ? [q0, q1] : [k0, k1];
        expectClose(`part ${i}`, rows(packed[i]!, from, to), want, 1e-15);
      });
    }
    const [output, logsumexp, gradQuery] = packed.slice(0, 3).map((x) => new Set(rows(x, 4, 6).data));
    expect([output, logsumexp, gradQuery]).toEqual([new Set([0]), new Set([-Infinity]), new Set([0])]);
  });
});
