// libnatten on WebGPU against the cpu.

import { describe, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { device } from '../../index.ts';
import * as lib from '../../kernels/neighborhood/natten/libnatten.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { fusedOfRank } from '../kernels/neighborhood/ranks.ts';
import { drawer, expectAlike } from './alike.ts';

await device('webgpu');

interface Case {
  readonly tokens: readonly number[];
  readonly dim: number;
  readonly kernelSize: readonly number[];
  readonly dilation: readonly number[];
  readonly isCausal: readonly boolean[];
  readonly tiles: readonly [number[], number[], number[], number[], number[]];
}

const cases: Record<1 | 2 | 3, readonly Case[]> = {
  1: [
    { tokens: [23], dim: 6, kernelSize: [5], dilation: [2], isCausal: [true], tiles: [[64], [64], [128], [64], [1]] },
    {
      tokens: [70],
      dim: 16,
      kernelSize: [13],
      dilation: [1],
      isCausal: [false],
      tiles: [[32], [128], [64], [64], [2]],
    },
  ],
  2: [
    {
      tokens: [9, 12],
      dim: 4,
      kernelSize: [4, 3],
      dilation: [2, 3],
      isCausal: [false, true],
      tiles: [
        [1, 32],
        [64, 2],
        [64, 2],
        [1, 64],
        [5, 1],
      ],
    },
    {
      tokens: [10, 11],
      dim: 16,
      kernelSize: [3, 5],
      dilation: [1, 1],
      isCausal: [false, true],
      tiles: [
        [8, 8],
        [4, 16],
        [8, 8],
        [2, 32],
        [5, 1],
      ],
    },
  ],
  3: [
    {
      tokens: [4, 5, 6],
      dim: 16,
      kernelSize: [2, 3, 3],
      dilation: [2, 1, 2],
      isCausal: [true, false, false],
      tiles: [
        [4, 4, 4],
        [2, 4, 8],
        [4, 4, 4],
        [1, 4, 16],
        [2, 2, 1],
      ],
    },
  ],
};

const unfused = {
  1: [lib.na1dQkForward, lib.na1dQkBackward, lib.na1dAvForward, lib.na1dAvBackward],
  2: [lib.na2dQkForward, lib.na2dQkBackward, lib.na2dAvForward, lib.na2dAvBackward],
  3: [lib.na3dQkForward, lib.na3dQkBackward, lib.na3dAvForward, lib.na3dAvBackward],
} as const;

const all = ([1, 2, 3] as const).flatMap((rank) =>
  cases[rank].map((problem, i) => [`${rank}d, problem ${i}`, rank, problem] as const),
);

describe.each(all)('libnatten %s', (_title, rank, { tokens, dim, kernelSize, dilation, isCausal, tiles }) => {
  const [queryTile, keyTile, backwardQueryTile, backwardKeyTile, splits] = tiles;
  const told = [kernelSize, dilation, isCausal] as const;
  const bias = kernelSize.map((size) => 2 * size - 1);

  test.each([false, true])('fused forward, with a bias: %s', async (hasBias) => {
    await expectAlike((where) => {
      const make = drawer(where);
      const [q, k, v] = [1, 2, 3].map(() => make(2, ...tokens, 2, dim)) as [Tensor, Tensor, Tensor];
      const rpb = hasBias ? make(2, ...bias) : null;
      const [output, logsumexp] = [make(...q.shape), make(...q.shape.slice(0, -1))];
      fusedOfRank[rank].forward(output, q, k, v, rpb, logsumexp, ...told, 0.3, queryTile, keyTile);
      return [output, logsumexp];
    });
  });

  test('fused backward in splits', async () => {
    await expectAlike((where) => {
      const make = drawer(where);
      const [q, k, v, g] = [1, 2, 3, 4].map(() => make(2, ...tokens, 2, dim)) as [Tensor, Tensor, Tensor, Tensor];
      const [output, logsumexp] = [make(...q.shape), make(...q.shape.slice(0, -1))];
      fusedOfRank[rank].forward(output, q, k, v, null, logsumexp, ...told, 0.3, queryTile, keyTile);
      const gradients = [1, 2, 3].map(() => make(...q.shape)) as [Tensor, Tensor, Tensor];
      const rest = [...told, 0.3, backwardQueryTile, backwardKeyTile, splits, rank === 2] as const;
      fusedOfRank[rank].backward(...gradients, q, k, v, output, g, logsumexp, ...rest);
      return gradients;
    });
  });

  test('unfused, and delta', async () => {
    await expectAlike((where) => {
      const make = drawer(where);
      const [qkForward, qkBackward, avForward, avBackward] = unfused[rank];
      const shape = [2, 2, ...tokens, dim];
      const slots = [...shape.slice(0, -1), sizeOf(kernelSize)];
      const [q, k, v, g] = [1, 2, 3, 4].map(() => make(...shape)) as [Tensor, Tensor, Tensor, Tensor];
      const [rpb, attn, gradAttn, weights] = [make(2, ...bias), make(...slots), make(...slots), make(...slots)];
      qkForward(attn, q, k, rpb, ...told);
      const [dq, dk, db] = [make(...shape), make(...shape), make(...rpb.shape)];
      qkBackward(dq, dk, db, gradAttn, q, k, ...told);
      const [output, dw, dv] = [make(...shape), make(...slots), make(...shape)];
      avForward(output, weights, v, ...told);
      avBackward(dw, dv, g, weights, v, ...told);
      const delta = make(...shape.slice(0, -1));
      lib.computeDelta(output, g, delta);
      // Slots that a causal query does not see are -∞ on both devices.
      return [attn.tanh(), dq, dk, db, output, dw, dv, delta];
    });
  });
});
