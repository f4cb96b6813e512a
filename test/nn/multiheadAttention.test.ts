import { expect, test } from 'vitest';
import { randn, scope, tensor, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const x = zeros([2, 5, 8]);
const layer = new nn.MultiheadAttention(8, 2);

test('begins as documented', async () => {
  const bound = Math.sqrt(6 / (24 + 8));
  expect(Math.max(...(await layer.inProjWeight!.data()).map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(new Set([...(await layer.inProjBias!.data()), ...(await layer.outProj.bias!.data())])).toEqual(new Set([0]));
  expect(new nn.MultiheadAttention(8, 2, { kdim: 4, bias: false }).toString()).toContain(
    'MultiheadAttention(8, 2, { bias: false, kdim: 4 })',
  );
});

test('drops weights while training only', () => {
  scope(() => {
    const module = new nn.MultiheadAttention(8, 2, { dropout: 0.9 });
    const input = randn([1, 6, 8]);
    const call = { needWeights: true, averageAttnWeights: false } as const;
    const counts = [true, false].map((mode) => module.train(mode).forward(input, undefined, undefined, call).weights);
    const zerosOf = counts.map((weights) => weights.eq(0).sum().dataNow()![0]!);
    expect(zerosOf[0]).toBeGreaterThan(36);
    expect(zerosOf[1]).toBe(0);
  });
});

test('a query without keys attends to nothing', async () => {
  const keyPaddingMask = tensor(new Uint8Array(10).fill(1), { shape: [2, 5], dtype: 'bool' });
  const { output, weights } = layer.forward(randn([2, 5, 8]), undefined, undefined, {
    keyPaddingMask,
    needWeights: true,
  });
  expect(new Set(await weights.data())).toEqual(new Set([0]));
  expect(new Set(await output.data())).toEqual(new Set([0]));
});

test.each([
  [() => new nn.MultiheadAttention(8, 3), 'embedDim 8 must be a multiple of numHeads 3'],
  [() => new nn.MultiheadAttention(8, 2, { dropout: 2 }), 'dropout must be a number of 0..1, got 2'],
  [() => new nn.MultiheadAttention(8, 2, { batch_first: true } as object), "but 'batchFirst'"],
  [() => layer.forward(zeros([8])), 'query, key and value are [8], [8], [8]; they must be [B, S, 8]'],
  [() => layer.forward(x, zeros([3, 5, 8])), 'they must be [B, S, 8], [B, T, 8] and [B, T, 8]'],
  [
    () => layer.forward(x, x, x, { attnMask: zeros([5, 4]) }),
    'attnMask has shape [5, 4]; it must be [5, 5] or [4, 5, 5]',
  ],
  [
    () => layer.forward(x, x, x, { keyPaddingMask: zeros([5, 2]) }),
    'keyPaddingMask has shape [5, 2]; it must be [2, 5]',
  ],
  [
    () => layer.forward(x, x, x, { keyPaddingMask: zeros([2, 5], { dtype: 'int32' }) }),
    'keyPaddingMask is int32; it must be bool, or numbers to add',
  ],
])('bad arguments %#', (call, message) => {
  expect(call).toThrow(message);
});
