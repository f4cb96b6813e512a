import { describe, expect, test } from 'vitest';
import type { NeighborhoodAttentionOptions } from '../../nn/index.ts';
import type { Tensor } from '../../index.ts';
import { ArgumentError, manualSeed, memory, neighborhoodAttention, randn, scope, ShapeError } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import '../matchers.ts';

const classes = [
  undefined,
  nn.NeighborhoodAttention1d,
  nn.NeighborhoodAttention2d,
  nn.NeighborhoodAttention3d,
] as const;
type Layer = nn.NeighborhoodAttention1d | nn.NeighborhoodAttention2d | nn.NeighborhoodAttention3d;

function layerOf(rank: number, embedDim: number, numHeads: number, options: NeighborhoodAttentionOptions): Layer {
  return new classes[rank]!(embedDim, numHeads, options);
}

const problems: readonly [shape: number[], numHeads: number, options: NeighborhoodAttentionOptions][] = [
  [[2, 9, 8], 2, { kernelSize: 4, dilation: 2, relPosBias: true }],
  [[1, 7, 12], 3, { kernelSize: 5, isCausal: true, qkScale: 0.3, qkvBias: false }],
  [[2, 5, 6, 16], 4, { kernelSize: [3, 2], dilation: [1, 3], stride: [2, 1], relPosBias: true, numHeadsKv: 2 }],
  [[1, 6, 5, 8], 4, { kernelSize: 5, isCausal: [true, false], numHeadsKv: 1 }],
  [[1, 3, 4, 5, 8], 2, { kernelSize: [2, 3, 5], stride: [1, 3, 2], relPosBias: true, isCausal: [true, false, false] }],
];

describe('the layer', () => {
  test.each(problems)('%j with %i heads and %j is its parts', async (shape, numHeads, options) => {
    const embedDim = shape.at(-1)!;
    using layer = layerOf(shape.length - 2, embedDim, numHeads, options);
    using x = randn(shape);
    const { numHeadsKv = numHeads, qkScale, kernelSize, stride = 1, dilation = 1, isCausal = false } = options;
    const dim = embedDim / numHeads;
    using want = scope(() => {
      const rows = (start: number, heads: number): Tensor =>
        layer.qkv
          .forward(x)
          .slice({ axis: -1, start, end: start + heads * dim })
          .reshape([...shape.slice(0, -1), heads, dim]);
      const query = rows(0, numHeads);
      const [key, value] = [rows(embedDim, numHeadsKv), rows(embedDim + numHeadsKv * dim, numHeadsKv)];
      const attended = neighborhoodAttention(query, key, value, {
        kernelSize,
        stride,
        dilation,
        isCausal,
        scale: qkScale ?? dim ** -0.5,
        ...(layer.rpb && { rpb: layer.rpb }),
      });
      return layer.proj.forward(attended.reshape(shape));
    });
    using got = layer.forward(x);
    await expect(got).toBeCloseToTensor(want, { rtol: 0, atol: 1e-6 });
  });

  test.each(problems)('%j with %i heads and %j: the weights times the values are the result', async (...problem) => {
    const [shape, numHeads, options] = problem;
    const embedDim = shape.at(-1)!;
    using layer = layerOf(shape.length - 2, embedDim, numHeads, options);
    using x = randn(shape);
    const before = memory().cpu!.tensors;
    using weights = layer.attentionWeights(x);
    expect(memory().cpu!.tensors).toBe(before + 1);
    const sizes = shape.slice(1, -1).map((_, i) => [layer.problem.kernelSize].flat()[i] ?? layer.problem.kernelSize);
    const slots = (sizes as number[]).reduce((a, b) => a * b);
    expect(weights.shape).toEqual([...shape.slice(0, -1), numHeads, slots]);
    const sums = await scope(() => weights.sum({ axis: -1 })).data();
    expect(Math.max(...Array.from(sums, (sum) => Math.abs(sum - 1)))).toBeLessThan(1e-5);
  });

  test.each(problems)('%j with %i heads and %j trains every parameter', (shape, numHeads, options) => {
    using layer = layerOf(shape.length - 2, shape.at(-1)!, numHeads, { ...options, attnDrop: 0.1, projDrop: 0.1 });
    const before = memory().cpu!.tensors;
    scope(() => layer.forward(randn(shape)).square().sum().backward());
    for (const [path, parameter] of layer.namedParameters()) {
      expect(parameter.grad?.shape, path).toEqual(parameter.shape);
    }
    layer.zeroGrad();
    expect(memory().cpu!.tensors).toBe(before);
  });

  test('gives the same for each implementation, and refuses none', async () => {
    using x = randn([1, 6, 6, 8]);
    const results: Tensor[] = [];
    for (const implementation of ['auto', 'fused', 'unfused', 'dense'] as const) {
      manualSeed(3);
      using layer = layerOf(2, 8, 2, { kernelSize: 3, relPosBias: true, attnDrop: 0.2, implementation });
      results.push(layer.forward(x));
    }
    for (const result of results.slice(1)) await expect(result).toBeCloseToTensor(results[0]!, { rtol: 0, atol: 1e-6 });
    for (const result of results) result.dispose();
  });
});

