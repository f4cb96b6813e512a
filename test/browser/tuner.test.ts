import type { Browser, Page } from 'playwright';
import { build } from 'esbuild';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser } from './chromium.ts';
import { serve, type Server } from './server.ts';

// The tuner's cache in a real IndexedDB: what one page found, the next one knows.

const program = `
  import { randn, scope } from './index.ts';
  import { tunedTiles, useAutotuner } from './kernels/neighborhood/tuner/tuner.ts';
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
  const entries = () => new Promise((resolve, reject) => {
    const opening = indexedDB.open('vicinal');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      if (!opening.result.objectStoreNames.contains('tunings')) return resolve([]);
      const all = opening.result.transaction('tunings').objectStore('tunings').getAllKeys();
      all.onsuccess = () => (opening.result.close(), resolve(all.result));
    };
  });
  globalThis.report = (async () => {
    useAutotuner({ warmupSteps: 0, steps: 1 });
    for (let i = 0; i < 20; i++) await turn(); // the database is being read
    const time = () => scope(() => {
      const x = randn([1, 40, 40, 2, 16]);
      return tunedTiles({ query: x, key: x, value: x }, { kernelSize: 7 });
    });
    const tiles = time();
    let keys = [];
    for (let i = 0; i < 100 && keys.length === 0; i++) (await turn(), (keys = await entries()));
    return { tiles, keys };
  })();`;

describe.skipIf(noBrowser)(`the tuner in a browser${noBrowser ? `: skipped, ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    const stdin = { contents: program, resolveDir: join(import.meta.dirname, '../..') };
    // The manifest says what of dist/ acts on import; of the sources, all does.
    const all = { bundle: true, format: 'esm', target: 'es2022', write: false, ignoreAnnotations: true } as const;
    const { outputFiles } = await build({ stdin, ...all });
    const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/tuner.js"></script>';
    [browser, server] = await Promise.all([
      launch(),
      serve({ '/tuner.html': page, '/tuner.js': outputFiles[0]!.text }, {}),
    ]);
  }, 60_000);

  afterAll(async () => {
    server?.close();
    await browser?.close();
  });

  test('finds what it found in an earlier page', async () => {
    const context = await browser.newContext();
    const visit = async (then?: (page: Page) => Promise<void>) => {
      const page = await context.newPage();
      const warnings: string[] = [];
      page.on('console', (message) => warnings.push(message.text()));
      await page.goto(`${server.origin}/tuner.html`);
      const report = await page.evaluate(() => (globalThis as { report?: unknown }).report);
      await then?.(page);
      await page.close();
      expect(warnings).toEqual([]);
      return report as { tiles: object; keys: string[] };
    };
    // What is stored is changed behind the tuner's back, to see that the next page believes it.
    const first = await visit((page) =>
      page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            const opening = indexedDB.open('vicinal');
            opening.onsuccess = () => {
              const store = opening.result.transaction('tunings', 'readwrite').objectStore('tunings');
              store.getAllKeys().onsuccess = ({ target }) => {
                const [key] = (target as IDBRequest<IDBValidKey[]>).result;
                const tuning = { queryTileSize: [3, 5], keyTileSize: [7, 9], numSplitsKey: null, milliseconds: 1 };
                store.put(tuning, key).onsuccess = () => (opening.result.close(), resolve());
              };
            };
          }),
      ),
    );
    expect(first.keys).toHaveLength(1);
    expect(first.keys[0]).toMatch(/^1 forward on=.*Chrome.* kernelSize=7x7/);
    expect((await visit()).tiles).toEqual({ queryTileSize: [3, 5], keyTileSize: [7, 9] });
    await context.close();
  });
});
