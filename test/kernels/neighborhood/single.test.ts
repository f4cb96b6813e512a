// The gradient of one operand alone, options that are changed after the call, and what is left of packed copies.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import type { Host } from './attend.ts';
import { grad, manualSeed, memory, neighborhoodAttention, noGrad, randn, scope } from '../../../index.ts';
import { na2d, na2dAv, na2dQk, place } from '../../../kernels/index.ts';
import { attention } from '../../../kernels/neighborhood/attention.ts';
import { neighborhoodAttentionForward } from '../../../kernels/neighborhood/fused.ts';
import * as fusedBackward from '../../../kernels/neighborhood/fusedBackward.ts';
import { neighborhoodDots, neighborhoodSpread, neighborhoodSum } from '../../../kernels/neighborhood/unfused.ts';
import { NeighborhoodAttention2d } from '../../../nn/index.ts';
import { biasShape, drawOperands, expectClose, hasSameBits, implementations, upload, uploadAll } from './attend.ts';

type Tensors = Record<string, Tensor>;

describe('the gradient of one operand alone is that among all', () => {
  /**
   * Asserts it bit for bit, but for those `inOnePass` with the query's, whose sums then have another order; of the others
   * none requires a gradient.
   */
  function expectAlone(
    hosts: Record<string, Host>,
    lossOf: (tensors: Tensors) => Tensor,
    inOnePass: readonly string[] = [],
  ): void {
    const names = Object.keys(hosts);
    const gradients = (wanted: readonly string[]): number[][] =>
      scope(() => {
        manualSeed(3);
        const made = names.map((name) => [name, upload(hosts[name]!, 'cpu', wanted.includes(name))] as const);
        const tensors = Object.fromEntries(made);
        const found = grad(
          lossOf(tensors),
          wanted.map((name) => tensors[name]!),
        );
        return found.map((x) => Array.from(x.dataNow()!));
      });
    const all = gradients(names);
    names.forEach((name, i) => {
      const [alone] = gradients([name]);
      expect(
        all[i]!.some((x) => x !== 0),
        `${name} has a gradient`,
      ).toBe(true);
      if (!inOnePass.includes(name)) return expect(hasSameBits(alone!, all[i]!), name).toBe(true);
      const { shape } = hosts[name]!;
      expectClose(name, { shape, data: alone! }, { shape, data: all[i]! }, 1e-5, 1e-5);
    });
  }

  const lossOf = ({ output, logsumexp }: { output: Tensor; logsumexp: Tensor }): Tensor =>
    output.square().sum().add(logsumexp.mul(0.3).sum());

  /** All that can be given, and dropout. */
  const problem = { kernelSize: [4, 3], stride: [2, 1], dilation: [1, 2], isCausal: [true, false], dropout: 0.2 };
  const drawn = { headsKv: 2, dimValue: 5, rpb: biasShape(problem.kernelSize), additional: 3 };
  const { gradOutput: _, gradLogsumexp: __, ...hosts } = drawOperands([2, 7, 8, 4, 6], 9, 1, drawn);

  test.each(implementations)('%s', (implementation) => {
    const loss = ({ query, key, value, ...more }: Tensors): Tensor => {
      const options = { ...problem, ...more, implementation, returnLogsumexp: true } as const;
      return lossOf(neighborhoodAttention(query!, key!, value!, options));
    };
    expectAlone(hosts, loss, implementation === 'fused' ? ['key', 'value'] : []);
  });

  test('windows of everything', () => {
    const { rpb: _rpb, ...rest } = hosts;
    expectAlone(rest, ({ query, key, value, ...more }) =>
      lossOf(neighborhoodAttention(query!, key!, value!, { kernelSize: [7, 8], ...more, returnLogsumexp: true })),
    );
  });

  test('fused, in tiles and splits', () => {
    const tiles = { backwardQueryTileSize: [3, 2], backwardKeyTileSize: [2, 2], numSplitsKey: [3, 1] };
    expectAlone(hosts, ({ query, key, value, ...more }) => {
      const options = { ...problem, ...tiles, ...more, returnLogsumexp: true } as const;
      return lossOf(neighborhoodAttention(query!, key!, value!, options));
    });
  });

  test.each(['fused', 'dense'] as const)('attention to all, %s', (implementation) => {
    const { query, key, value } = drawOperands([2, 19, 4, 6], 9, 1, { headsKv: 2, dimValue: 5 });
    const options = { implementation, isCausal: true, dropout: 0.2, returnLogsumexp: true } as const;
    expectAlone({ query, key, value }, (x) => lossOf(attention(x['query']!, x['key']!, x['value']!, options)));
  });
});

