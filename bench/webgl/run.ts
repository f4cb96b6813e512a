// npm run bench -- webgl: training steps in a page, on WebGL beside the cpu and WebGPU. The page has the package as it is shipped.

import { parseArgs } from 'node:util';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { PageReport } from './page.ts';
import { launch } from '../../test/browser/chromium.ts';
import { serve } from '../../test/browser/server.ts';

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
/** Threads need both. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

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
  const contents = "import { measure } from './bench/webgl/page.ts'; globalThis.measure = measure;";
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

/** @param argv `--only=REGEX`, `--seconds=NUMBER` */
export async function runWebgl(argv: string[]): Promise<void> {
  const options = { only: { type: 'string', default: '' }, seconds: { type: 'string', default: '2' } } as const;
  const { only, seconds } = parseArgs({ args: argv, options }).values;
  const server = await serve({ '/page.html': html, '/page.js': await bundle() }, isolation);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${server.origin}/page.html`);
    await page.waitForFunction("'measure' in globalThis");
    const report = (await page.evaluate(`measure(${Number(seconds)}, ${JSON.stringify(only)})`)) as PageReport;
    print(report, `Chromium ${browser.version()}`);
  } finally {
    await browser.close();
    server.close();
  }
}

function print({ devices, steps }: PageReport, browser: string): void {
  const names = Object.keys(devices);
  console.log(browser);
  for (const name of names) console.log(`  ${name.padEnd(7)} ${devices[name]}`);
  console.log(`\n${''.padEnd(32)}${names.map((name) => name.padStart(12)).join('')}   ms, the fastest step`);
  for (const [title, times] of Object.entries(steps)) {
    const cells = names.map((name) => (times[name]?.toFixed(1) ?? '–').padStart(12));
    console.log(`${title.padEnd(32)}${cells.join('')}`);
  }
}
