import type { TunerCache, Tuning } from './tunerCache.ts';

const store = 'tunings';
/** Of the database's layout; what it holds has the tuner's own version in its keys. */
const layout = 1;

/**
 * A cache in IndexedDB. A page may not wait where an op is called, so it is read in the background: until that is done the
 * tuner times what it is asked. Writes are in the background too. undefined where there is no IndexedDB.
 */
export function databaseCache(
  name: string,
  { prefix, isTuning }: { prefix: string; isTuning: (value: unknown) => value is Tuning },
  warn: (reason: string) => void,
): TunerCache | undefined {
  const factory = globalThis.indexedDB as IDBFactory | undefined;
  if (!factory) return undefined;
  const tunings = new Map<string, Tuning>();
  const failed = (error: unknown): null => {
    warn(`'${name}' is ignored: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  };
  const opened = open(factory, name).catch(failed);
  const take = (found: readonly [string, unknown][]): void => {
    for (const [key, value] of found) {
      const own = key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
      if (own !== undefined && isTuning(value) && !tunings.has(own)) tunings.set(own, value);
    }
  };
  const read = async (): Promise<void> => {
    const database = await opened;
    if (database) take(await load(database));
  };
  const ready = read().catch((error: unknown) => void failed(error));
  return {
    ready,
    get: (key) => tunings.get(key),
    set(key, tuning) {
      tunings.set(key, tuning);
      const write = async (): Promise<void> => {
        await ready;
        const database = await opened;
        if (database)
          await settle(
            database
              .transaction(store, 'readwrite')
              .objectStore(store)
              .put(tuning, prefix + key),
          );
      };
      void write().catch(failed);
    },
  };
}

function open(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, layout);
  request.onupgradeneeded = () => request.result.createObjectStore(store);
  return settle(request);
}

async function load(database: IDBDatabase): Promise<[string, unknown][]> {
  const held = database.transaction(store).objectStore(store);
  const [keys, values] = await Promise.all([settle(held.getAllKeys()), settle(held.getAll())]);
  return keys.flatMap((key, i) => (typeof key === 'string' ? [[key, values[i]]] : []));
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the request failed'));
  });
}
