import type { Browser } from 'playwright';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as Vicinal from '../../index.ts';
import type * as NN from '../../nn/index.ts';
import type { Report } from './program.ts';
import { launch, noBrowser } from './chromium.ts';
import { pages } from './pages.ts';
import { run } from './program.ts';
import { serve } from './server.ts';

// The built package in a real browser, held against Node: as files and bundled, with and without threads, in a page and
// in a worker of a page.

const root = join(import.meta.dirname, '../..');
/** With these, threads may share memory. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** Allows WebAssembly, but no worker from a Blob. */
const strict = { 'Content-Security-Policy': "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" };

const noFiles =
  "readFile: 'model.safetensors' cannot be opened, there is no file system here; fetch it and decode the bytes";
/** The reason is the browser's. */
const noGpuJs =
  /^device: the package gpu\.js could not be loaded \(.*'gpu\.js'.*\); the webgl device needs it: npm install gpu\.js@2/;

const isBlob = (url: string): boolean => url.startsWith('blob:');

describe.skipIf(noBrowser)(`the package in a browser${noBrowser ? `: skipped, ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let files: Record<string, string>;
  let node: Report;

  beforeAll(async () => {
    if (!existsSync(join(root, 'dist/nn/index.js'))) throw new Error('dist/ is missing; npm run build makes it');
    [browser, files, node] = await Promise.all([launch(), pages(), runInNode()]);
  }, 60_000);
  afterAll(() => browser?.close());

  /** Opens a page of a site with these headers; gives back its report and what it wrote, asked for and started. */
  async function open(path: string, headers: Record<string, string>) {
    const site = await serve(files, headers);
    const page = await browser.newPage();
    const console: string[] = [];
    const elsewhere: string[] = [];
    const workers: string[] = [];
    page.on('console', (message) => console.push(message.text()));
    page.on('pageerror', (error) => console.push(error.message));
    page.on('request', (request) => request.url().startsWith(site.origin) || elsewhere.push(request.url()));
    page.on('worker', (worker) => workers.push(worker.url()));
    try {
      await page.goto(site.origin + path);
      const report = (await page.evaluate('report')) as Report;
      const blobs = workers.filter(isBlob);
      await expect.poll(() => page.workers().filter((worker) => isBlob(worker.url()))).toEqual([]); // the device was ended
      const unknown = [
        ...site.requests.filter((asked) => !(asked in files) && !/^\/dist\/.*\.js$/.test(asked)),
        ...elsewhere.filter((url) => !blobs.includes(url)),
      ];
      return { report, console, unknown, workers: blobs.length };
    } finally {
      await page.close();
      site.close();
    }
  }

  test('without isolation it runs on one thread, with the same results', async () => {
    const { report, ...seen } = await open('/files.html', {});
    expect(seen).toEqual({ console: [], unknown: [], workers: 0 });
    expect(report).toMatchObject({
      isolated: false,
      hasSharedArrays: false,
      fileError: noFiles,
      webglError: expect.stringMatching(noGpuJs),
      results: node.results,
    });
    expect(report.info).toEqual({
      simd: node.info.simd,
      revectorized: false,
      sharedMemory: false,
      threads: 1,
      threadsFailure: null,
    });
  });

  // The main thread may not sleep there: Atomics.wait would throw.
  test.each([
    ['a page, from its files', '/files.html'],
    ['a page, from a bundle', '/bundle.html'],
    ["a page's worker", '/worker.html'],
  ])('with isolation it runs on all threads in %s', async (_, path) => {
    const { report, ...seen } = await open(path, isolation);
    const threads = Math.min(8, report.cores ?? 1);
    expect(seen).toEqual({ console: [], unknown: [], workers: threads - 1 });
    expect(report).toMatchObject({
      isolated: true,
      fileError: noFiles,
      webglError: expect.stringMatching(noGpuJs),
      results: node.results,
    });
    expect(report.info).toEqual({
      simd: node.info.simd,
      revectorized: false,
      sharedMemory: true,
      threads,
      threadsFailure: null,
    });
    if (threads > 1) expect(report.chunksOfOthers).toBeGreaterThan(0);
  });

  test('Node has no WebGL2, and is told what to use there', () =>
    expect(node.webglError).toBe(
      'device: WebGL2 is not to be had here; the webgl device runs in pages and their workers; in Node use cpu or webgpu',
    ));

  test('where a policy forbids its workers it says so and works without them', async () => {
    const { report, workers } = await open('/files.html', { ...isolation, ...strict });
    expect([workers, report.chunksOfOthers]).toEqual([0, 0]);
    expect(report.results).toEqual(node.results);
    if (report.info.threads !== 1) expect(report.info.threadsFailure).toContain('worker-src blob:');
  });
});

/** The same work in this process, with relaxed SIMD as browsers have it, which Node 20 has behind a flag. */
async function runInNode(): Promise<Report> {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const vicinal = (await import(join(root, 'dist/index.js'))) as typeof Vicinal;
  const nn = (await import(join(root, 'dist/nn/index.js'))) as typeof NN;
  vicinal.setThreads(1);
  return run(vicinal, nn);
}
