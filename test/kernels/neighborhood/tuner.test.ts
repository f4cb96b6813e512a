import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Tensor } from '../../../index.ts';
import type { NaAttrs } from '../../../kernels/neighborhood/fused.ts';
import type { Tuning } from '../../../kernels/neighborhood/tuner/tunerCache.ts';
import { defaultGenerator, memory, na1d, na2d, noGrad, randn, scope, setThreads, threads } from '../../../index.ts';
import {
  areDeterministicAlgorithmsEnabled,
  isKvParallelismEnabled,
  useDeterministicAlgorithms,
  useKvParallelism,
} from '../../../kernels/neighborhood/tuner/context.ts';
import {
  disableAutotuner,
  isAutotunerEnabled,
  tunedTiles,
  useAutotuner,
} from '../../../kernels/neighborhood/tuner/tuner.ts';

const folder = mkdtempSync(join(tmpdir(), 'vicinal-tuner-'));
let files = 0;
let path = '';
const quick = { warmupSteps: 0, steps: 1 };
const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeEach(() => {
  path = join(folder, `cache-${files++}.json`);
});

afterEach(() => {
  disableAutotuner();
  useDeterministicAlgorithms(false);
  useKvParallelism(false);
  warnings.mockClear();
});

afterAll(() => rmSync(folder, { recursive: true }));

type Kept = Record<string, Tuning>;
const read = (from = path): Kept => (JSON.parse(readFileSync(from, 'utf8')) as { tunings: Kept }).tunings;
const write = (tunings: object): void =>
  writeFileSync(path, JSON.stringify({ format: 'vicinal tuner', version: 1, tunings }));

const rules = { kernelSize: 5, dilation: 2 };
const make = (requiresGrad = false, shape = [1, 14, 15, 2, 8]): Tensor => randn(shape, { requiresGrad });

/** What the tuner says for a call on x. */
const choiceOf = (x: Tensor, attrs: Partial<NaAttrs> = {}): object =>
  tunedTiles({ query: x, key: x, value: x }, { ...rules, ...attrs });

