import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { pad, randn, scope, ShapeError } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import '../matchers.ts';

describe('padSmallInputs', () => {
  const options = { kernelSize: 3, dilation: [2, 1], relPosBias: true } as const;

  test('is padding by hand, and cutting', async () => {
    using layer = new nn.NeighborhoodAttention2d(8, 2, { ...options, padSmallInputs: true });
    using x = randn([2, 4, 2, 8]);
    using got = layer.forward(x);
    using weights = layer.attentionWeights(x);
    const padded = pad(x, [
      [0, 2],
      [0, 1],
      [0, 0],
    ]);
    const cut = (y: Tensor): Tensor => y.slice({ axis: 1, end: 4 }).slice({ axis: 2, end: 2 });
    using large = layer.forward(padded);
    using largeWeights = layer.attentionWeights(padded);
    await expect(got).toBeCloseToTensor(cut(large), { rtol: 0, atol: 1e-6 });
    await expect(weights).toEqualTensor(cut(largeWeights));
    padded.dispose();
  });

  test('leaves inputs that are large enough alone', async () => {
    using layer = new nn.NeighborhoodAttention2d(8, 2, { ...options, padSmallInputs: true });
    using plain = new nn.NeighborhoodAttention2d(8, 2, options);
    scope(() => plain.loadStateDict(layer.stateDict()));
    using x = randn([1, 7, 5, 8]);
    const [a, b] = [layer.forward(x), plain.forward(x)];
    await expect(a).toEqualTensor(b);
    a.dispose();
    b.dispose();
  });

  test('reaches x with its gradient', () => {
    using layer = new nn.NeighborhoodAttention2d(8, 2, { ...options, padSmallInputs: true });
    using x = randn([1, 1, 1, 8], { requiresGrad: true });
    scope(() => layer.forward(x).square().sum().backward());
    expect(x.grad!.shape).toEqual([1, 1, 1, 8]);
  });

  test('is not done unasked', () => {
    using layer = new nn.NeighborhoodAttention2d(8, 2, options);
    const small = (): Tensor => scope(() => layer.forward(randn([1, 4, 2, 8])));
    expect(small).toThrow(ShapeError);
    expect(small).toThrow('kernelSize 3 times dilation 2 spans 6 tokens, but axis X of query [1, 4, 2, 2, 4] has 4');
  });
});
