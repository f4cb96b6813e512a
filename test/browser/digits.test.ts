import type { Browser } from 'playwright';
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser } from './chromium.ts';
import { train } from './digits.ts';
import { serve, type Server } from './server.ts';

// A page that trains on its WebGPU, with the built package in one bundle, as a user would ship it.

const root = join(import.meta.dirname, '../..');

const program = `
  import { train } from './test/browser/digits.ts';
  globalThis.report = train('webgpu');`;

describe.skipIf(noBrowser)(`training in a page${noBrowser ? `: skipped, ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    if (!existsSync(join(root, 'dist/nn/index.js'))) throw new Error('dist/ is missing; npm run build makes it');
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: root },
      alias: { vicinal: join(root, 'dist/index.js'), 'vicinal/nn': join(root, 'dist/nn/index.js') },
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      write: false,
    });
    const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/digits.js"></script>';
    [browser, server] = await Promise.all([
      launch(),
      serve({ '/digits.html': page, '/digits.js': outputFiles[0]!.text }, {}),
    ]);
  }, 60_000);

  afterAll(async () => {
    server?.close();
    await browser?.close();
  });

  test("the digits example's network has on webgpu the losses that it has on Node's cpu", async () => {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(`${server.origin}/digits.html`);
    const losses = (await page.evaluate('report')) as number[];
    expect(faults).toEqual([]);
    const expected = await train('cpu');
    expect(losses).toHaveLength(expected.length);
    losses.forEach((loss, i) => expect(Math.abs(loss / expected[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-4));
    expect(losses.at(-1)).toBeLessThan(losses[0]!); // it learns
  }, 180_000);
});
