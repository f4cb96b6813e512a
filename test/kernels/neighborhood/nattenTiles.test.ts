import { checkSplits, defaultTile, mostSplits } from '../../../kernels/neighborhood/attributes.ts';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryUsagePreference } from '../../../kernels/neighborhood/tuner/context.ts';
import { ArgumentError, Generator, memory, na2d, randn, scope } from '../../../index.ts';
import {
  getMemoryUsagePreference,
  isKvParallelismEnabled,
  setMemoryUsagePreference,
  useDeterministicAlgorithms,
  useKvParallelism,
} from '../../../kernels/neighborhood/tuner/context.ts';
import { checkNattenTiles, defaultSplits } from '../../../kernels/neighborhood/natten/nattenTiles.ts';
import { disableAutotuner, tunedTiles, useAutotuner } from '../../../kernels/neighborhood/tuner/tuner.ts';

afterEach(() => {
  disableAutotuner();
  useDeterministicAlgorithms(false);
  useKvParallelism(false);
  setMemoryUsagePreference('default');
});

const axesOf = (...axes: [length: number, dilation: number][]): { length: number; dilation: number }[] =>
  axes.map(([length, dilation]) => ({ length, dilation }));

describe("NATTEN's tiles", () => {
  const check = (pass: 'forward' | 'backward', queryTileSize: number[], keyTileSize: number[]): void =>
    checkNattenTiles('na2dForward', pass, queryTileSize.length, { queryTileSize, keyTileSize });

  test.each([
    ['forward', [32], [128]],
    ['forward', [1, 32], [2, 64]],
    ['forward', [64, 1], [1, 64]],
    ['forward', [4, 4, 4], [8, 4, 4]],
    ['backward', [64], [64]],
    ['backward', [128, 1], [1, 64]],
    ['backward', [2, 8, 8], [8, 1, 16]],
  ] as const)('%s of %j with %j is in the table', (pass, queries, keys) => {
    expect(() => check(pass, [...queries], [...keys])).not.toThrow();
  });

  test.each([
    [
      'forward',
      [128],
      [64],
      '128 queries with 64 keys; use shapes whose products are 32 with 128, 64 with 64, 64 with 128',
    ],
    ['forward', [8, 8], [4, 8], 'queryTileSize [8, 8] with keyTileSize [4, 8]'],
    ['backward', [64, 1], [64, 2], 'no backward kernel matches'],
    ['backward', [4, 8], [8, 16], 'are 64 with 64, 128 with 64, 128 with 128'],
    [
      'forward',
      [-8, -8],
      [8, 8],
      'queryTileSize must be an array of 2 integers >= 1, one per token axis, got [-8, -8]',
    ],
    ['forward', [8, 8], [64], 'keyTileSize must be an array of 2 integers >= 1, one per token axis, got [64]'],
    ['forward', [6.4, 10], [64, 1], 'queryTileSize must be'],
  ] as const)('%s of %j with %j is not', (pass, queries, keys, reason) => {
    expect(() => check(pass, [...queries], [...keys])).toThrow(reason);
  });

  test('are 64 tokens by default', () => {
    expect([1, 2, 3].map(defaultTile)).toEqual([[64], [8, 8], [4, 4, 4]]);
  });
});

