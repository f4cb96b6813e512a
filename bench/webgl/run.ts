// npm run bench -- webgl: training steps in a page, on WebGL beside the cpu and WebGPU. The page has the package as it is shipped.

import { parseArgs } from 'node:util';
import type { Plugin } from 'esbuild';
import type { Page } from 'playwright';
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type * as InPage from './page.ts';
import { launch } from '../../test/browser/chromium.ts';
import { serve } from '../../test/browser/server.ts';

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
/** Threads need both. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** By how much a loss may differ from the cpu's, relative to it. */
const tolerance = 1e-3;

/** What the package ships comes from dist/, as `npm run build` made it. */
const shipped: Plugin = {
  name: 'shipped',
  setup(bundle) {
    const fromDist = (file: string): { path: string } | undefined => {
      const path = resolve('dist', file.replace(/\.ts$/, '.js'));
      return existsSync(path) ? { path } : undefined;
    };
    bundle.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) =>
      fromDist(relative('.', resolve(resolveDir, path))),
    );
    bundle.onResolve({ filter: /^vicinal(\/nn)?$/ }, ({ path }) =>
      fromDist(path === 'vicinal' ? 'index.ts' : 'nn/index.ts'),
    );
  },
};

async function bundle(): Promise<string> {
  const contents = "import * as bench from './bench/webgl/page.ts'; globalThis.bench = bench;";
  const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' } as const;
  const { outputFiles } = await build({
    stdin,
    plugins: [shipped],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}

/** @param argv `--only=REGEX`, `--batch=NUMBER`, `--seconds=NUMBER` */
export async function runWebgl(argv: string[]): Promise<void> {
  const { only, batch, seconds } = parseArgs({
    args: argv,
    options: {
      only: { type: 'string', default: '' },
      batch: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '2' },
    },
  }).values;
  const server = await serve({ '/page.html': html, '/page.js': await bundle() }, isolation);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${server.origin}/page.html`);
    await page.waitForFunction("'bench' in globalThis");
    console.log(`Chromium ${browser.version()}`);
    await printTable(page, new RegExp(only, 'i'), Number(batch), Number(seconds));
  } finally {
    await browser.close();
    server.close();
  }
}

/** A row for each network, printed when it is measured. */
async function printTable(page: Page, only: RegExp, batch: number, seconds: number): Promise<void> {
  const titles = await page.evaluate<typeof InPage.titles>('bench.titles');
  const started = await page.evaluate<InPage.Started>('bench.start()');
  for (const [name, { is }] of Object.entries(started)) console.log(`  ${name.padEnd(7)} ${is}`);
  const names = Object.keys(started).filter((name) => started[name]!.starts);
  const row = (title: string, cells: readonly string[]): string =>
    title.padEnd(16) + cells.map((cell) => cell.padStart(14)).join('');
  console.log(`\n${row('', names)}   ms a step on ${batch} images, the fastest`);
  for (const title of titles.filter((title) => only.test(title))) {
    const measured: InPage.Measured[] = [];
    for (const name of names) {
      const call = `bench.measure(${JSON.stringify(title)}, '${name}', ${batch}, ${seconds})`;
      measured.push(await page.evaluate<InPage.Measured>(call));
    }
    const [{ losses: expected }] = measured as [InPage.Measured];
    const cells = measured.map(({ fastest, losses }) => {
      const isRight = losses.every((loss, i) => Math.abs(loss / expected[i]! - 1) < tolerance);
      if (!isRight) process.exitCode = 1;
      return isRight ? fastest.toFixed(1) : `WRONG ${losses.map((loss) => loss.toFixed(3)).join()}`;
    });
    console.log(row(title, cells));
  }
}
