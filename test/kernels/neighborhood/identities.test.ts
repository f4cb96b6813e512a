import { describe, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import type { Attend } from './attend.ts';
import { neighborhoodAttention } from '../../../index.ts';
import { place } from '../../../kernels/index.ts';
import { drawOperands, expectNear, fused, run } from './attend.ts';

/** softmax(scale · q kᵀ) v over all tokens, by matmul. */
function dense(scale: number): Attend {
  return (query, key, value) => {
    const [batch, heads, dim] = [query.shape[0]!, query.shape.at(-2)!, query.shape.at(-1)!];
    const flat = (x: Tensor): Tensor => x.reshape([batch, -1, heads, dim]).permute(0, 2, 1, 3);
    const scores = flat(query).matmul(flat(key).transpose(-1, -2)).mul(scale);
    const output = scores.softmax().matmul(flat(value)).permute(0, 2, 1, 3).reshape(query.shape);
    const largest = scores.max({ axis: -1, keepDims: true }).detach();
    const logsumexp = scores.sub(largest).exp().sum({ axis: -1 }).log().add(largest.squeeze(-1));
    return { output, logsumexp: logsumexp.permute(0, 2, 1).reshape(query.shape.slice(0, -1)) };
  };
}

describe('identities', () => {
  test.each([
    [[2, 13, 2, 8], [13]],
    [
      [1, 6, 7, 3, 16],
      [6, 7],
    ],
    [
      [1, 4, 3, 5, 2, 5],
      [4, 3, 5],
    ],
    [[1, 1024, 1, 16], [1024]],
  ])('a window of the axis is dense attention: %j', (shape, kernelSize) => {
    const operands = drawOperands(shape);
    expectNear(run(fused({ kernelSize, scale: 0.3 }), operands), run(dense(0.3), operands), 2e-5, 2e-5);
  });

  test('dilation is one problem for each group, groups of unequal length among them', () => {
    const operands = drawOperands([1, 11, 7, 2, 8]);
    const options = { kernelSize: [3, 2], stride: [2, 1], isCausal: [false, true] };
    const byGroups: Attend = (query, key, value) => {
      let output = query.mul(0);
      let logsumexp = query.sum({ axis: -1 }).mul(0);
      for (const [g, h] of [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 0],
        [2, 1],
        [2, 2],
      ] as const) {
        const pick = (x: Tensor): Tensor =>
          x.slice({ axis: 1, start: g, step: 3 }).slice({ axis: 2, start: h, step: 3 });
        const part = neighborhoodAttention(pick(query), pick(key), pick(value), { ...options, returnLogsumexp: true });
        output = output.add(spread(part.output, query.shape, [0, g, h], 3));
        logsumexp = logsumexp.add(spread(part.logsumexp, query.shape.slice(0, -1), [0, g, h], 3));
      }
      return { output, logsumexp };
    };
    expectNear(run(fused({ ...options, dilation: 3 }), operands), run(byGroups, operands), 1e-6, 1e-6);
  });

  test('transposing axes with their parameters transposes the result', () => {
    const operands = drawOperands([2, 9, 12, 2, 16]);
    const options = { kernelSize: [4, 5], stride: [3, 1], dilation: [1, 2], isCausal: [true, false] };
    const turned = Object.fromEntries(
      Object.entries(options).map(([name, values]) => [name, values.toReversed()]),
    ) as typeof options;
    const transposed: Attend = (query, key, value) => {
      const turn = (x: Tensor): Tensor => x.transpose(1, 2);
      const { output, logsumexp } = fused(turned)(turn(query), turn(key), turn(value));
      return { output: turn(output), logsumexp: turn(logsumexp) };
    };
    expectNear(run(transposed, operands), run(fused(options), operands), 2e-6, 2e-6);
  });

  test('stride = kernelSize is attention within blocks', () => {
    const operands = drawOperands([1, 12, 2, 8]);
    const blocks: Attend = (query, key, value) => {
      const fold = (x: Tensor): Tensor => x.reshape([3, 4, ...x.shape.slice(2)]);
      const { output, logsumexp } = dense(0.5)(fold(query), fold(key), fold(value));
      return { output: output.reshape(query.shape), logsumexp: logsumexp.reshape(query.shape.slice(0, -1)) };
    };
    expectNear(run(fused({ kernelSize: 4, stride: 4, scale: 0.5 }), operands), run(blocks, operands), 5e-6, 5e-6);
  });

  test('kernelSize 1 passes the values through', () => {
    const operands = drawOperands([1, 5, 6, 2, 7]);
    const { gradLogsumexp: _none, ...rest } = operands;
    const zero = { shape: operands.query.shape, data: new Float32Array(operands.query.data.length) };
    const want = { output: operands.value, gradQuery: zero, gradKey: zero, gradValue: operands.gradOutput };
    expectNear(run(fused({ kernelSize: 1 }), rest), want, 2e-6, 2e-6);
  });
});

/** x at every `step`-th place of zeros, from `offsets` on. */
function spread(x: Tensor, shape: readonly number[], offsets: number[], step: number): Tensor {
  const full = shape.map((_, i) => offsets[i] ?? 0);
  return place(x, { shape, offsets: full, steps: shape.map((_, i) => (i === 1 || i === 2 ? step : 1)), value: 0 });
}