describe('parameters', () => {
  const keys = (layer: Layer): string[] =>
    scope(() => [...layer.stateDict()].map(([key, { shape }]) => `${key} ${shape.join('x')}`).sort());

  test.each<[number, NeighborhoodAttentionOptions, string[], number]>([
    [1, { kernelSize: 3 }, ['proj.bias 8', 'proj.weight 8x8', 'qkv.bias 24', 'qkv.weight 24x8'], 288],
    [1, { kernelSize: 3, qkvBias: false }, ['proj.bias 8', 'proj.weight 8x8', 'qkv.weight 24x8'], 264],
    [
      1,
      { kernelSize: 4, relPosBias: true },
      ['proj.bias 8', 'proj.weight 8x8', 'qkv.bias 24', 'qkv.weight 24x8', 'rpb 4x7'],
      316,
    ],
    [
      2,
      { kernelSize: [3, 5], relPosBias: true, numHeadsKv: 2 },
      ['proj.bias 8', 'proj.weight 8x8', 'qkv.bias 16', 'qkv.weight 16x8', 'rpb 4x5x9'],
      396,
    ],
    [
      3,
      { kernelSize: [1, 2, 3], relPosBias: true, numHeadsKv: 1 },
      ['proj.bias 8', 'proj.weight 8x8', 'qkv.bias 12', 'qkv.weight 12x8', 'rpb 4x1x3x5'],
      240,
    ],
  ])('%i-d %j', (rank, options, wanted, count) => {
    using layer = layerOf(rank, 8, 4, options);
    expect(keys(layer)).toEqual(wanted);
    expect(layer.parameters().reduce((sum, { size }) => sum + size, 0)).toBe(count);
  });

  test('rpb begins as NATTEN begins it, and does not decay', async () => {
    using layer = layerOf(2, 8, 4, { kernelSize: 7, relPosBias: true });
    const values = await layer.rpb!.data();
    const deviation = Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(deviation).toBeGreaterThan(0.018);
    expect(deviation).toBeLessThan(0.022);
    const [decayed, others] = nn.optim.decayGroups(new nn.Sequential(layer), 0.05);
    expect(decayed!.params).toEqual([layer.qkv.weight, layer.proj.weight]);
    expect(others!.params).toContain(layer.rpb);
  });

  test('are read from a state dict of NATTEN, and go back', async () => {
    using from = layerOf(2, 8, 2, { kernelSize: 3, relPosBias: true });
    using into = layerOf(2, 8, 2, { kernelSize: 3, relPosBias: true });
    using x = randn([1, 5, 5, 8]);
    const state = scope(() => ({
      rpb: from.rpb!.detach(),
      'qkv.weight': from.qkv.weight.detach(),
      'qkv.bias': from.qkv.bias!.detach(),
      'proj.weight': from.proj.weight.detach(),
      'proj.bias': from.proj.bias!.detach(),
    }));
    into.loadStateDict(state);
    const [a, b] = [from.forward(x), into.forward(x)];
    await expect(a).toEqualTensor(b);
    for (const tensor of [a, b, ...Object.values(state)]) tensor.dispose();
  });

  test('a bias that the layer was not told of is not lost in silence', () => {
    using from = layerOf(2, 8, 2, { kernelSize: 3, relPosBias: true });
    using into = layerOf(2, 8, 2, { kernelSize: 3 });
    expect(() => scope(() => into.loadStateDict(from.stateDict()))).toThrow('rpb');
  });
});

