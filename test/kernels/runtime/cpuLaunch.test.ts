import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engine, hasRelaxedSimd, start, stopEngine } from '../../../kernels/runtime/cpu/instance.ts';
import { launch, temporary } from '../../../kernels/runtime/cpu/launch.ts';
import { setThreads, threads } from '../../../kernels/runtime/cpu/threads.ts';
import { ArgumentError, DeviceError } from '../../../tensor/errors.ts';

vi.mock('../../../kernels/runtime/cpu/binary.ts', async () => {
  const { compileTestKernels } = await import('./testKernels.ts');
  const { packed } = await import('../../../scripts/pack.mjs');
  const source = readFileSync(new URL('./launch.as.ts', import.meta.url), 'utf8');
  return { kernels: packed(await compileTestKernels(source)) };
});

const numbers = (address: number, length: number) => new Float64Array(engine().memory.buffer, address, length);
/** Makes every chunk small enough that the job is cut in many. */
const cut = (items: number, chunks: number) => ({ work: (40_000 * chunks) / items });

describe('launch', () => {
  let y = 0;
  const most = 100_000;
  beforeEach(() => {
    y = engine().allocator.allocate(most * 8);
    numbers(y, most).fill(0);
  });
  afterEach(() => engine().allocator.free(y));
  afterAll(stopEngine);

  it.each([1, 2, 4])('does every item once with %i threads, in thousands of jobs of all sizes', (count) => {
    setThreads(count);
    const expected = new Float64Array(most);
    for (let job = 0; job < 4000; job++) {
      const items = 1 + ((job * 7919) % (job % 50 === 0 ? most : 300));
      const chunks = 1 + (job % 64);
      launch('count', [y, job], items, cut(items, chunks));
      for (let i = 0; i < items; i++) expected[i]! += job * i + 1;
    }
    expect(numbers(y, most)).toEqual(expected);
  });

  it.each([2, 4])(
    'never mixes two jobs with %i threads, when they follow one another as closely as they can',
    (count) => {
      setThreads(count);
      const rows = [0, 1, 2].map((row) => y + row * 512);
      const expected = rows.map(() => new Float64Array(64));
      let state = 1;
      const draw = (below: number) => ((state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 8) % below;
      for (let job = 0; job < 60_000; job++) {
        const [row, items, factor] = [draw(3), 2 + draw(60), draw(1000)];
        launch('count', [rows[row]!, factor], items, cut(items, 2 + draw(8)));
        for (let i = 0; i < items; i++) expected[row]![i]! += factor * i + 1;
      }
      expect(rows.map((address) => numbers(address, 64))).toEqual(expected);
    },
  );

  it('takes part while workers start, sleep, come and go', async () => {
    const items = 1000;
    const expected = new Float64Array(items);
    for (let job = 0; job < 400; job++) {
      setThreads(1 + ((job * 5) % 7));
      launch('count', [y, job], items, cut(items, 16));
      for (let i = 0; i < items; i++) expected[i]! += job * i + 1;
      if (job % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (job % 100 === 99) {
        const values = numbers(y, items).slice();
        stopEngine();
        y = engine().allocator.allocate(most * 8);
        numbers(y, items).set(values);
      }
    }
    expect(numbers(y, items)).toEqual(expected);
  });

  it('gives each thread its own scratch memory, and frees it', () => {
    setThreads(4);
    const { live } = engine().allocator;
    for (let job = 0; job < 300; job++) {
      launch('throughScratch', [y, 500], 200, { ...cut(200, 64), scratch: 2000 });
      expect(numbers(y, 200)).toEqual(Float64Array.from({ length: 200 }, (_, i) => 124_750 + i));
    }
    setThreads(1);
    launch('throughScratch', [y, 3], 200, { scratch: 12 });
    expect(numbers(y, 1)[0]).toBe(3);
    expect(engine().allocator.live).toBe(live);
  });

  it('cuts at multiples, by the shape alone', () => {
    const ends = [2, 3, 5].map((count) => {
      setThreads(count);
      numbers(y, 1000).fill(0);
      launch('markEnds', [y], 1000, { ...cut(1000, 9), multiple: 8 });
      return numbers(y, 1000).slice();
    });
    const right = new Float64Array(1000);
    for (let begin = 0; begin < 1000; begin += 112) right[begin] = Math.min(1000, begin + 112);
    expect(ends).toEqual([right, right, right]);
    setThreads(1);
    launch('markEnds', [y], 1000, cut(1000, 9));
    expect(numbers(y, 1)[0]).toBe(1000);
  });

  it('spins where a thread must not block, as in pages', () => {
    stopEngine();
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
    setThreads(3);
    y = engine().allocator.allocate(most * 8);
    numbers(y, 1000).fill(0);
    for (let job = 0; job < 2000; job++) launch('count', [y, 1], 1000, cut(1000, 16));
    expect(wait).toHaveBeenCalledTimes(1);
    wait.mockRestore();
    expect(numbers(y, 1000)).toEqual(Float64Array.from({ length: 1000 }, (_, i) => 2000 * (i + 1)));
    stopEngine();
    y = engine().allocator.allocate(most * 8);
  });

  it('shares the work with the workers, once they have started', () => {
    setThreads(3);
    const seen = new Set<number>();
    for (const end = performance.now() + 20_000; seen.size < 3 && performance.now() < end;) {
      launch('whose', [y, 1000], 64, { work: 40_000, scratch: 64 });
      for (const address of numbers(y, 64)) seen.add(address);
    }
    expect(seen.size).toBe(3);
  });

  it.each([1, 3])(
    'reports a trap on the calling thread with %i threads, wherever it happened, and goes on',
    (count) => {
      setThreads(count);
      for (let job = 0; job < 200; job++) {
        const bad = (job * 37) % 1000;
        expect(() => launch('trapAt', [y, bad], 1000, cut(1000, 32))).toThrow(
          "launch: kernel 'trapAt' failed: unreachable",
        );
        launch('trapAt', [y, -1], 1000, cut(1000, 32));
      }
      expect(numbers(y, 1000)).toEqual(Float64Array.from({ length: 1000 }, (_, i) => i));
    },
  );

  it('keeps its addresses when the memory grows under running workers', () => {
    setThreads(3);
    launch('count', [y, 1], 1000, cut(1000, 8));
    const address = engine().allocator.allocate(64 << 20);
    numbers(address, 8 << 20).fill(0);
    launch('count', [address, 1], 8 << 20);
    expect(numbers(address, 8 << 20)[(8 << 20) - 1]).toBe(8 << 20);
    expect(numbers(y, 3)).toEqual(new Float64Array([1, 2, 3]));
    engine().allocator.free(address);
  });

  it('does nothing for no items, and refuses what is no launch', () => {
    launch('count', [y, 1], 0);
    expect(numbers(y, 1)[0]).toBe(0);
    expect(() => launch('nothing', [], 1)).toThrow("launch: there is no kernel 'nothing'");
    expect(() => launch('count', [y], 1)).toThrow("launch: kernel 'count' takes 4 parameters; got 3");
    expect(() => launch('count', [y, 1], 1, { scratch: 4 })).toThrow(DeviceError);
    const { live } = engine().allocator;
    expect(() =>
      temporary(100, () => {
        throw new Error('body');
      }),
    ).toThrow('body');
    expect(engine().allocator.live).toBe(live);
  });
});

describe('setThreads', () => {
  it('takes whole numbers from 1 to 64', () => {
    for (const count of [0, -1, 1.5, NaN, Infinity, 65, '2' as unknown as number])
      expect(() => setThreads(count)).toThrow(ArgumentError);
    setThreads(3);
    expect(threads()).toBe(3);
  });
});

describe('an engine without shared memory', () => {
  it.each(hasRelaxedSimd() ? (['base', 'relaxed'] as const) : (['base'] as const))('runs the %s build', (simd) => {
    const alone = start({ shared: false, simd });
    expect(alone.pool).toBeNull();
    expect(alone.memory.buffer).toBeInstanceOf(ArrayBuffer);
    const address = alone.allocator.allocate(80);
    alone.kernels.get('count')!.call(address, 2, 0, 10);
    expect([...new Float64Array(alone.memory.buffer, address, 3)]).toEqual([1, 3, 5]);
    alone.allocator.allocate(32 << 20); // the old buffer is detached now
    expect(new Float64Array(alone.memory.buffer, address, 1)[0]).toBe(1);
  });
});
