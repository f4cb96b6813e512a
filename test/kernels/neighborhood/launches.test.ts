// How the fused operation's launches are cut: rounds of splits, tiles and chunks, scratch memory.

import { afterEach, describe, expect, test } from 'vitest';
import type { NaAttrs } from '../../../kernels/index.ts';
import type { Host, Operands, Results } from './attend.ts';
import { scope, zeros } from '../../../index.ts';
import { neighbours } from '../../../kernels/neighborhood/cpu/fused.cpu.ts';
import { bounds } from '../../../kernels/neighborhood/cpu/launch.cpu.ts';
import * as field from '../../../kernels/neighborhood/cpu/plan.as.ts';
import { planLaunch } from '../../../kernels/neighborhood/cpu/plan.ts';
import { neighborhoodAttentionForward } from '../../../kernels/neighborhood/fused.ts';
import * as backward from '../../../kernels/neighborhood/fusedBackward.ts';
import { resolveProblem } from '../../../kernels/neighborhood/problem.ts';
import { sightsOf } from '../../../kernels/neighborhood/tiles.ts';
import { biasShape, drawOperands, expectNear, expectSame, fused, hasSameBits, run, uploadAll } from './attend.ts';

type Given = ReturnType<typeof drawOperands> & Record<'rpb' | 'additionalKeys' | 'additionalValues', Host>;

describe('rounds of splits', () => {
  const before = { ...bounds };
  afterEach(() => void Object.assign(bounds, before));

  const problem = { kernelSize: [9, 7], stride: [2, 1], isCausal: [false, true] };
  const cut = { backwardQueryTileSize: [6, 8], backwardKeyTileSize: [3, 4], numSplitsKey: [3, 2] };
  const shape = [1, 18, 14, 2, 6];
  const [total, splitBytes, biasBytes] = [6, 4 * 18 * 14 * 2 * 6, 4 * 2 * 17 * 13];
  const without = drawOperands(shape, 8, 1, { headsKv: 1, additional: 3 });
  const withRpb = drawOperands(shape, 8, 1, { headsKv: 1, additional: 3, rpb: [17, 13] }) as Given;

  /** Backward in rounds of at most so many splits. The biases' gradients are summed in one slice, or in up to three. */
  function inRounds(operands: Operands, atOnce: number, slices = 1): Results {
    Object.assign(bounds, { splitBytes: atOnce * splitBytes, biasBytes: slices * atOnce * biasBytes });
    return run(fused({ ...problem, ...cut }), operands);
  }

  test.each([
    ['without rpb', without],
    ['with rpb', withRpb],
  ])('give what one round gives, %s', (_, operands) => {
    const unsplit = run(fused(problem), operands);
    const one = inRounds(operands, total);
    expect(hasSameBits(one.gradQuery.data, unsplit.gradQuery.data), 'splits that change no bit').toBe(false);
    expectNear(one, unsplit, 1e-5, 1e-5);
    for (const atOnce of [1, 2, 4, 5]) expectSame(inRounds(operands, atOnce), one);
  });

  test('add up the slices of each round', () => {
    const unsplit = run(fused(problem), withRpb);
    for (const atOnce of [1, 2, 4, 5, 6]) expectNear(inRounds(withRpb, atOnce, 3), unsplit, 1e-5, 1e-5);
  });

  test('are made where the biases alone need too much memory, and where less fits than one split', () => {
    const one = inRounds(withRpb, total);
    for (const [most, atOnce] of [
      [2 ** 26, 2],
      [1, 1],
    ] as const) {
      Object.assign(bounds, { splitBytes: most, biasBytes: atOnce * biasBytes });
      expectSame(run(fused({ ...problem, ...cut }), withRpb), one);
    }
    Object.assign(bounds, { splitBytes: 1, biasBytes: 1 });
    expectSame(run(fused({ ...problem, ...cut }), withRpb), one);
  });

  test('leave the gradient of query alone where that of rpb is not wanted', () => {
    const parts = (numSplitsKey: number[]): number[][] =>
      scope(() => {
        const { query, key, value, gradOutput, rpb, additionalKeys, additionalValues } = uploadAll(withRpb);
        const tokens = [query, key, value] as const;
        const more = [rpb, additionalKeys, additionalValues] as const;
        const [output, logsumexp] = neighborhoodAttentionForward(...tokens, ...more, problem);
        const saved = [gradOutput, logsumexp, backward.attentionDelta(output, gradOutput)] as const;
        const attrs = { ...problem, queryTileSize: [6, 8], keyTileSize: [3, 4], numSplitsKey, withRpb: false };
        const made = backward.neighborhoodAttentionBackwardQuery(...tokens, ...saved, ...more, attrs);
        return made.map((x) => Array.from(x.dataNow()!));
      });
    const [want] = parts([3, 2]);
    bounds.splitBytes = 4 * splitBytes;
    const again = parts([3, 2]);
    expect(again).toHaveLength(1);
    expect(hasSameBits(again[0]!, want!)).toBe(true);
    const [unsplit] = parts([1, 1]);
    want!.forEach((x, i) => expect(Math.abs(x - unsplit![i]!)).toBeLessThan(1e-5 * (1 + Math.abs(x))));
  });
});

