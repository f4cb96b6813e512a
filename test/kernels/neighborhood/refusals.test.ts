// What does not go together is refused by the function that was called, in its own words.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import {
  attention,
  attentionWeights,
  DeviceError,
  DtypeError,
  grad,
  GradError,
  mergeAttentions,
  na1d,
  na1dAv,
  na1dQk,
  naMask,
  ones,
  randn,
  scope,
  simulateTiles,
  zeros,
} from '../../../index.ts';
import { attentionBackwardKey, attentionBackwardQuery } from '../../../kernels/index.ts';

const shape = [1, 6, 2, 4];

/** Each function with operands of one kind, of which the second is `odd`. */
const calls: readonly (readonly [string, (x: Tensor, odd: Tensor) => unknown])[] = [
  ['na1d', (x, odd) => na1d(x, odd, x, { kernelSize: 3 })],
  [
    'na1d',
    (x, odd) =>
      na1d(x, x, x, {
        kernelSize: 3,
        rpb: odd
          .sum({ axis: [0, 3] })
          .slice({ axis: 0, end: 5 })
          .transpose(),
      }),
  ],
  ['na1d', (x, odd) => na1d(x, odd, x, { kernelSize: 6, implementation: 'dense' })],
  ['na1dQk', (x, odd) => na1dQk(x.permute(0, 2, 1, 3), odd.permute(0, 2, 1, 3), { kernelSize: 3 })],
  ['na1dAv', (x, odd) => na1dAv(zeros([1, 2, 6, 3]), odd.permute(0, 2, 1, 3), { kernelSize: 3 })],
  ['attentionWeights', (x, odd) => attentionWeights(x, odd, { kernelSize: 3 })],
  ['attention', (x, odd) => attention(x, odd, x)],
  ['mergeAttentions', (x, odd) => mergeAttentions([x, odd], [x.sum({ axis: -1 }), x.sum({ axis: -1 })])],
];

describe.each(calls)('%s refuses', (name, call) => {
  test('integers', () => {
    const attempt = (): unknown => scope(() => call(ones(shape), ones(shape, { dtype: 'int32' })));
    expect(attempt).toThrow(DtypeError);
    expect(attempt).toThrow(new RegExp(`^${name}: \\S+ is int32; attention is of reals`));
  });

  test('another device', () => {
    const attempt = (): unknown => scope(() => call(ones(shape), ones(shape, { device: 'reference' })));
    expect(attempt).toThrow(DeviceError);
    expect(attempt).toThrow(new RegExp(`^${name}: \\S+ is on 'cpu' and \\S+ on 'reference'`));
  });
});

test.each([3, 6])('a second derivative is refused under the name that was called, window %i', (kernelSize) => {
  scope(() => {
    const q = randn(shape, { requiresGrad: true });
    const loss = na1d(q, q, q, { kernelSize, implementation: kernelSize === 6 ? 'auto' : 'fused' }).sum();
    const attempt = (): unknown => grad(loss, [q], { createGraph: true });
    expect(attempt).toThrow(GradError);
    expect(attempt).toThrow(/^na1d: the fused operation has no second derivative; use implementation/);
  });
});

test('a window that is too long is said of what was given', () => {
  expect(() => naMask([4], { kernelSize: 5 })).toThrow('but axis X of shape [4] has 4');
  const tiles = { queryTileSize: [4], keyTileSize: [4] };
  expect(() => simulateTiles([4], { kernelSize: 5, ...tiles })).toThrow('but axis X of shape [4] has 4');
});

test.each([100, 200])(
  'a logsumexp far below the scores gives infinite gradients, not wrong ones: score %i',
  (score) => {
    scope(() => {
      const [q, one, zero] = [ones([1, 1, 1, 1]).mul(score), ones([1, 1, 1, 1]), zeros([1, 1, 1])];
      expect(attentionBackwardQuery(q, one, one, one, zero, zero, { scale: 1 }).dataNow()![0]).toBe(Infinity);
      const [gradKey, gradValue] = attentionBackwardKey(q, one, one, one, zero, zero, { scale: 1 });
      expect([gradKey.dataNow()![0], gradValue.dataNow()![0]]).toEqual([Infinity, Infinity]);
    });
  },
);
