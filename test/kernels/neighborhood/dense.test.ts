// The implementations that are made of other ops, and what all of them are given by one function.

import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DeviceName, NaOptions, Tensor } from '../../../index.ts';
import {
  ArgumentError,
  GradError,
  grad,
  gradientCheck,
  manualSeed,
  memory,
  noGrad,
  scope,
  tensor,
} from '../../../index.ts';
import { na1d, na2d, neighborhoodAttention } from '../../../kernels/neighborhood/neighborhoodAttention.ts';
import { naMask } from '../../../kernels/neighborhood/mask.ts';
import { attentionWeights } from '../../../kernels/neighborhood/weights.ts';
import { defaultGenerator, Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { secondOrderError } from '../operands.ts';

const ways = ['fused', 'unfused', 'dense'] as const;
type Way = (typeof ways)[number];
type Names = 'query' | 'key' | 'value' | 'rpb' | 'additionalKeys' | 'additionalValues';

/** Shapes of all that a problem may be given. */
function shapesOf(
  tokens: number[],
  kernelSizes: number[],
  [heads, headsKv]: [number, number],
): Record<Names, number[]> {
  return {
    query: [2, ...tokens, heads, 5],
    key: [2, ...tokens, headsKv, 5],
    value: [2, ...tokens, headsKv, 3],
    rpb: [heads, ...kernelSizes.map((k) => 2 * k - 1)],
    additionalKeys: [2, 3, headsKv, 5],
    additionalValues: [2, 3, headsKv, 3],
  };
}

function randn(shape: number[], seed: number, device: DeviceName = 'reference'): Tensor {
  return tensor(new Generator(seed).normal(sizeOf(shape)), { shape, device, requiresGrad: true });
}

interface Case {
  readonly tokens: number[];
  readonly heads: [number, number];
  readonly options: NaOptions & { kernelSize: number[] };
}

const cases: Case[] = [
  { tokens: [9], heads: [2, 2], options: { kernelSize: [4] } },
  { tokens: [11], heads: [4, 2], options: { kernelSize: [3], dilation: 3, stride: 2, isCausal: true, scale: 0.3 } },
  { tokens: [5, 6], heads: [2, 1], options: { kernelSize: [3, 2], dilation: [1, 2], isCausal: [false, true] } },
  { tokens: [3, 4], heads: [3, 1], options: { kernelSize: [3, 4] } },
  {
    tokens: [4, 3, 3],
    heads: [2, 2],
    options: { kernelSize: [2, 3, 2], stride: [2, 1, 2], isCausal: [true, false, false] },
  },
];

/** Output, logsumexp and all gradients. */
function results(one: Case, way: Way, device: DeviceName, dropout: number, isPlain: boolean): number[][] {
  return scope(() => {
    const all = Object.entries(shapesOf(one.tokens, one.options.kernelSize, one.heads));
    const used = isPlain ? all.slice(0, 3) : all;
    const x = Object.fromEntries(used.map(([name, shape], i) => [name, randn(shape, i + 1, device)])) as Record<
      Names,
      Tensor
    >;
    const { query, key, value, ...more } = x;
    manualSeed(5);
    const options = { ...one.options, ...more, dropout, implementation: way, returnLogsumexp: true as const };
    const { output, logsumexp } = neighborhoodAttention(query, key, value, options);
    const loss = output.mul(randn([...output.shape], 20, device)).sum();
    const both = loss.add(logsumexp.mul(randn([...logsumexp.shape], 21, device)).sum());
    return [output, logsumexp, ...grad(both, Object.values(x))].map((y) => Array.from(y.dataNow()!));
  });
}

describe.each(cases)('$tokens $options', (one) => {
  test.each([
    ['reference', 0],
    ['reference', 0.4],
    ['cpu', 0],
    ['cpu', 0.4],
  ] as const)('fused, unfused and dense agree on %s, dropout %f', (device, dropout) => {
    for (const isPlain of [true, false]) {
      const [want, ...others] = ways.map((way) => results(one, way, device, dropout, isPlain));
      for (const got of others) {
        want!.forEach((values, n) => {
          expect(got[n]).toHaveLength(values.length);
          const worst = values.reduce((most, v, i) => Math.max(most, Math.abs(v - got[n]![i]!)), 0);
          expect(worst).toBeLessThan(device === 'cpu' ? 2e-5 : 1e-10);
        });
      }
    }
  });

  test.each(['unfused', 'dense'] as const)('%s: gradients are central differences, twice', async (implementation) => {
    const shapes = Object.values(shapesOf(one.tokens, one.options.kernelSize, one.heads));
    const body = (...[query, key, value, rpb, additionalKeys, additionalValues]: Tensor[]): Tensor => {
      const more = { rpb: rpb!, additionalKeys: additionalKeys!, additionalValues: additionalValues! };
      manualSeed(3);
      const options = { ...one.options, ...more, dropout: 0.2, implementation, returnLogsumexp: true as const };
      const { output, logsumexp } = neighborhoodAttention(query!, key!, value!, options);
      return output.mul(logsumexp.unsqueeze(-1));
    };
    await gradientCheck(
      body,
      shapes.map((shape, i) => randn(shape, i)),
      { tries: 1 },
    );
    expect(secondOrderError(body, shapes)).toBeLessThan(1e-5);
  });
});

test('dense attention is softmax(scale q kᵀ) v under the mask', () => {
  scope(() => {
    const [q, k, v] = [1, 2, 3].map((seed) => randn([1, 4, 5, 1, 6], seed)) as [Tensor, Tensor, Tensor];
    const problem = { kernelSize: [3, 4], isCausal: [true, false] };
    const flat = (x: Tensor): Tensor => x.reshape([20, 6]);
    const products = flat(q)
      .matmul(flat(k).transpose())
      .mul(6 ** -0.5)
      .dataNow()!;
    const mask = naMask([4, 5], { ...problem }).dataNow()!;
    const scores = tensor(
      products.map((x, i) => (mask[i] ? x : -Infinity)),
      { shape: [20, 20], device: 'reference' },
    );
    const want = scores.softmax().matmul(flat(v)).dataNow()!;
    const got = na2d(q, k, v, { ...problem, implementation: 'dense' }).dataNow()!;
    want.forEach((x, i) => expect(got[i]).toBeCloseTo(x, 12));
  });
});

test('attentionWeights are those that the output is made with', () => {
  scope(() => {
    const [q, k] = [randn([1, 6, 4, 5], 1), randn([1, 6, 2, 5], 2)];
    const v = tensor(new Float32Array(12).fill(1), { shape: [1, 6, 2, 1], device: 'reference' });
    const rpb = randn([4, 5], 4);
    const additional = { additionalKeys: randn([1, 2, 2, 5], 5), additionalValues: randn([1, 2, 2, 1], 6).mul(0) };
    const options = { kernelSize: 3, isCausal: true, dropout: 0.5, rpb, ...additional };
    manualSeed(11);
    const weights = attentionWeights(q, k, options);
    expect(weights.shape).toEqual([1, 6, 4, 5]);
    manualSeed(11);
    const sums = na1d(q, k, v, { ...options, implementation: 'unfused' }).dataNow()!;
    const near = weights.slice({ axis: -1, end: 3 }).sum({ axis: -1 }).dataNow()!;
    sums.forEach((x, i) => expect(near[i]).toBeCloseTo(x, 12));
    expect(attentionWeights(q, k, { kernelSize: 3, implementation: 'fused' }).shape).toEqual([1, 6, 4, 3]);
  });
});

describe('options', () => {
  afterEach(() => vi.restoreAllMocks());

  test('one seed is drawn, only where something is dropped, and not by a call that is refused', () => {
    const draw = vi.spyOn(defaultGenerator, 'seed');
    scope(() => {
      const x = randn([1, 6, 2, 4], 1, 'cpu');
      for (const implementation of ['auto', ...ways] as const) {
        draw.mockClear();
        na1d(x, x, x, { kernelSize: 3, implementation });
        na1d(x, x, x, { kernelSize: 3, implementation, dropout: 0 });
        expect(() => na1d(x, x, x, { kernelSize: 7, implementation, dropout: 0.5 })).toThrow();
        expect(draw).toHaveBeenCalledTimes(0);
        na1d(x, x, x, { kernelSize: 3, implementation, dropout: 0.5 });
        expect(draw).toHaveBeenCalledTimes(1);
      }
    });
  });

  test('dropout of everything is 0, with finite gradients', () => {
    scope(() => {
      for (const implementation of ['auto', ...ways] as const) {
        const x = randn([1, 6, 2, 4], 1, 'cpu');
        const y = na1d(x, x, x, { kernelSize: 3, dropout: 1, implementation });
        const [g] = grad(y.sum(), [x]);
        expect([...y.dataNow()!, ...g!.dataNow()!].every((v) => Math.abs(v) === 0)).toBe(true);
      }
    });
  });

  test('what does not go together is refused with a sentence', () => {
    scope(() => {
      const x = randn([1, 6, 2, 4], 1, 'cpu');
      const call = (more: object) => () => na1d(x, x, x, { kernelSize: 3, ...more } as NaOptions);
      expect(call({ implementation: 'flash' })).toThrow(
        "na1d: implementation must be 'auto', 'fused', 'unfused' or 'dense', got 'flash'",
      );
      expect(call({ implementation: 'unfused', keyTileSize: [2] })).toThrow(
        "keyTileSize cuts the work of the fused operation; leave it out, or use implementation 'fused'",
      );
      expect(call({ implementation: 'dense', numSplitsKey: [2] })).toThrow(ArgumentError);
      expect(call({ dropout: 1.5 })).toThrow('dropout must be a number of 0..1, got 1.5');
      expect(call({ returnLogsumexp: 1 })).toThrow('returnLogsumexp must be true or false, got 1');
      expect(call({ rpb: randn([2, 4], 1, 'cpu') })).toThrow('rpb [2, 4] does not fit the problem; it must be [2, 5]');
      expect(call({ rpb: 3 })).toThrow('rpb must be a tensor, got number');
      expect(call({ additionalKeys: x })).toThrow('give both or neither');
      expect(call({ scale: NaN })).toThrow('scale must be a finite number');
      expect(call({ window: 3 })).toThrow("has no option 'window'");
      for (const implementation of ways) {
        expect(call({ implementation, kernelSize: 7 })).toThrow('kernelSize 7 times dilation 1 spans 7 tokens');
      }
    });
  });

  test('second derivatives: refused by fused with advice, given by the others', () => {
    scope(() => {
      const x = randn([1, 6, 2, 4], 1, 'cpu');
      const first = (implementation: Way): Tensor =>
        grad(na1d(x, x, x, { kernelSize: 3, implementation }).square().sum(), [x], { createGraph: true })[0]!;
      expect(() => first('fused')).toThrow(GradError);
      expect(() => first('fused')).toThrow("implementation: 'unfused'");
      for (const way of ['unfused', 'dense'] as const) expect(grad(first(way).sum(), [x])[0]!.shape).toEqual(x.shape);
    });
  });
});

test('nothing is left behind but what is returned', () => {
  const x = randn([1, 6, 5, 2, 4], 1, 'cpu');
  const held = memory()['cpu']!.tensors;
  const bytes = memory()['cpu']!.bytes;
  for (const implementation of ['auto', ...ways] as const) {
    for (const kernelSize of [3, [6, 5]]) {
      const options = { kernelSize, implementation, dropout: 0.3, returnLogsumexp: true as const };
      const { output, logsumexp } = noGrad(() => na2d(x, x, x, options));
      expect(memory()['cpu']!.tensors).toBe(held + 2);
      output.dispose();
      logsumexp.dispose();
      scope(() => void grad(na2d(x, x, x, { kernelSize, implementation }).sum(), [x]));
      expect(memory()['cpu']!.bytes).toBe(bytes);
    }
  }
  x.dispose();
});
