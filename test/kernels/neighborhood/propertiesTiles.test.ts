// How the work is cut changes nothing.

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { NaAttrs } from '../../../kernels/neighborhood/fused.ts';
import type { RandomProblem } from './propertiesProblem.ts';
import { setThreads, threads } from '../../../index.ts';
import { drawOperands, expectNear, expectSame, fused, run } from './attend.ts';
import { operandsOf, problems } from './propertiesProblem.ts';

const before = threads();
afterEach(() => setThreads(before));

/** Three numbers that make a tile, for as many axes as there are. */
const tile = fc.tuple(fc.nat(), fc.nat(), fc.nat());
const cuts = fc.record({ query: tile, key: tile, backwardQuery: tile, backwardKey: tile, splits: tile });
type Cuts = typeof cuts extends fc.Arbitrary<infer T> ? T : never;

/** Tiles from one token to one more than the axis has, and from one split to one per key tile. */
function cutsOf({ shapes: { query }, options: { dilation } }: RandomProblem, cut: Cuts): Partial<NaAttrs> {
  const tokens = query.slice(1, -2);
  const sizes = (numbers: readonly number[]): number[] => tokens.map((length, i) => 1 + (numbers[i]! % (length + 1)));
  const backwardKeyTileSize = sizes(cut.backwardKey);
  return {
    queryTileSize: sizes(cut.query),
    keyTileSize: sizes(cut.key),
    backwardQueryTileSize: sizes(cut.backwardQuery),
    backwardKeyTileSize,
    numSplitsKey: tokens.map((length, i) => {
      const most = Math.ceil(Math.ceil(length / dilation[i]!) / backwardKeyTileSize[i]!);
      return 1 + (cut.splits[i]! % most);
    }),
  };
}

describe('every tile shape and every split', () => {
  test('give the same result', () =>
    fc.assert(
      fc.property(problems({ maxDim: 20 }), cuts, fc.constantFrom(0, 0.4), (problem, cut, dropout) => {
        const operands = operandsOf(problem);
        const attrs = { ...problem.options, dropout, seed: 3 };
        const want = run(fused(attrs), operands);
        expectNear(run(fused({ ...attrs, ...cutsOf(problem, cut) }), operands), want, 2e-5, 2e-5);
      }),
      { numRuns: 120 },
    ));

  test('give the same bits on one thread and on two', () =>
    fc.assert(
      fc.property(problems(), cuts, fc.constantFrom(0, 0.4), (problem, cut, dropout) => {
        const operands = operandsOf(problem);
        const attend = fused({ ...problem.options, dropout, seed: 3, ...cutsOf(problem, cut) });
        const [one, two] = [1, 2].map((count) => {
          setThreads(count);
          return run(attend, operands);
        });
        expectSame(two!, one!);
      }),
      { numRuns: 40 },
    ));

  test('give the same result where each of many splits has many tiles', () => {
    const shape = [1, 31, 29, 2, 12];
    const operands = drawOperands(shape, 4, 1, { headsKv: 1, dimValue: 7, rpb: [25, 21], additional: 5 });
    const attrs = { kernelSize: [13, 11], stride: [2, 1], isCausal: [false, true] };
    const want = run(fused(attrs), operands);
    for (const numSplitsKey of [
      [2, 3],
      [16, 1],
      [5, 15],
    ]) {
      const cut = { backwardQueryTileSize: [4, 8], backwardKeyTileSize: [2, 2], numSplitsKey };
      expectNear(run(fused({ ...attrs, ...cut }), operands), want, 2e-5, 2e-5);
    }
  });
});

test('a tile for fewer tokens than an axis has is no shape error, one of more than the kernels take is', () => {
  const operands = drawOperands([1, 9, 1, 4]);
  expect(() => run(fused({ kernelSize: 3, queryTileSize: [1], keyTileSize: [1024] }), operands)).not.toThrow();
  expect(() => run(fused({ kernelSize: 3, queryTileSize: [1025] }), operands)).toThrow(
    'queryTileSize [1025] has 1025 tokens',
  );
});
