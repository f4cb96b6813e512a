import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build as buildSite } from 'vite';
import { newerNode } from '../scripts/newer-node.ts';
import { launch, noBrowser } from './browser/chromium.ts';
import { serve } from './browser/server.ts';

// What a user gets: the packed package, installed into a fresh project without a network, run by plain Node and in pages.
const project = mkdtempSync(join(tmpdir(), 'vicinal-package-'));
const installed = join(project, 'node_modules/vicinal');

beforeAll(() => {
  if (!existsSync('dist/index.js')) throw new Error('dist/ is missing; npm run build makes it');
  const packed = run('npm', ['pack', '--silent', '--pack-destination', project]).trim();
  run('npm', ['init', '-y'], project);
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${packed}`], project);
}, 60_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(command: string, args: string[], cwd = '.'): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Runs a program of the project until it ends by itself, which it must within the time of the test. */
function runProgram(
  node: string,
  source: string,
  name = 'program.mjs',
): Promise<{ code: number | null; output: string }> {
  const path = join(project, name);
  writeFileSync(path, source);
  return new Promise((resolve) => {
    const child = spawn(node, [path], { cwd: project, timeout: 30_000 });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Big enough a product that the worker threads are started: they must not keep the process alive. */
const training = `
import { manualSeed, randn, randint, scope, setThreads } from 'vicinal';
import * as nn from 'vicinal/nn';
import { defineOp } from 'vicinal/kernels';

manualSeed(0);
setThreads(2);
const model = new nn.Linear(256, 256);
const optimizer = new nn.optim.AdamW(model.parameters(), { lr: 1e-2 });
const [x, y] = [randn([512, 256]), randint(0, 256, [512])];
const losses = [];
for (let step = 0; step < 5; step++) {
  const loss = scope(() => {
    optimizer.zeroGrad();
    const loss = nn.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  losses.push(await loss.item());
}
console.log(typeof defineOp, losses.at(-1) < losses[0] ? 'learns' : losses.join(' '));
`;

/** Loops that end in each way there is; none may keep the process alive, nor may workers that are kept. */
const loading = `
import * as nn from 'vicinal/nn';
import { dataset } from './samples.mjs';

const worker = new URL('./samples.worker.mjs', import.meta.url);
for (const numWorkers of [0, 2]) {
  const loader = new nn.data.DataLoader(dataset, { batchSize: 2, worker, numWorkers, persistentWorkers: true });
  const seen = [];
  for await (const { x } of loader) seen.push(...x.dataNow());
  for await (const { x } of loader) if (x.size > 0) break;
  await loader[Symbol.asyncIterator]().next();
  console.log(seen.join(' '));
}
`;
const samples = {
  'samples.mjs': 'export const dataset = { size: 5, get: (i) => ({ x: i / 2 }) };',
  'samples.worker.mjs': `import * as nn from 'vicinal/nn';
    import { dataset } from './samples.mjs';
    nn.data.serveBatches({ dataset });`,
};

describe('the packed package', () => {
  const learns = { code: 0, output: 'function learns\n' };
  const trains = (node: string) => async () => expect(await runProgram(node, training)).toEqual(learns);

  test('trains, and the process ends by itself', trains(process.execPath));
  test.runIf(newerNode)('does so on a newer Node', trains(newerNode ?? ''));

  test('does so bundled: what it does on import is not shaken off', async () => {
    const stdin = { contents: training, resolveDir: project };
    const { outputFiles } = await build({ stdin, bundle: true, platform: 'node', format: 'esm', write: false });
    expect(await runProgram(process.execPath, outputFiles[0]?.text ?? '')).toEqual(learns);
  });

  const makes = (node: string) => async () => {
    for (const [name, text] of Object.entries(samples)) writeFileSync(join(project, name), text);
    expect(await runProgram(node, loading)).toEqual({ code: 0, output: '0 0.5 1 1.5 2\n'.repeat(2) });
  };
  test('makes batches in workers, and the process ends by itself', makes(process.execPath));
  test.runIf(newerNode)('does so on a newer Node', makes(newerNode ?? ''));

  test('has no dependencies and no install script', () => {
    const { dependencies, optionalDependencies, scripts } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string> | undefined>;
    expect([dependencies, optionalDependencies]).toEqual([undefined, undefined]);
    expect(Object.keys(scripts ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
  });

  test('brings nothing else along: its peers are optional', () =>
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['vicinal']));

  test('a page that does not ask for WebGL loads nothing of gpu.js, where that is installed', async () => {
    const { metafile } = await build({
      stdin: { contents: "export * from './dist/index.js'; export * from './dist/nn/index.js';", resolveDir: '.' },
      bundle: true,
      splitting: true,
      format: 'esm',
      external: ['node:*'],
      outdir: 'site',
      write: false,
      metafile: true,
    });
    const holdsGpuJs = (path: string): boolean =>
      Object.keys(metafile.outputs[path]!.inputs).some((input) => input.includes('node_modules/gpu.js/'));
    const loaded = new Set(['site/stdin.js']);
    for (const path of loaded)
      for (const { path: next, kind, external } of metafile.outputs[path]!.imports)
        if (kind === 'import-statement' && !external) loaded.add(next);
    expect([...loaded].filter(holdsGpuJs)).toEqual([]);
    expect(Object.keys(metafile.outputs).filter(holdsGpuJs)).toHaveLength(1); // fetched once it is asked for
  });
});

/** The part of a page of the documentation that a pattern finds. */
function partOf(page: string, pattern: RegExp): string {
  const found = pattern.exec(readFileSync(page, 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${page} has nothing like ${String(pattern)}`);
  return found;
}

function toJavaScript(source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

describe("the README's training loop in a fresh folder", () => {
  const loop = partOf('README.md', /## A training loop\n+```ts\n([\s\S]*?)```/).replace('/tmp/', '');
  /** Without its last line: a page has no files to save to. */
  const inPages = loop.replace(/^await nn\.saveSafetensors.*\n/m, '');
  const importMap = partOf('manual/start.md', /(<script type="importmap">[\s\S]*?<\/script>)/);
  const icon = '<!doctype html><link rel="icon" href="data:,">';

  /** What it prints under this Node. */
  let losses: number[] = [];
  beforeAll(async () => {
    losses = await train(process.execPath, toJavaScript(loop));
  });

  async function train(...program: Parameters<typeof runProgram>): Promise<number[]> {
    const { code, output } = await runProgram(...program);
    expect(code, output).toBe(0);
    return output.trim().split('\n').map(Number);
  }

  /** The same seed, data and steps: all that may differ is rounding. */
  const expectSame = (others: number[]): void => {
    expect(others).toHaveLength(losses.length);
    for (const [i, loss] of losses.entries()) expect(others[i]).toBeCloseTo(loss, 3);
  };

  test('prints four losses about those of ten equal classes, and saves the network', () => {
    expect(losses).toHaveLength(4);
    for (const loss of losses) expect(Math.abs(loss - Math.log(10))).toBeLessThan(0.2);
    expect(statSync(join(project, 'net.safetensors')).size).toBeGreaterThan(10_000);
  });

  test.runIf(newerNode)('does the same under a newer Node, as TypeScript', async () =>
    expectSame(await train(newerNode ?? '', loop, 'program.mts')),
  );

  /** What /index.html of a site writes to the console until it has written four lines, or fails. */
  async function visit(...site: Parameters<typeof serve>): Promise<number[]> {
    const [server, browser] = await Promise.all([serve(...site), launch()]);
    try {
      const page = await browser.newPage();
      const lines: string[] = [];
      const done = new Promise<void>((resolve, reject) => {
        page.on('pageerror', reject);
        page.on('console', (message) => lines.push(message.text()) === 4 && resolve());
      });
      await page.goto(`${server.origin}/index.html`);
      await done;
      return lines.map(Number);
    } finally {
      await browser.close();
      server.close();
    }
  }

  test.skipIf(noBrowser)('does so in a page that Vite built', async () => {
    writeFileSync(join(project, 'main.ts'), inPages);
    writeFileSync(join(project, 'index.html'), `${icon}<script type="module" src="./main.ts"></script>`);
    const target = 'es2022';
    await buildSite({ root: project, configFile: false, logLevel: 'error', build: { outDir: 'site', target } });
    const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    expectSame(await visit({}, isolation, { '/': join(project, 'site') }));
  });

  test.skipIf(noBrowser)('does so in a plain page, by an import map', async () => {
    const page = `${icon}${importMap}<script type="module">${toJavaScript(inPages)}</script>`;
    const folders = { '/node_modules/': join(project, 'node_modules') };
    expectSame(await visit({ '/index.html': page }, {}, folders));
  });
});
