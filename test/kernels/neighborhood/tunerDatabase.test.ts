import { afterEach, expect, test, vi } from 'vitest';
import type { TunerCache } from '../../../kernels/neighborhood/tuner/tunerCache.ts';
import { eventLoopTurn } from '../../../tensor/eventLoop.ts';
import { openCache } from '../../../kernels/neighborhood/tuner/tunerCache.ts';

// A page: no file system, and IndexedDB as far as the tuner uses it. test/browser has the real one.
const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
type Stored = Map<string, unknown>;

afterEach(() => {
  vi.unstubAllGlobals();
  warnings.mockClear();
});

interface Request {
  result: unknown;
  error: Error | null;
  onsuccess?: () => void;
  onerror?: () => void;
  onupgradeneeded?: () => void;
}

function answer(body: () => unknown, isNew = false): Request {
  const request: Request = { result: undefined, error: null };
  setImmediate(() => {
    try {
      request.result = body();
      if (isNew) request.onupgradeneeded?.();
      request.onsuccess?.();
    } catch (error) {
      request.error = error as Error;
      request.onerror?.();
    }
  });
  return request;
}

function page(databases: Map<string, Stored> | null): void {
  vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
  if (!databases) return;
  const open = (name: string): Request => {
    const isNew = !databases.has(name);
    if (isNew) databases.set(name, new Map());
    const stored = databases.get(name)!;
    const objectStore = (): object => ({
      getAllKeys: () => answer(() => [...stored.keys()]),
      getAll: () => answer(() => [...stored.values()]),
      put: (value: unknown, key: string) =>
        answer(() => {
          if (name === 'full') throw new Error('the quota is exceeded');
          stored.set(key, value);
        }),
    });
    const database = { createObjectStore: () => undefined, transaction: () => ({ objectStore }) };
    return answer(() => {
      if (name === 'broken') throw new Error('the disk is on fire');
      return database;
    }, isNew);
  };
  vi.stubGlobal('indexedDB', { open });
}

const tuning = { queryTileSize: [4, 4], keyTileSize: [8, 8], numSplitsKey: null, milliseconds: 1.5 };

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await eventLoopTurn();
}

test('in pages is kept in IndexedDB, read and written in the background', async () => {
  const databases = new Map<string, Stored>();
  page(databases);
  const first = openCache(undefined);
  expect(first.get('a')).toBeUndefined();
  first.set('a', tuning);
  expect(first.get('a')).toBe(tuning); // at once
  await settled();
  expect([...databases.get('vicinal')!]).toEqual([['1 a', tuning]]);

  databases.get('vicinal')!.set('1 broken', { queryTileSize: 'large' });
  databases.get('vicinal')!.set('0 old', tuning);
  const second = openCache(undefined);
  expect(second.get('a')).toBeUndefined();
  await second.ready;
  expect(second.get('a')).toEqual(tuning);
  expect([second.get('broken'), second.get('old')]).toEqual([undefined, undefined]);
  expect(warnings).not.toHaveBeenCalled();
});

test('what this page found while the database was read is not lost', async () => {
  const databases = new Map<string, Stored>([['mine', new Map([['1 a', { ...tuning, milliseconds: 9 }]])]]);
  page(databases);
  const cache = openCache('mine');
  cache.set('a', tuning);
  await settled();
  expect(cache.get('a')).toBe(tuning);
  expect(databases.get('mine')!.get('1 a')).toEqual(tuning);
});

test.each(['broken', 'full'])('a database that is %s is ignored with one warning', async (name) => {
  page(new Map());
  const cache: TunerCache = openCache(name);
  cache.set('a', tuning);
  cache.set('b', tuning);
  await settled();
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(String(warnings.mock.calls[0])).toContain(`'${name}' is ignored`);
  expect(cache.get('a')).toBe(tuning);
});

test('without file system and IndexedDB, results are remembered in memory', () => {
  page(null);
  const cache = openCache(undefined);
  cache.set('a', tuning);
  expect(cache.get('a')).toBe(tuning);
});
