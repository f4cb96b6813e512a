import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DeviceName } from '../../../index.ts';
import type { Plan, Task } from '../../../kernels/neighborhood/cpu/plan.ts';
import type { TilePair } from '../../../kernels/neighborhood/natten/nattenTiles.ts';
import { ArgumentError, ShapeError, na1d, na2d, na3d, neighborhoodAttention, scope } from '../../../index.ts';
import { configsFor } from '../../../kernels/neighborhood/tuner/configs.ts';
import { naMask } from '../../../kernels/neighborhood/mask.ts';
import { simulateTiles } from '../../../kernels/neighborhood/tuner/simulate.ts';
import { rand } from '../../../kernels/index.ts';
import { neighborhoods } from '../../../testing/attentions.ts';

const plans: Plan[] = vi.hoisted(() => []);

// The plan of each launch, as the kernels get it.
vi.mock('../../../kernels/neighborhood/cpu/plan.ts', async (original) => {
  const module = await original<{ planLaunch(task: Task): Plan }>();
  const planLaunch = (task: Task): Plan => {
    const plan = module.planLaunch(task);
    plans.push(plan);
    return plan;
  };
  return { ...module, planLaunch };
});

afterEach(() => {
  plans.length = 0;
});

const tile = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 });
const problems = fc
  .tuple(neighborhoods({ longest: [9, 9, 9] }), tile, tile)
  .map(([{ tokens, problem }, queryTile, keyTile]) => {
    const [queryTileSize, keyTileSize] = [queryTile.slice(0, tokens.length), keyTile.slice(0, tokens.length)];
    return { shape: tokens, rules: problem, queryTileSize, keyTileSize };
  });

describe('simulateTiles', () => {
  test('counts what a hand counts', () => {
    // 8 queries, kernel 3: tiles 0-2, 3-5, 6-7 see 0-3, 2-6, 5-7. On a grid of 2 they touch 2, 3, 2 tiles; from their start 2, 3, 2.
    const line = { kernelSize: 3, queryTileSize: [3], keyTileSize: [2] };
    expect(simulateTiles([8], line)).toEqual({ visitedAligned: 7, visitedExact: 7, dense: 12, usefulShare: 24 / 42 });
    // 12 queries, kernel 5, tiles of 4: the middle one sees 2-9, two tiles of its own but three of the grid.
    const shifted = { kernelSize: 5, queryTileSize: [4], keyTileSize: [4] };
    expect(simulateTiles([12], shifted)).toMatchObject({ visitedAligned: 7, visitedExact: 6, dense: 9 });
    // Dilation 2 of 7: groups of 4 and 3. Tiles 0-1 and 2-3 see 0-2 and 1-3; tiles 0-1 and 2 see 0-2 and 0-2.
    const dilated = { kernelSize: 3, dilation: 2, queryTileSize: [2], keyTileSize: [2] };
    expect(simulateTiles([7], dilated)).toMatchObject({ visitedAligned: 8, visitedExact: 8, dense: 8 });
    // Blocks that attend to themselves waste nothing.
    const blocks = { kernelSize: 4, stride: 4, queryTileSize: [4, 4], keyTileSize: [4, 4] };
    expect(simulateTiles([8, 8], blocks)).toEqual({ visitedAligned: 4, visitedExact: 4, dense: 16, usefulShare: 1 });
  });

  test('counts what a walk over the mask counts', () => {
    fc.assert(
      fc.property(problems, ({ shape, rules, queryTileSize, keyTileSize }) => {
        const tiles = { queryTileSize, keyTileSize };
        expect(simulateTiles(shape, { ...rules, ...tiles })).toEqual(walk(shape, rules, tiles));
      }),
      { numRuns: 60 },
    );
  });

  test('counts what the kernels do', () => {
    fc.assert(
      fc.property(problems, ({ shape, rules, queryTileSize, keyTileSize }) => {
        plans.length = 0;
        scope(() => {
          const x = rand([1, ...shape, 1, 4]);
          neighborhoodAttention(x, x, x, { ...rules, queryTileSize, keyTileSize, implementation: 'fused' });
        });
        expect(plans).toHaveLength(1);
        const { visitedExact } = simulateTiles(shape, { ...rules, queryTileSize, keyTileSize });
        expect(plans[0]!.chunks).toBe(visitedExact);
      }),
      { numRuns: 60 },
    );
  });

  test('refuses what is no tile and no problem', () => {
    const tiles = { queryTileSize: [4], keyTileSize: [4] };
    expect(() => simulateTiles([8], { ...tiles, kernelSize: 3, queryTileSize: [4, 4] })).toThrow(
      'queryTileSize must be an array of 1 integer >= 1, one per token axis, got [4, 4]',
    );
    expect(() => simulateTiles([8], { ...tiles, kernelSize: 3, keyTileSize: [0] })).toThrow('keyTileSize');
    expect(() => simulateTiles([8], { ...tiles, kernelSize: 9 })).toThrow(ShapeError);
    expect(() => simulateTiles([], { ...tiles, kernelSize: 1 })).toThrow('0 token axes');
    // @ts-expect-error -- the tiles are missing
    expect(() => simulateTiles([8], { kernelSize: 3 })).toThrow("needs the option 'queryTileSize'");
  });
});