describe('the tuner', () => {
  test('times a problem once, and remembers it in the file for the next process', () => {
    useAutotuner({ cache: path, ...quick });
    scope(() => {
      const x = make(true);
      const first = choiceOf(x);
      const kept = read();
      expect(Object.keys(kept).map((key) => key.split(' ')[0])).toEqual(['forward', 'backward']);
      expect(readFileSync(path, 'utf8')).toContain('kernelSize=5x5 stride=1x1 dilation=2x2 isCausal=0x0');
      expect(choiceOf(x)).toEqual(first);
      // The next process: whatever the file says is believed.
      const forward = Object.keys(kept)[0]!;
      write({ ...kept, [forward]: { ...kept[forward], queryTileSize: [3, 4], keyTileSize: [5, 6] } });
      useAutotuner({ cache: path, ...quick });
      expect(choiceOf(x)).toMatchObject({ queryTileSize: [3, 4], keyTileSize: [5, 6] });
    });
    expect(warnings).not.toHaveBeenCalled();
  });

  test('keeps what other processes wrote meanwhile, and leaves no file beside', () => {
    useAutotuner({ cache: path, ...quick });
    scope(() => {
      choiceOf(make());
      const other = { queryTileSize: null, keyTileSize: null, numSplitsKey: null, milliseconds: 1 };
      write({ ...read(), other });
      choiceOf(make(false, [1, 10, 11, 1, 4]));
    });
    expect(Object.keys(read())).toHaveLength(3);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('asks again when anything changes that may matter', () => {
    useAutotuner({ cache: path, backward: false, ...quick });
    const count = threads();
    scope(() => {
      const x = make();
      const half = make(false, [1, 14, 15, 1, 8]);
      const wide = make(false, [1, 14, 15, 2, 12]);
      const rpb = randn([2, 9, 9]);
      const more = randn([1, 3, 2, 8]);
      const calls: Parameters<typeof tunedTiles>[] = [
        [{ query: x, key: x, value: x }, rules],
        [{ query: x, key: half, value: half }, rules],
        [{ query: x, key: x, value: wide }, rules],
        [{ query: x, key: x, value: x, rpb }, rules],
        [{ query: x, key: x, value: x, additionalKeys: more, additionalValues: more }, rules],
        [{ query: wide, key: wide, value: wide }, rules],
        ...[
          { stride: 2 },
          { isCausal: true },
          { isCausal: [true, false] },
          { dilation: 1 },
          { kernelSize: [5, 6] },
        ].map((change): Parameters<typeof tunedTiles> => [
          { query: x, key: x, value: x },
          { ...rules, ...change },
        ]),
      ];
      calls.forEach((call, i) => {
        tunedTiles(...call);
        expect(Object.keys(read())).toHaveLength(i + 1);
      });
      setThreads(count === 1 ? 2 : 1);
      tunedTiles(...calls[0]!);
      expect(Object.keys(read())).toHaveLength(calls.length + 1);
    });
    setThreads(count);
  });

  test('changes nothing but the time: results, gradients, random numbers, memory', () => {
    const step = (): number[][] => {
      const x = make(true);
      const y = na2d(x, x, x, { ...rules, isCausal: [true, false], implementation: 'fused' });
      y.square().sum().backward();
      return [[...y.dataNow()!], [...x.grad!.dataNow()!]];
    };
    const seeded = (): { results: number[][]; next: number } => {
      const state = { seed: 3, counter: 0 };
      defaultGenerator.setState(state);
      const results = scope(step);
      return { results, next: defaultGenerator.seed() };
    };
    const off = seeded();
    const before = memory()['cpu']!;
    useAutotuner({ cache: path, ...quick });
    const on = seeded();
    expect(Object.keys(read())).toHaveLength(2);
    expect(on.next).toBe(off.next);
    on.results.forEach((values, i) =>
      values.forEach((value, j) => expect(Math.abs(value - off.results[i]![j]!)).toBeLessThan(2e-5)),
    );
    const { tensors, bytes } = memory()['cpu']!;
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
  });

  test('uses a tile that it finds, and gradients agree', () => {
    const run = (): number[] =>
      scope(() => {
        defaultGenerator.setState({ seed: 5, counter: 0 });
        const x = make(true, [1, 40, 2, 8]);
        na1d(x, x, x, { kernelSize: 9, implementation: 'fused' }).square().sum().backward();
        return [...x.grad!.dataNow()!];
      });
    const off = run();
    useAutotuner({ cache: path, ...quick });
    run();
    const chosen = { queryTileSize: [7], keyTileSize: [3], milliseconds: 0 };
    write(
      Object.fromEntries(
        Object.keys(read()).map((key) => [key, { ...chosen, numSplitsKey: key.startsWith('forward') ? null : [4] }]),
      ),
    );
    useAutotuner({ cache: path, ...quick });
    run().forEach((value, i) => expect(Math.abs(value - off[i]!)).toBeLessThan(2e-5));
    expect(Object.keys(read())).toHaveLength(2);
  });

  test('leaves alone what the caller chose, and backward where nobody wants it', () => {
    useAutotuner({ cache: path, ...quick });
    scope(() => {
      const x = make(true);
      expect(Object.keys(choiceOf(make()))).toEqual(['queryTileSize', 'keyTileSize']);
      expect(noGrad(() => Object.keys(choiceOf(x)))).toEqual(['queryTileSize', 'keyTileSize']);
      const backward = ['backwardQueryTileSize', 'backwardKeyTileSize', 'numSplitsKey'];
      expect(Object.keys(choiceOf(x, { queryTileSize: [2, 2] }))).toEqual(backward);
      expect(choiceOf(x, { keyTileSize: [2, 2], numSplitsKey: [1, 1] })).toEqual({});
      expect(choiceOf(make(), { queryTileSize: [2, 2] })).toEqual({});
    });
  });

  test('can be asked for one pass', () => {
    expect(isAutotunerEnabled()).toBe(false);
    useAutotuner({ cache: false, forward: false, ...quick });
    expect([isAutotunerEnabled(), isAutotunerEnabled('forward'), isAutotunerEnabled('backward')]).toEqual([
      true,
      false,
      true,
    ]);
    scope(() => expect(Object.keys(choiceOf(make(true)))).not.toContain('queryTileSize'));
    useAutotuner({ cache: false, forward: false, backward: false });
    expect(isAutotunerEnabled()).toBe(false);
  });

  test('waits while algorithms must be deterministic', () => {
    useAutotuner({ cache: path, ...quick });
    useKvParallelism();
    useDeterministicAlgorithms();
    expect([areDeterministicAlgorithmsEnabled(), isAutotunerEnabled(), isKvParallelismEnabled()]).toEqual([
      true,
      false,
      false,
    ]);
    scope(() => expect(choiceOf(make(true))).toEqual({}));
    expect(existsSync(path)).toBe(false);
    useDeterministicAlgorithms(false);
    expect([isAutotunerEnabled(), isKvParallelismEnabled()]).toEqual([true, true]);
  });

  test('leaves the reference device and what is wrong with a call to others', () => {
    useAutotuner({ cache: path, ...quick });
    scope(() => {
      expect(choiceOf(randn([1, 14, 15, 2, 8], { device: 'reference' }))).toEqual({});
      expect(choiceOf(make(), { kernelSize: 99 })).toEqual({});
      const x = make();
      expect(() => na2d(x, x, x, { kernelSize: 99 })).toThrow('na2d: kernelSize 99 times dilation 1 spans 99 tokens');
    });
    expect(existsSync(path)).toBe(false);
  });

  test('refuses options that are none', () => {
    expect(() => useAutotuner({ steps: 0 })).toThrow('steps must be an integer >= 1, got 0');
    expect(() => useAutotuner({ warmupSteps: -1 })).toThrow('warmupSteps must be an integer >= 0, got -1');
    expect(() => useAutotuner({ thorough: 1 as never })).toThrow('thorough must be true or false, got 1');
    expect(() => useAutotuner({ cache: '' })).toThrow('cache must be a path or false');
    expect(() => useAutotuner({ warmup: 1 } as never)).toThrow("has no option 'warmup'");
    expect(isAutotunerEnabled()).toBe(false);
  });
});