describe("NATTEN's splits", () => {
  test('are at most the key tiles of the longest dilation group', () => {
    expect(mostSplits(axesOf([100, 3], [7, 1], [64, 2]), [8, 8, 1])).toEqual([5, 1, 32]); // 34 / 8, 7 / 8, 32 / 1
    expect(() => checkSplits('na1dBackward', axesOf([100, 3]), [5], [8])).not.toThrow();
    expect(() => checkSplits('na2dBackward', axesOf([9, 1], [100, 3]), [1, 6], [4, 8])).toThrow(
      'na2dBackward: numSplitsKey [1, 6] has 6 along axis Y, which has ceil(ceil(100 / 3) / 8) = 5 key tiles; use at most [3, 5]',
    );
    expect(() => checkSplits('na1dBackward', axesOf([9, 1]), [0], [4])).toThrow('numSplitsKey must be');
    expect(() => checkSplits('na1dBackward', axesOf([9, 1]), [1, 1], [4])).toThrow('got [1, 1]');
  });

  // By hand, from the rule: with M = cap div (problems · groups), 1D min(k, M); 2D x = min(M div 2, kx), y = min(M div x, ky);
  // 3D x = min(M div 3, kx), y = min(M div x, ky), z = min(M div (x y), kz); each at least 1.
  const line = [axesOf([4096, 1]), [64]] as const; // k = 64
  const square = [axesOf([64, 1], [64, 1]), [8, 8]] as const; // k = 8, 8
  const dilated = [axesOf([64, 2], [64, 2]), [8, 8]] as const; // k = 4, 4 in 4 groups
  const cube = [axesOf([16, 1], [16, 1], [16, 1]), [4, 4, 4]] as const; // k = 4, 4, 4
  test.each<[readonly [ReturnType<typeof axesOf>, readonly number[]], number, MemoryUsagePreference, number[]]>([
    [line, 1, 'default', [64]],
    [line, 128, 'default', [32]], // M = 32
    [line, 128, 'strict', [8]], // M = 8
    [line, 128, 'unrestricted', [64]], // M = 511
    [square, 64, 'default', [8, 8]], // M = 64 = 8 · 8
    [square, 128, 'default', [8, 4]], // M = 32: x = min(16, 8), y = min(4, 8)
    [square, 128, 'strict', [4, 2]], // M = 8: x = min(4, 8), y = min(2, 8)
    [dilated, 128, 'default', [4, 2]], // M = 8: x = min(4, 4), y = min(2, 4)
    [cube, 128, 'default', [4, 4, 2]], // M = 32: x = min(10, 4), y = min(8, 4), z = min(2, 4)
    [cube, 128, 'strict', [2, 4, 1]], // M = 8: x = min(2, 4), y = min(4, 4), z = min(1, 4)
    [cube, 5000, 'default', [1, 1, 1]], // M = 0
    [cube, 0, 'default', [4, 4, 4]], // an empty batch
  ])('by default: %j for %i heads, %s', ([axes, tile], problems, preference, expected) => {
    expect(defaultSplits(axes, tile, problems, preference)).toEqual(expected);
  });
});

describe('useKvParallelism', () => {
  const rules = { kernelSize: 5 };

  test('splits by the rule, with a tile of NATTEN where there is none', () => {
    scope(() => {
      const x = randn([1, 40, 33, 2, 8], { requiresGrad: true });
      const choice = (attrs: object = {}): object => tunedTiles({ query: x, key: x, value: x }, { ...rules, ...attrs });
      expect(choice()).toEqual({});
      useKvParallelism();
      expect(choice()).toEqual({ numSplitsKey: [5, 5] });
      expect(choice({ backwardKeyTileSize: [10, 33] })).toEqual({ numSplitsKey: [4, 1] });
      expect(choice({ numSplitsKey: [2, 2] })).toEqual({});
      useDeterministicAlgorithms();
      expect([choice(), isKvParallelismEnabled()]).toEqual([{}, false]);
    });
  });

  test('gives the same gradients, with the tuner too', () => {
    const run = (): number[] =>
      scope(() => {
        const x = randn([1, 12, 20, 2, 8], { requiresGrad: true, generator: new Generator(7) });
        na2d(x, x, x, { ...rules, implementation: 'fused' })
          .square()
          .sum()
          .backward();
        return [...x.grad!.dataNow()!];
      });
    const off = run();
    useKvParallelism();
    const bytes = memory()['cpu']!.bytes;
    for (const thorough of [undefined, false, true]) {
      if (thorough !== undefined) useAutotuner({ cache: false, warmupSteps: 0, steps: 1, thorough });
      run().forEach((value, i) => expect(Math.abs(value - off[i]!)).toBeLessThan(1e-4));
    }
    expect(memory()['cpu']!.bytes).toBe(bytes);
  });

  test('and the other switches refuse what is no switch', () => {
    expect(() => useKvParallelism('yes' as never)).toThrow('useKvParallelism: on must be true or false, got string');
    expect(() => useDeterministicAlgorithms(null as never)).toThrow(ArgumentError);
    expect(() => setMemoryUsagePreference('lots' as never)).toThrow(
      "there is no preference 'lots'; use one of 'default', 'strict', 'unrestricted'",
    );
    setMemoryUsagePreference('strict');
    expect(getMemoryUsagePreference()).toBe('strict');
  });
});