describe('all gradients in one pass', () => {
  const before = { ...bounds };
  afterEach(() => void Object.assign(bounds, before));

  test.each<[string, NaAttrs & { kernelSize: number[] }, number[]]>([
    ['one tile', { kernelSize: [5, 7], isCausal: [false, true] }, [1, 9, 11, 4, 6]],
    ['many tiles', { kernelSize: [5, 7], backwardQueryTileSize: [3, 4] }, [2, 13, 11, 4, 6]],
    ['chunks', { kernelSize: [7, 5], dilation: [1, 2], backwardKeyTileSize: [3, 2] }, [2, 13, 11, 4, 6]],
  ])('are those of two, which are taken where memory is short: %s', (_, options, shape) => {
    const operands = drawOperands(shape, 5, 1, { headsKv: 2, additional: 3, rpb: biasShape(options.kernelSize) });
    const problem = { ...options, dropout: 0.2, seed: 5 };
    const one = run(fused(problem), operands);
    bounds.partBytes = 0;
    const two = run(fused(problem), operands);
    expect(hasSameBits(one.gradKey.data, two.gradKey.data), 'that one pass has another order').toBe(false);
    expectNear(one, two, 1e-5, 1e-5);
  });
});

describe('tiles of tokens and chunks of what they see', () => {
  const rest = { stride: 1, dilation: 1, isCausal: false, scale: null, dropout: 0, seed: 0 };

  test.each<[number[], number[], number[], number[], number[]]>([
    [[30], [2], [5], [1, 1, 2], [1, 1, 5]],
    [
      [30, 20],
      [2, 3],
      [5, 7],
      [1, 2, 3],
      [1, 5, 7],
    ],
    [
      [9, 8, 7],
      [2, 3, 4],
      [5, 6, 7],
      [2, 3, 4],
      [5, 6, 7],
    ],
  ])('over %j: of queries %j, of keys %j', (tokens, queryTileSize, keyTileSize, queries, keys) => {
    scope(() => {
      const query = zeros([1, ...tokens, 1, 4]);
      const attrs = { ...rest, kernelSize: 3, queryTileSize, keyTileSize };
      const told = neighbours({ query, key: query, value: query }, attrs);
      expect(told.byQuery().chosen).toEqual({ tile: queries, chunk: keys });
      expect(told.byKey().chosen).toEqual({ tile: keys, chunk: queries });
      expect(told.splits).toEqual([1, 1, 1]);
      const none = neighbours(
        { query, key: query, value: query },
        { ...attrs, queryTileSize: null, keyTileSize: null },
      );
      expect([none.byQuery().chosen, none.byKey().chosen]).toEqual([
        { tile: null, chunk: null },
        { tile: null, chunk: null },
      ]);
    });
  });

  test('chunks change the order of a sum, tiles do not', () => {
    const operands = drawOperands([1, 14, 12, 1, 8], 3);
    const backwardBy = (backwardQueryTileSize: number[] | null, backwardKeyTileSize: number[] | null): Results =>
      run(fused({ kernelSize: [11, 9], backwardQueryTileSize, backwardKeyTileSize }), operands);
    const [whole, queries, keys] = [backwardBy(null, null), backwardBy([3, 4], null), backwardBy(null, [3, 4])];
    expect(hasSameBits(queries.gradKey.data, whole.gradKey.data)).toBe(false);
    expect(hasSameBits(queries.gradValue.data, whole.gradValue.data)).toBe(false);
    expect(hasSameBits(queries.gradQuery.data, whole.gradQuery.data)).toBe(true);
    expect(hasSameBits(keys.gradKey.data, whole.gradKey.data)).toBe(true);
    expect(hasSameBits(keys.gradValue.data, whole.gradValue.data)).toBe(true);
    expect(hasSameBits(keys.gradQuery.data, whole.gradQuery.data)).toBe(false);
  });
});

describe('scratch memory', () => {
  const modes = [field.forwardMode, field.backwardQueryMode, field.backwardKeyMode];
  const nowhere = { address: 64, strides: [0, 0, 0, 0, 0] } as const;
  const two = [nowhere, nowhere];

  test.each<[number[], number[], number]>([
    [[512, 512], [3, 3], 128],
    [[512, 512], [7, 7], 64],
    [[512, 512], [63, 63], 64],
    [[40, 40, 40], [20, 20, 20], 64],
    [[40, 40, 40], [40, 40, 40], 64],
    [[100_000], [5000], 64],
    [[100_000], [3], 256],
  ])('of a thread is a few hundred KiB: %j, windows %j, head dim %i', (tokens, kernelSize, dim) => {
    const axes = resolveProblem('test', [16, ...tokens, 2, dim], { kernelSize });
    const bias = { address: 64, kernelSizes: [1, 1, ...kernelSize].slice(-3) };
    const dropout = { p: 0.1, seed: 1, firstKey: 0 };
    const extras = { bias, dropout, additional: { count: 100_000, operands: two } };
    for (const mode of modes) {
      const isByKey = mode === field.backwardKeyMode;
      const cut = {
        batch: 16,
        heads: [2, 2],
        dims: [dim, dim],
        sights: sightsOf(axes, isByKey ? 'key' : 'query'),
      } as const;
      const owner = mode === field.forwardMode ? [nowhere] : two;
      const task = { mode, ...cut, owner, box: two, results: isByKey ? two : [nowhere] };
      for (const more of [{}, extras]) {
        const { scratch, tiles, chunks } = planLaunch({ ...task, ...more });
        expect(scratch).toBeLessThan(416 * 1024); // twice what the tile, or a chunk, may have, and the lists
        // Where windows are small, tiles are too, so that what they see needs not be read in parts.
        if (kernelSize[0]! <= 7) expect(chunks).toBe(tiles);
      }
    }
  });
});
