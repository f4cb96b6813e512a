// Chosen tiles and splits of the attention on WebGPU.

import { describe, expect, test, vi } from 'vitest';
import type { NaOptions, Tensor } from '../../index.ts';
import { device, grad, na2d, na3d, scope, useKvParallelism, zeros } from '../../index.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { neighborhoodAttentionForward } from '../../kernels/neighborhood/fused.ts';
import type { Floats, Where } from './alike.ts';
import { distance, drawer, expectAlike } from './alike.ts';

const runtime = (await device('webgpu')) as WebgpuRuntime;

describe('splits of the keys', () => {
  /** Gradients of query and bias on webgpu. */
  async function gradients(options: Partial<NaOptions>, dim = 6): Promise<Floats[]> {
    const pending = scope(() => {
      const make = drawer('webgpu');
      const [q, rpb] = [make(1, 9, 8, 2, dim).requireGrad(), make(2, 9, 5).requireGrad()];
      const [k, v, g] = [1, 2, 3].map(() => make(1, 9, 8, 2, dim)) as [Tensor, Tensor, Tensor];
      const more = make(1, 3, 2, dim);
      const extras = { rpb, additionalKeys: more, additionalValues: more };
      const problem = { kernelSize: [5, 3], isCausal: [true, false], implementation: 'fused' } as const;
      const loss = na2d(q, k, v, { ...problem, ...extras, ...options })
        .mul(g)
        .sum();
      return grad(loss, [q, rpb]).map((x) => x.data());
    });
    return Promise.all(pending);
  }

  test('change nothing but the order of a sum, the same from run to run', async () => {
    const [whole, split, again] = [
      await gradients({}),
      await gradients({ numSplitsKey: [2, 1] }),
      await gradients({ numSplitsKey: [2, 1] }),
    ];
    whole.forEach((values, i) => expect(distance(values, split[i]!)).toBeLessThan(1e-5));
    expect(split).toEqual(again);
    expect(split[0]).not.toEqual(whole[0]);
  });

  test('are those of the rule where useKvParallelism is on', async () => {
    const whole = await gradients({});
    useKvParallelism();
    try {
      const split = await gradients({});
      whole.forEach((values, i) => expect(distance(values, split[i]!)).toBeLessThan(1e-5));
      expect(split[0]).not.toEqual(whole[0]);
    } finally {
      useKvParallelism(false);
    }
  });
});

describe('tiles', () => {
  const problem = { kernelSize: [3, 4], dilation: [1, 2], implementation: 'fused' } as const;
  const shape = [1, 9, 14, 1, 16] as const;
  const forward = (where: Where, tiles: Partial<NaOptions>): Tensor[] => {
    const make = drawer(where);
    const [q, k, v] = [1, 2, 3].map(() => make(...shape)) as [Tensor, Tensor, Tensor];
    return [na2d(q, k, v, { ...problem, ...tiles })];
  };

  test('are those of the program that runs, and change nothing but the order of a sum', async () => {
    const programs = vi.spyOn(runtime, 'program');
    const tiles = { queryTileSize: [4, 5], keyTileSize: [2, 3] };
    await expectAlike((where) => forward(where, tiles));
    const [, source] = programs.mock.calls.find(([key]) => key.startsWith('attend'))!;
    programs.mockRestore();
    const { workgroupSize, declarations } = source();
    expect(workgroupSize).toEqual([10]); // two queries of each invocation
    expect(declarations).toContain('array<Seat, 6>');
  });

  const bias = zeros([1, 5, 7], { device: 'webgpu' }).keep();
  test.each<[Partial<NaOptions>, string]>([
    [{ queryTileSize: [2, 2], rpb: bias }, "queryTileSize [2, 2] cannot be used on 'webgpu': a problem with a bias is"],
    [{ backwardKeyTileSize: [2, 2], dropout: 0.5 }, 'backwardKeyTileSize [2, 2] cannot be used on'],
    [{ queryTileSize: [32, 32] }, 'a tile of 32 x 32 of head dim 64 needs 2048 invocations; a workgroup has'],
    [
      { queryTileSize: [16, 8], keyTileSize: [20, 20] },
      '18 x 11 rows of head dim 64 take 114048 bytes; a workgroup has',
    ],
    [
      { queryTileSize: [1, 1], keyTileSize: [5, 5] },
      '4 invocations would bring 48 vectors each for 3 x 4 rows of head dim 64; at most 16',
    ],
    [{ keyTileSize: [2] }, 'keyTileSize must be an array of 2 integers >= 1, one per token axis, got [2]'],
    [{ queryTileSize: [2, 2], implementation: 'dense' }, 'queryTileSize cuts the work of the fused operation'],
  ])('are refused in words where there are none: %#', (tiles, reason) => {
    const [q, whole] = [zeros([1, 40, 40, 1, 64], { device: 'webgpu' }), { ...problem, dilation: 1 }];
    expect(() => na2d(q, q, q, { ...whole, ...tiles })).toThrow(reason);
    q.dispose();
  });

  test('of three axes hold one plane, and of head dims 16 to 128', () => {
    const [q, odd] = [zeros([1, 4, 4, 4, 1, 16], { device: 'webgpu' }), zeros([1, 8, 1, 20], { device: 'webgpu' })];
    const deep = (): Tensor => na3d(q, q, q, { kernelSize: 2, keyTileSize: [2, 2, 2] });
    expect(deep).toThrow('a workgroup takes one plane at a time, so that of three entries the first must be 1, not 2');
    const forward = (): unknown => {
      const tiles = { queryTileSize: [4], keyTileSize: [4] };
      return neighborhoodAttentionForward(odd, odd, odd, undefined, undefined, undefined, { kernelSize: 3, ...tiles });
    };
    expect(forward).toThrow('head dim 20 is computed without tiles; it must be a multiple of 16');
    for (const x of [q, odd]) x.dispose();
  });
});
