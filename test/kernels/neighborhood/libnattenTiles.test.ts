// The tiles and splits that the functions of libnatten are told reach the kernels: they change the last bits.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import { scope, zeros } from '../../../index.ts';
import { neighborhoodAttentionForward } from '../../../kernels/neighborhood/fused.ts';
import * as backward from '../../../kernels/neighborhood/fusedBackward.ts';
import { na1dBackward, na2dBackward } from '../../../kernels/neighborhood/natten/libnatten.ts';
import { drawOperands, hasSameBits, uploadAll } from './attend.ts';

describe('what the functions of libnatten are told reaches the kernels', () => {
  const scale = 0.3;
  const gradients = ['gradQuery', 'gradKey', 'gradValue'] as const;
  type Told = readonly [queryTileSize: number[], keyTileSize: number[], numSplitsKey: number[]];

  /** The three gradients, by the function and by the ops. */
  const both = ([queryTileSize, keyTileSize, numSplitsKey]: Told): Record<'called' | 'wanted', number[][]> =>
    scope(() => {
      const isLine = queryTileSize.length === 1;
      const shape = isLine ? [1, 260, 2, 8] : [1, 20, 40, 2, 8];
      const kernelSize = isLine ? [201] : [7, 33];
      const [dilation, isCausal] = [kernelSize.map(() => 1), kernelSize.map((_, axis) => axis === 1)];
      const { query, key, value, gradOutput } = uploadAll(drawOperands(shape, 6));
      const attrs = { kernelSize, dilation, isCausal, scale };
      const none = [undefined, undefined, undefined] as const;
      const [output, logsumexp] = neighborhoodAttentionForward(query, key, value, ...none, attrs);
      const delta = backward.attentionDelta(output, gradOutput);
      const operands = [query, key, value, gradOutput, logsumexp, delta] as const;
      const cut = { ...attrs, queryTileSize, keyTileSize };
      const ofQuery = backward.neighborhoodAttentionBackwardQuery(...operands, ...none, { ...cut, numSplitsKey });
      const ofKey = backward.neighborhoodAttentionBackwardKey(...operands, undefined, cut);
      const targets = [zeros(shape), zeros(shape), zeros(shape)] as const;
      const rest = [kernelSize, dilation, isCausal, scale, queryTileSize, keyTileSize, numSplitsKey, false] as const;
      const call = isLine ? na1dBackward : na2dBackward;
      call(...targets, query, key, value, output, gradOutput, logsumexp, ...rest);
      const read = (tensors: readonly Tensor[]): number[][] => tensors.map((x) => Array.from(x.dataNow()!));
      return { called: read(targets), wanted: read([...ofQuery, ...ofKey]) };
    });

  const [square, flat] = [
    [8, 8],
    [4, 16],
  ];
  const whole: Told = [square, square, [1, 1]];
  test.each<[Told, Told, (typeof gradients)[number]]>([
    [[[64], [64], [3]], [[64], [64], [1]], 'gradQuery'],
    [[[64], [64], [3]], [[64], [64], [2]], 'gradQuery'],
    [[[128], [64], [2]], [[128], [128], [2]], 'gradQuery'],
    [[[64], [64], [2]], [[128], [64], [2]], 'gradQuery'],
    [[square, square, [2, 1]], whole, 'gradQuery'],
    [[square, square, [2, 3]], [square, square, [3, 2]], 'gradQuery'],
    [[square, flat, [1, 1]], whole, 'gradQuery'],
    [[flat, square, [1, 1]], whole, 'gradQuery'],
    [[square, flat, [1, 1]], whole, 'gradKey'],
    [[flat, square, [1, 1]], whole, 'gradKey'],
    [[flat, square, [1, 1]], whole, 'gradValue'],
  ])('%j gives what the ops give, and other bits than %j in %s', (told, other, name) => {
    const [got, otherwise] = [both(told), both(other)];
    for (const { called, wanted } of [got, otherwise])
      gradients.forEach((gradient, i) => expect(hasSameBits(called[i]!, wanted[i]!), gradient).toBe(true));
    const at = gradients.indexOf(name);
    expect(hasSameBits(got.called[at]!, otherwise.called[at]!)).toBe(false);
  });
});
