// libnatten on WebGPU, tiles and splits there, and the auto-tuner: each against the cpu.

import { afterEach, describe, expect, test, vi } from 'vitest';
import type { NaOptions, Tensor } from '../../index.ts';
import { autotune, device, disableAutotuner, grad, na1d, na2d, na3d, randn, scope, tensor } from '../../index.ts';
import { memory, useAutotuner, useKvParallelism, zeros } from '../../index.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { neighborhoodAttentionForward } from '../../kernels/neighborhood/fused.ts';
import * as lib from '../../kernels/neighborhood/natten/libnatten.ts';
import { tunedTiles } from '../../kernels/neighborhood/tuner/tuner.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { profileCommand } from '../../bin/profile.ts';

const runtime = (await device('webgpu')) as WebgpuRuntime;

type Where = 'cpu' | 'webgpu';
type Floats = ArrayLike<number>;

/** The same random tensor on either device. */
function drawer(where: Where): (...shape: number[]) => Tensor {
  const generator = new Generator(7);
  return (...shape) => tensor(generator.normal(sizeOf(shape)), { shape, device: where });
}

/** What `body` returns, from both devices; each must be finite and close. */
async function expectAlike(body: (where: Where) => readonly Tensor[]): Promise<void> {
  const both = (['webgpu', 'cpu'] as const).map((where) => scope(() => body(where).map((x) => x.data())));
  const [got, want] = (await Promise.all(both.map((parts) => Promise.all<Floats>(parts)))) as [Floats[], Floats[]];
  got.forEach((values, part) => expect(distance(values, want[part]!), `part ${part}`).toBeLessThan(1e-4));
}

function distance(a: Floats, b: Floats): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, x, i) => {
    const error = Math.abs(x - b[i]!);
    return Number.isNaN(error) ? Infinity : Math.max(most, error);
  }, 0);
}

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

const fused = {
  1: { own: na1d, forward: lib.na1dForward, backward: lib.na1dBackward },
  2: { own: na2d, forward: lib.na2dForward, backward: lib.na2dBackward },
  3: { own: na3d, forward: lib.na3dForward, backward: lib.na3dBackward },
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
      fused[rank].forward(output, q, k, v, rpb, logsumexp, ...told, 0.3, queryTile, keyTile);
      return [output, logsumexp];
    });
  });

  test('fused backward in splits', async () => {
    await expectAlike((where) => {
      const make = drawer(where);
      const [q, k, v, g] = [1, 2, 3, 4].map(() => make(2, ...tokens, 2, dim)) as [Tensor, Tensor, Tensor, Tensor];
      const [output, logsumexp] = [make(...q.shape), make(...q.shape.slice(0, -1))];
      fused[rank].forward(output, q, k, v, null, logsumexp, ...told, 0.3, queryTile, keyTile);
      const gradients = [1, 2, 3].map(() => make(...q.shape)) as [Tensor, Tensor, Tensor];
      const rest = [...told, 0.3, backwardQueryTile, backwardKeyTile, splits, rank === 2] as const;
      fused[rank].backward(...gradients, q, k, v, output, g, logsumexp, ...rest);
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
  const problem = { kernelSize: [3, 4], implementation: 'fused' } as const;
  const bias = zeros([1, 5, 7], { device: 'webgpu' }).keep();
  test.each<[Partial<NaOptions>, string]>([
    [{ queryTileSize: [2, 2], rpb: bias }, "queryTileSize [2, 2] cannot be used on 'webgpu': a problem with a bias is"],
    [{ backwardKeyTileSize: [2, 2], dropout: 0.5 }, 'backwardKeyTileSize [2, 2] cannot be used on'],
    [{ queryTileSize: [32, 32] }, 'a tile of 32 x 32 of head dim 64 needs 2048 invocations; a workgroup has'],
    [{ keyTileSize: [20, 20] }, '8 x 20 rows of head dim 64 take 92160 bytes; a workgroup has'],
    [{ keyTileSize: [2] }, 'keyTileSize must be an array of 2 integers >= 1, one per token axis, got [2]'],
    [{ queryTileSize: [2, 2], implementation: 'dense' }, 'queryTileSize cuts the work of the fused operation'],
  ])('are refused in words where there are none: %#', (tiles, reason) => {
    const [q, whole] = [zeros([1, 40, 40, 1, 64], { device: 'webgpu' }), problem];
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

describe('the auto-tuner', () => {
  afterEach(disableAutotuner);

  const shape = [1, 8, 1, 16];
  const rules = { kernelSize: 3 };
  const ask = (requiresGrad = false, device: Where = 'webgpu'): object =>
    scope(() => {
      const x = randn(shape, { device, requiresGrad });
      return tunedTiles({ query: x, key: x, value: x }, rules);
    });

  test('times what a body met, and calls that follow use it', async () => {
    useAutotuner({ cache: false, warmupSteps: 0, steps: 1, backward: false });
    expect(ask()).toEqual({}); // a call cannot wait
    const before = memory()['webgpu']!;
    const timed = vi.spyOn(runtime, 'secondsOf');
    const body = (): string => {
      const q = randn(shape, { device: 'webgpu' });
      na1d(q, q, q, { ...rules, implementation: 'fused' });
      return 'its result';
    };
    expect(await autotune(body)).toBe('its result');
    const [first] = [timed.mock.calls.length];
    expect(first).toBeGreaterThan(8); // the own cut and three pairs, several samples of each
    expect(Object.keys(ask())).toEqual(['queryTileSize', 'keyTileSize']);
    await autotune(body);
    expect(timed.mock.calls.length).toBe(first);
    timed.mockRestore();
    const { tensors, bytes } = memory()['webgpu']!;
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
  });

  test('of backward too, on the cpu as ever, and not while it is off', async () => {
    useAutotuner({ cache: false, warmupSteps: 0, steps: 1, forward: false });
    await autotune(() => {
      const x = randn([1, 6, 1, 4], { device: 'webgpu', requiresGrad: true });
      na1d(x, x, x, { ...rules, implementation: 'fused' });
      // Head dim 4 has no tiles there, so that the kernels' own cut is the fastest.
    });
    const tuned = scope(() => {
      const x = randn([1, 6, 1, 4], { device: 'webgpu', requiresGrad: true });
      return tunedTiles({ query: x, key: x, value: x }, rules);
    });
    expect(tuned).toEqual({ backwardQueryTileSize: null, backwardKeyTileSize: null, numSplitsKey: null });
    expect(Object.keys(ask(true, 'cpu'))).toEqual(['backwardQueryTileSize', 'backwardKeyTileSize', 'numSplitsKey']);
    disableAutotuner();
    await expect(autotune(() => undefined)).rejects.toThrow(
      'autotune: the auto-tuner is off; call useAutotuner() first',
    );
  });

  test('vicinal profile times kernels by the clock of the GPU', async () => {
    const lines: string[] = [];
    const timed = vi.spyOn(runtime, 'secondsOf');
    const line = '-i 9 8 -w 3 -d 4 --add-kv 2 --backprop --optimize --device webgpu --warmup-steps 0 --steps 2';
    await profileCommand([...line.split(' '), '--optimize-warmup-steps', '0'], (text) => lines.push(text));
    const kernels = ['Forward', 'BackwardQuery', 'BackwardKey'].map((name) => `neighborhoodAttention${name}`);
    for (const name of [...kernels, 'attentionBackwardKey (additional)', "the kernel's own"])
      expect(lines.join('\n')).toContain(name);
    expect(timed.mock.calls.length).toBeGreaterThan(5 * 2);
    timed.mockRestore();
  });
});