/** Tile after tile and key after key. */
function walk(shape: readonly number[], rules: Parameters<typeof naMask>[1], tiles: TilePair) {
  const mask = scope(() => naMask([...shape], rules).dataNow()!);
  const count = shape.reduce((a, b) => a * b, 1);
  const dilation = rules.dilation as readonly number[];
  const place = (token: number): { group: number[]; position: number[] } => {
    const index = shape.map((n, i) => Math.floor(token / shape.slice(i + 1).reduce((a, b) => a * b, 1)) % n);
    const group = index.map((x, i) => x % dilation[i]!);
    return { group, position: index.map((x, i) => Math.floor(x / dilation[i]!)) };
  };
  const boxes = new Map<string, { low: number[]; high: number[]; group: number[] }>();
  let pairs = 0;
  for (let query = 0; query < count; query++) {
    const { group, position } = place(query);
    const tile = position.map((x, i) => Math.floor(x / tiles.queryTileSize[i]!));
    const name = JSON.stringify([group, tile]);
    const box = boxes.get(name) ?? { low: shape.map(() => Infinity), high: shape.map(() => -1), group };
    boxes.set(name, box);
    for (let key = 0; key < count; key++) {
      if (mask[query * count + key] === 0) continue;
      pairs++;
      place(key).position.forEach((x, i) => {
        box.low[i] = Math.min(box.low[i]!, x);
        box.high[i] = Math.max(box.high[i]!, x);
      });
    }
  }
  const total = { visitedAligned: 0, visitedExact: 0, dense: 0 };
  for (const { low, high, group } of boxes.values()) {
    const times = (f: (n: number, i: number) => number): number =>
      shape.map((n, i) => f(n, i)).reduce((a, b) => a * b, 1);
    const key = tiles.keyTileSize;
    total.visitedExact += times((_, i) => Math.ceil((high[i]! - low[i]! + 1) / key[i]!));
    total.visitedAligned += times((_, i) => Math.floor(high[i]! / key[i]!) - Math.floor(low[i]! / key[i]!) + 1);
    total.dense += times((n, i) => Math.ceil(Math.ceil((n - group[i]!) / dilation[i]!) / key[i]!));
  }
  const products = [...tiles.queryTileSize, ...tiles.keyTileSize].reduce((a, b) => a * b, total.visitedExact);
  return { ...total, usefulShare: pairs / products };
}

