// NaN beside the operands, logits of ±1e4, sizes that no tile divides, groups of unequal length, and nothing at all.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import type { Attend, Host, More, Operands, Results } from './attend.ts';
import { grad, scope } from '../../../index.ts';
import { place } from '../../../kernels/index.ts';
import {
  biasShape,
  drawOperands,
  expectClose,
  expectNear,
  fused,
  implementations,
  implemented,
  run,
  upload,
} from './attend.ts';

/** The same values as a view into a larger tensor, whose other elements are NaN. */
function amongNaN(x: Tensor): Tensor {
  const shape = x.shape.map((length) => length + 3);
  const wide = place(x, { shape, offsets: x.shape.map(() => 1), value: NaN });
  return x.shape.reduce((part, length, axis) => part.slice({ axis, start: 1, end: 1 + length }), wide);
}

const everything = { kernelSize: [4, 3], stride: [3, 1], dilation: [2, 3], isCausal: [true, false] };
const operands: Operands = drawOperands([2, 11, 10, 4, 6], 1, 1, {
  headsKv: 2,
  dimValue: 5,
  rpb: biasShape(everything.kernelSize),
  additional: 3,
});

describe.each(implementations)('%s', (implementation) => {
  const attend = implemented(implementation, everything);

  test('NaN around operands and gradients stays there', () => {
    const want = run(attend, operands);
    const poisoned: Attend = (query, key, value, more = {}) => {
      const views = Object.entries(more).map(([name, x]) => [name, amongNaN(x)]);
      return attend(amongNaN(query), amongNaN(key), amongNaN(value), Object.fromEntries(views) as More);
    };
    expectNear(run(poisoned, operands), want, 1e-6, 1e-6);
    scope(() => {
      const [query, key, value] = [operands.query, operands.key, operands.value].map((x) => upload(x, 'cpu', true)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const { output } = attend(query, key, value);
      const [plain, view] = [upload(operands.gradOutput, 'cpu'), amongNaN(upload(operands.gradOutput, 'cpu'))].map(
        (gradOutput) => grad(output, [query, key, value], { gradOutput, keepTape: true }),
      );
      plain!.forEach((x, i) => expectClose(`gradient ${i}`, hostOf(view![i]!), hostOf(x), 1e-6, 1e-6));
    });
  });

  test('logits of ±1e4 stay finite, and the winner takes all', () => {
    const large = drawOperands([1, 8, 9, 2, 16], 3, 60, { rpb: [9, 9], additional: 2 });
    const options = { kernelSize: 5, scale: 1 };
    const results = run(implemented(implementation, options), large);
    expect(Math.max(...Array.from(results.logsumexp.data, Math.abs))).toBeGreaterThan(1e4);
    for (const { data } of Object.values(results)) expect(Array.from(data).every(Number.isFinite)).toBe(true);
    const { output, logsumexp } = run(fused(options), large, 'reference');
    expectNear(results, { output, logsumexp }, 1e-2, 1e-3);
  });

  test('logits that are all near -1e4, or all near 1e4, are as good as near 0', () => {
    const options = { kernelSize: [3, 4], isCausal: true };
    const near = drawOperands([1, 6, 7, 2, 4], 5, 1, { rpb: [5, 7] });
    const flat = { ...near, rpb: { ...near.rpb!, data: new Float32Array(near.rpb!.data.length) } };
    const want = run(implemented(implementation, options), flat);
    for (const level of [-1e4, 1e4]) {
      const shifted = { ...near, rpb: { ...near.rpb!, data: new Float32Array(near.rpb!.data.length).fill(level) } };
      const got = run(implemented(implementation, options), shifted);
      // Scores have an error of 1e4 · 2⁻²⁴ by the shift alone.
      expectNear({ ...got, logsumexp: want.logsumexp }, want, 5e-3, 5e-3);
      expect(Math.abs(got.logsumexp.data[9]! - level - want.logsumexp.data[9]!)).toBeLessThan(2e-3);
    }
  });

  test('no additional tokens are as good as none, and have gradients of their shape', () => {
    const { additionalKeys: keys, additionalValues: values, ...rest } = operands;
    const empty = (x: Host): Host => ({ shape: x.shape.with(1, 0), data: [] });
    const got = run(attend, { ...rest, additionalKeys: empty(keys!), additionalValues: empty(values!) });
    expect(got.gradAdditionalKeys.shape).toEqual([2, 0, 2, 6]);
    expect(got.gradAdditionalValues.shape).toEqual([2, 0, 2, 5]);
    const { gradAdditionalKeys: _keys, gradAdditionalValues: _values, ...want } = run(attend, rest);
    expectNear(got, want, 1e-6, 1e-6);
  });

  test('no batch entries: empty results, empty gradients, and a gradient 0 of the bias', () => {
    const none = drawOperands([0, 5, 2, 4], 1, 1, { headsKv: 1, dimValue: 3, rpb: [5], additional: 2 });
    const results = run(implemented(implementation, { kernelSize: 3 }), none);
    const shapes = Object.fromEntries(Object.entries(results).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      output: [0, 5, 2, 3],
      logsumexp: [0, 5, 2],
      gradQuery: [0, 5, 2, 4],
      gradKey: [0, 5, 1, 4],
      gradValue: [0, 5, 1, 3],
      gradRpb: [2, 5],
      gradAdditionalKeys: [0, 2, 1, 4],
      gradAdditionalValues: [0, 2, 1, 3],
    });
    expect(Array.from(results.gradRpb.data)).toEqual(new Array(10).fill(0));
  });

  test.each([[[1]], [[1, 1]], [[1, 1, 1]], [[1, 7]], [[6, 1, 2]]])('axes of one token: %j', (tokens) => {
    const few = drawOperands([2, ...tokens, 2, 3], 2, 1, { rpb: tokens.map((n) => 2 * n - 1), additional: 1 });
    const options = { kernelSize: tokens, isCausal: true };
    expectNear(run(implemented(implementation, options), few), run(fused(options), few, 'reference'), 2e-6, 2e-6);
  });
});