describe('attnDrop', () => {
  test('drops weights while training, one seed a call', async () => {
    using layer = layerOf(1, 8, 2, { kernelSize: 5, attnDrop: 0.5 });
    using x = randn([1, 12, 8]);
    const run = async (seed: number): Promise<ArrayLike<number>> => {
      manualSeed(seed);
      return scope(() => layer.forward(x)).data();
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
    layer.eval();
    expect(await run(1)).toEqual(await run(2));
  });

  test('of 1 leaves the bias of the projection', async () => {
    using layer = layerOf(1, 8, 2, { kernelSize: 3, attnDrop: 1 });
    using x = randn([1, 4, 8]);
    const rows = (await scope(() => layer.forward(x)).array()) as number[][][];
    const bias = await layer.proj.bias!.array();
    for (const row of rows[0]!) expect(row).toEqual(bias);
  });

  test('does not touch the weights that are looked at', async () => {
    using layer = layerOf(1, 8, 2, { kernelSize: 3, attnDrop: 1 });
    using x = randn([1, 4, 8]);
    using weights = layer.attentionWeights(x);
    const sums = await scope(() => weights.sum({ axis: -1 })).data();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
  });
});

describe('toString', () => {
  test.each<[number, NeighborhoodAttentionOptions, string]>([
    [1, { kernelSize: 3 }, 'NeighborhoodAttention1d(8, 4, { kernelSize: 3 })'],
    [
      2,
      { kernelSize: [3, 5], stride: [1, 2], dilation: 2, isCausal: [true, false], padSmallInputs: true },
      'NeighborhoodAttention2d(8, 4, { kernelSize: [3, 5], stride: [1, 2], dilation: 2, isCausal: [true, false], padSmallInputs: true })',
    ],
    [
      3,
      { kernelSize: 3, relPosBias: true, qkvBias: false, qkScale: 0, attnDrop: 0.1, projDrop: 0.2, numHeadsKv: 2 },
      'NeighborhoodAttention3d(8, 4, { kernelSize: 3, relPosBias: true, qkvBias: false, qkScale: 0, attnDrop: 0.1, projDrop: 0.2, numHeadsKv: 2 })',
    ],
    [
      1,
      { kernelSize: 3, implementation: 'dense' },
      "NeighborhoodAttention1d(8, 4, { kernelSize: 3, implementation: 'dense' })",
    ],
    [
      2,
      {
        kernelSize: [3, 3],
        stride: 1,
        dilation: 1,
        isCausal: false,
        relPosBias: false,
        qkvBias: true,
        qkScale: 2 ** -0.5,
        attnDrop: 0,
        projDrop: 0,
        numHeadsKv: 4,
        padSmallInputs: false,
        implementation: 'auto',
      },
      'NeighborhoodAttention2d(8, 4, { kernelSize: 3 })',
    ],
  ])('%i-d %j', (rank, options, wanted) => {
    using layer = layerOf(rank, 8, 4, options);
    expect(
      String(layer)
        .split('\n')[0]!
        .replace(/ +[\d,]*$/, ''),
    ).toBe(wanted);
  });

  test('counts rpb', () => {
    using layer = layerOf(2, 8, 4, { kernelSize: 3, relPosBias: true });
    expect(String(layer)).toMatch(/\n388 parameters, 388 trainable$/);
  });
});

describe('bad options', () => {
  const make = (options: object) => () => layerOf(2, 8, 4, { kernelSize: 3, ...options });
  test.each<[() => unknown, string, typeof ArgumentError]>([
    [make({ numHeadsKv: 3 }), 'numHeadsKv 3 does not divide numHeads 4; use 1, 2, 4', ShapeError],
    [make({ numHeadsKv: 8 }), 'numHeadsKv 8 does not divide numHeads 4; use 1, 2, 4', ShapeError],
    [make({ numHeadsKv: 0 }), 'numHeadsKv is 0; it must be an integer >= 1', ShapeError],
    [make({ attnDrop: 1.5 }), 'attnDrop must be a number of 0..1, got 1.5', ArgumentError],
    [make({ attnDrop: '0.5' }), 'attnDrop must be a number of 0..1, got string', ArgumentError],
    [
      make({ implementation: 'flash' }),
      "implementation must be one of 'auto', 'fused', 'unfused', 'dense', got flash",
      ArgumentError,
    ],
    [make({ rel_pos_bias: true }), "has no option 'rel_pos_bias', but 'relPosBias'; use", ArgumentError],
    [make({ bias: true }), "has no option 'bias'; use kernelSize, stride,", ArgumentError],
  ])('%#', (run, message, kind) => {
    const before = memory();
    expect(run).toThrow(`NeighborhoodAttention2d: ${message}`);
    expect(run).toThrow(kind);
    expect(memory()).toEqual(before);
  });
});