describe('configsFor', () => {
  test.each([
    [[784], { kernelSize: 49 }],
    [[56, 56], { kernelSize: 7 }],
    [[5, 40, 80], { kernelSize: [3, 9, 9], stride: [1, 4, 2], isCausal: [true, false, false] }],
  ])('on webgpu gives what a workgroup holds, of one plane: %j %j', (shape, rules) => {
    for (const dim of [16, 32, 128]) {
      const { forward, backward } = configsFor(shape, { ...rules, dim, device: 'webgpu' });
      for (const [pairs, invocations] of [
        [forward, (queries: number, _keys: number) => queries / 2],
        [backward, (queries: number, keys: number) => Math.max(queries / 2, keys)],
      ] as const) {
        expect(pairs.length).toBeGreaterThan(0);
        expect(pairs.length).toBeLessThanOrEqual(36);
        expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(pairs.length);
        for (const { queryTileSize, keyTileSize } of pairs) {
          const tokens = (tile: readonly number[]): number => tile.reduce((a, b) => a * b, 1);
          const [queries, keys] = [tokens(queryTileSize), tokens(keyTileSize)];
          expect((invocations(queries, keys) * dim) / 16).toBeLessThanOrEqual(256);
          expect(keys * 8 * dim).toBeLessThanOrEqual(16 * 1024); // a key and a value
          if (shape.length === 3) expect([queryTileSize[0], keyTileSize[0]]).toEqual([1, 1]);
        }
      }
    }
  });

  test('gives nothing where there are no tiles to choose from', () => {
    const count = (dim: number, device: DeviceName): number[] =>
      Object.values(configsFor([20, 20], { kernelSize: 3, dim, device })).map((pairs: unknown[]) => pairs.length);
    expect(count(20, 'webgpu')).toEqual([0, 0]);
    expect(count(32, 'reference')).toEqual([0, 0]);
  });

  test.each([
    [[784], { kernelSize: 49 }],
    [[56, 56], { kernelSize: 7 }],
    [[56, 56], { kernelSize: 7, dilation: 8 }],
    [[5, 40, 80], { kernelSize: [3, 9, 9], stride: [1, 4, 2], isCausal: [true, false, false] }],
    [[200, 200], { kernelSize: 101 }],
  ])('on the cpu gives few, different, legal ones: %j %j', (shape, rules) => {
    const { forward, backward } = configsFor(shape, { ...rules, dim: 32 });
    for (const pairs of [forward, backward]) {
      expect(pairs.length).toBeGreaterThan(3);
      expect(pairs.length).toBeLessThanOrEqual(24);
      expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(pairs.length);
      for (const tile of pairs.flatMap(({ queryTileSize, keyTileSize }) => [queryTileSize, keyTileSize])) {
        expect(tile.every((n, i) => Number.isInteger(n) && n >= 1 && n <= shape[i]!)).toBe(true);
        expect(tile.reduce((a, b) => a * b, 1)).toBeLessThanOrEqual(1024);
      }
    }
  });

  test.each([
    [na1d, [60], { kernelSize: 7, dilation: 3 }],
    [na2d, [13, 17], { kernelSize: [3, 6], stride: [2, 1], isCausal: [false, true] }],
    [na3d, [4, 5, 9], { kernelSize: [2, 3, 4] }],
  ] as const)('all of them give the same result, by other launches', (attend, shape, rules) => {
    scope(() => {
      const x = rand([1, ...shape, 2, 8]);
      const run = (tiles: object): ArrayLike<number> =>
        attend(x, x, x, { ...rules, ...tiles, implementation: 'fused' }).dataNow()!;
      const expected = run({});
      const { forward } = configsFor([...shape], { ...rules, dim: 8 });
      const launches = new Set<string>();
      for (const pair of forward) {
        plans.length = 0;
        const got = run(pair);
        launches.add(`${plans[0]!.tiles} ${plans[0]!.chunks}`);
        for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(2e-6);
      }
      expect(launches.size).toBeGreaterThan(2);
    });
  });

  test('refuses what it cannot list for', () => {
    expect(() => configsFor([56], { kernelSize: 7, dim: 0 })).toThrow('dim must be an integer >= 1, got 0');
    expect(() => configsFor([56], { kernelSize: 57, dim: 8 })).toThrow(ShapeError);
    // @ts-expect-error -- dim is missing
    expect(() => configsFor([56], { kernelSize: 7 })).toThrow(ArgumentError);
    expect(() => configsFor([56], { kernelSize: 7, dim: 8, device: 'gpu' as DeviceName })).toThrow(
      "there is no device 'gpu'",
    );
  });
});