describe('a NaN in one', () => {
  const clean = drawOperands([1, 6, 5, 2, 3], 1, 1, { headsKv: 1, rpb: [5, 5], additional: 2 });
  const options = { kernelSize: 3, isCausal: [false, true] };
  /** Which queries of head 0 have a finite output, as one character each. */
  const finite = (broken: Operands): string => {
    const { data, shape } = run(fused(options), broken).output;
    const width = shape.at(-1)!;
    return Array.from({ length: 30 }, (_, token) => {
      const row = Array.from(data).slice(2 * token * width, (2 * token + 1) * width);
      return row.every(Number.isFinite) ? '.' : 'x';
    }).join('');
  };
  const spoilt = (x: Host, at: number): Host => ({ ...x, data: Float32Array.from(x.data).fill(NaN, at, at + 1) });

  test('additional key or value reaches all queries', () => {
    expect(finite({ ...clean, additionalKeys: spoilt(clean.additionalKeys!, 4) })).toBe('x'.repeat(30));
    expect(finite({ ...clean, additionalValues: spoilt(clean.additionalValues!, 1) }).includes('x')).toBe(true);
  });

  test('entry of the bias reaches the queries with a neighbour at its offset', () => {
    // Offset (+2, 0): only the first row of queries has a neighbour two rows down.
    expect(finite({ ...clean, rpb: spoilt(clean.rpb!, 4 * 5 + 2) })).toBe('xxxxx' + '.'.repeat(25));
    // Offset (0, +1) is behind a causal query, and is never read.
    expect(finite({ ...clean, rpb: spoilt(clean.rpb!, 2 * 5 + 3) })).toBe('.'.repeat(30));
    // The other head's.
    expect(finite({ ...clean, rpb: spoilt(clean.rpb!, 25 + 2 * 5 + 2) })).toBe('.'.repeat(30));
  });
});

describe('more than fits a cache at once', () => {
  test.each([
    ['a long window', [700], [513], [64], 64, 0],
    ['a wide window', [24, 26], [19, 21], [1, 2], 200, 0],
    ['many additional tokens', [30], [5], [1], 96, 2000],
    ['rows of many numbers', [5, 6, 4], [3, 3, 2], [1, 1, 1], 1025, 3],
  ] as const)('%s', (_name, tokens, kernelSize, stride, dim, additional) => {
    const drawn = { headsKv: 1, dimValue: dim + 3, rpb: biasShape(kernelSize), additional };
    const large = drawOperands([1, ...tokens, 2, dim], 3, 1, drawn);
    const attend = fused({ kernelSize, stride, dropout: 0.3, seed: 8 });
    expectNear(run(attend, large), run(attend, large, 'reference'), 2e-5, 2e-5);
  });
});

describe('sizes that no tile divides, groups of unequal length', () => {
  const cuts = {
    1: { queryTileSize: [16], keyTileSize: [8], backwardQueryTileSize: [8], backwardKeyTileSize: [16] },
    2: { queryTileSize: [8, 8], keyTileSize: [4, 8], backwardQueryTileSize: [4, 4], backwardKeyTileSize: [8, 4] },
    3: {
      queryTileSize: [4, 4, 4],
      keyTileSize: [2, 4, 4],
      backwardQueryTileSize: [4, 4, 2],
      backwardKeyTileSize: [4, 2, 4],
    },
  } as const;
  test.each([
    [[37], { kernelSize: [9] }],
    [[101], { kernelSize: [13], dilation: [7], stride: [4], isCausal: [true] }],
    [[13, 19], { kernelSize: [5, 6], isCausal: [false, true] }],
    [[23, 17], { kernelSize: [3, 4], dilation: [5, 4], stride: [2, 3], isCausal: [true, true] }],
    [[17, 13], { kernelSize: [3, 3], dilation: [5, 3], stride: [3, 2] }],
    [[7, 9, 11], { kernelSize: [3, 4, 5], isCausal: [true, false, false] }],
    [[7, 11, 5], { kernelSize: [2, 3, 2], dilation: [3, 3, 2], stride: [2, 2, 1], isCausal: [true, false, true] }],
  ])('%j %j', (tokens, options) => {
    const drawn = { headsKv: 1, dimValue: 11, rpb: biasShape(options.kernelSize), additional: 5 };
    const odd = drawOperands([1, ...tokens, 3, 7], 7, 1, drawn);
    const want = run(fused(options), odd, 'reference');
    const tiled = fused({ ...options, ...cuts[tokens.length as 1 | 2 | 3] });
    const results: Results[] = [fused(options), tiled].map((attend) => run(attend, odd));
    for (const got of results) expectNear(got, want, 2e-5, 2e-5);
  });
});

function hostOf(x: Tensor): Host {
  return { shape: x.shape, data: x.dataNow()! };
}