describe('what the caller does to lists of options after the call changes nothing', () => {
  const made = () => ({ kernelSize: [3, 4], stride: [2, 1], dilation: [2, 1], isCausal: [false, true] });
  const spoil = (options: ReturnType<typeof made>): void => {
    options.kernelSize.fill(1);
    options.stride.fill(1);
    options.dilation.fill(1);
    options.isCausal.fill(false);
  };

  /** The gradients of what `body` computes, with options that are spoiled before backward or are not. */
  function expectKept<O extends ReturnType<typeof made>>(
    hosts: Record<string, Host>,
    options: () => O,
    body: (tensors: Tensors, options: O) => Tensor,
    more: (given: O) => void = () => undefined,
  ): void {
    const gradients = (isSpoiled: boolean): number[][] =>
      scope(() => {
        const tensors = uploadAll(hosts, true);
        const given = options();
        const loss = body(tensors, given).square().sum();
        if (isSpoiled) {
          spoil(given);
          more(given);
        }
        return grad(loss, Object.values(tensors)).map((x) => Array.from(x.dataNow()!));
      });
    const want = gradients(false);
    gradients(true).forEach((got, i) => expect(hasSameBits(got, want[i]!), Object.keys(hosts)[i]).toBe(true));
  }

  const drawn = { rpb: [5, 7], additional: 2 };
  const { gradOutput: _, gradLogsumexp: __, ...hosts } = drawOperands([1, 7, 6, 2, 4], 4, 1, drawn);
  const operands = hosts as Record<string, Host>;

  test.each(implementations)('%s', (implementation) => {
    expectKept(operands, made, ({ query, key, value, ...more }, options) =>
      na2d(query!, key!, value!, { ...options, ...more, implementation }),
    );
  });

  test('fused, in tiles and splits', () => {
    const cut = () => ({
      ...made(),
      backwardQueryTileSize: [3, 2],
      backwardKeyTileSize: [2, 2],
      numSplitsKey: [2, 2],
    });
    const withCut = ({ query, key, value, ...more }: Tensors, options: ReturnType<typeof cut>): Tensor =>
      na2d(query!, key!, value!, { ...options, ...more, implementation: 'fused' });
    expectKept(operands, cut, withCut, (given) => {
      given.backwardQueryTileSize.fill(5);
      given.backwardKeyTileSize.fill(7);
      given.numSplitsKey.fill(1);
    });
  });

  test('na2dQk and na2dAv', () => {
    const rowsFirst = drawOperands([1, 2, 7, 6, 4], 4);
    const rpb = { shape: [2, 5, 7], data: drawOperands([2, 5, 7, 1, 1], 2).query.data };
    const { query, key } = rowsFirst;
    expectKept(
      { query, key, rpb },
      made,
      (x, options) => na2dQk(x['query']!, x['key']!, { ...options, rpb: x['rpb']! }).sigmoid(), // masked slots are −∞
    );
    const attn = { shape: [1, 2, 7, 6, 12], data: drawOperands([1, 2, 7, 6, 12], 5).query.data };
    expectKept({ attn, key }, made, (x, options) => na2dAv(x['attn']!, x['key']!, options));
  });

  test('the layer', () => {
    using x = randn([1, 7, 6, 8]);
    const given = made();
    using layer = new NeighborhoodAttention2d(8, 2, { ...given, relPosBias: true });
    const read = (): number[] => scope(() => Array.from(noGrad(() => layer.forward(x)).dataNow()!));
    const want = read();
    spoil(given);
    expect(layer.problem).toEqual(made());
    expect(hasSameBits(read(), want)).toBe(true);
  });
});

describe('operands with gaps along their last axis leave no copy behind', () => {
  /** The same values, every other element of a larger tensor. */
  const stepped = (x: Tensor): Tensor => {
    const wide = place(x.unsqueeze(-1), {
      shape: [...x.shape, 2],
      offsets: x.shape.map(() => 0).concat(1),
      value: NaN,
    });
    return wide.reshape([...x.shape.slice(0, -1), 2 * x.shape.at(-1)!]).slice({ axis: -1, start: 1, step: 2 });
  };
  /** The same values, their last axis first in memory. */
  const permuted = (x: Tensor): Tensor => {
    const last = x.rank - 1;
    const axes = Array.from({ length: last }, (_, axis) => axis);
    return x
      .permute(last, ...axes)
      .contiguous()
      .permute(...axes.map((axis) => axis + 1), 0);
  };
  const drawn = { headsKv: 2, dimValue: 5, rpb: [5, 7], additional: 3 };
  const heads = drawOperands([2, 7, 6, 4, 6], 2, 1, drawn) as unknown as Record<string, Host>;
  const problem = { kernelSize: [3, 4], isCausal: [false, true] };

  /** Asserts that what `body` makes is all that it leaves; nothing around it frees the rest. */
  function expectNothingLeft(tensors: readonly Tensor[], body: () => readonly Tensor[]): void {
    expect(tensors.every((x) => x.strides.at(-1) !== 1)).toBe(true);
    const before = { ...memory()['cpu']! };
    const made = body();
    const bytes = made.reduce((sum, x) => sum + 4 * x.size, 0);
    const { cpu } = memory();
    expect([cpu!.tensors, cpu!.bytes]).toEqual([before.tensors + made.length, before.bytes + bytes]);
    for (const x of made) x.dispose();
    const after = memory()['cpu']!;
    expect([after.tensors, after.bytes]).toEqual([before.tensors, before.bytes]);
  }
  const gapped = (hosts: Record<string, Host>, view: (x: Tensor) => Tensor): Tensors =>
    scope(() => Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, view(upload(host, 'cpu'))])));
  const free = (tensors: Tensors): void => Object.values(tensors).forEach((x) => x.dispose());

  const views = [
    ['stepped', stepped],
    ['permuted', permuted],
  ] as const;

  test.each(views)('fused forward, and the ops of its backward: %s', (_, view) => {
    const delta = { ...heads['gradLogsumexp']! };
    const x = gapped({ ...heads, logsumexp: delta, delta }, view);
    const tokens = [x['query']!, x['key']!, x['value']!] as const;
    const more = [x['rpb']!, x['additionalKeys']!, x['additionalValues']!] as const;
    const saved = [x['gradOutput']!, x['logsumexp']!, x['delta']!] as const;
    expectNothingLeft(Object.values(x), () => neighborhoodAttentionForward(...tokens, ...more, problem));
    expectNothingLeft(Object.values(x), () =>
      fusedBackward.neighborhoodAttentionBackwardQuery(...tokens, ...saved, ...more, problem),
    );
    expectNothingLeft(Object.values(x), () =>
      fusedBackward.neighborhoodAttentionBackwardKey(...tokens, ...saved, more[0], problem),
    );
    free(x);
  });

  test.each(views)('unfused products and sums: %s', (_, view) => {
    const host = (shape: number[]): Host => drawOperands(shape, 3).query;
    const x = gapped({ query: host([2, 4, 7, 6, 5]), key: host([2, 2, 7, 6, 5]), attn: host([2, 4, 7, 6, 12]) }, view);
    const [query, key, attn] = [x['query']!, x['key']!, x['attn']!];
    const all = [query, key, attn];
    expectNothingLeft(all, () => [neighborhoodDots(query, key, problem)]);
    expectNothingLeft(all, () => [neighborhoodSum(attn, key, problem)]);
    expectNothingLeft(all, () => [neighborhoodSpread(attn, query, { ...problem, headsKv: 2 })]);
    expectNothingLeft(all, () => [na2dQk(query, key, problem)]);
    expectNothingLeft(all, () => [na2dAv(attn, key, problem)]);
    free(x);
  });

  test.each(views)('with all of backward: %s', (_, view) => {
    const near =
      (implementation: 'fused' | 'unfused') =>
      ({ query, key, value, ...more }: Tensors): Tensor =>
        neighborhoodAttention(query!, key!, value!, { ...problem, ...more, implementation });
    const all = ({ query, key, value }: Tensors): Tensor => attention(query!, key!, value!);
    const { gradLogsumexp: _l, ...given } = heads;
    const { query, key, value, gradOutput } = drawOperands([2, 9, 4, 6], 2, 1, { headsKv: 2, dimValue: 5 });
    for (const [hosts, attend] of [
      [given, near('fused')],
      [given, near('unfused')],
      [{ query, key, value, gradOutput }, all],
    ] as const) {
      const { gradOutput: g, ...x } = gapped(hosts, (input) => view(input).requireGrad());
      expectNothingLeft([...Object.values(x), g!], () => {
        const output = attend(x);
        const gradients = grad(output, Object.values(x), { gradOutput: g! });
        output.dispose();
        return gradients;
      });
      free({ ...x, g: g! });
    }
  });
});
