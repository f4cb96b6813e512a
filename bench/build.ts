// Compiles the bench to bench/dist: it measures the package as it is shipped, in processes that no loader slows.

import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { unfused } from '../kernels/runtime/cpu/unfused.ts';
import { compileKernels, readSources } from '../scripts/build-kernels.mjs';

const target = 'bench/dist';
/** One process each; `run` asks the others. */
const entries = ['run.ts', 'ours.ts', 'mpi/rank.ts', 'peers/tfjs.ts', 'peers/jax.ts', 'peers/onnx.ts'];

/** Imports of what the package ships come from dist/. */
const shipped: Plugin = {
  name: 'shipped',
  setup: (bundle) => {
    const fromDist = (file: string): { path: string; external: true } | undefined => {
      const path = `dist/${file.replace(/\.ts$/, '.js')}`;
      return existsSync(path) ? { path: relative(target, path).replaceAll('\\', '/'), external: true } : undefined;
    };
    bundle.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) =>
      fromDist(relative('.', resolve(resolveDir, path)).replaceAll('\\', '/')),
    );
    bundle.onResolve({ filter: /^vicinal(\/nn)?$/ }, ({ path }) =>
      fromDist(path === 'vicinal' ? 'index.ts' : 'nn/index.ts'),
    );
  },
};

/** The limits' loops, with relaxed SIMD and without. */
async function buildLimits(): Promise<void> {
  const path = 'bench/limits.as.ts';
  const sources = readSources().set(path, readFileSync(path, 'utf8'));
  const bytes = await compileKernels(sources, [path]);
  writeFileSync(`${target}/limits.relaxed.wasm`, bytes);
  writeFileSync(`${target}/limits.base.wasm`, unfused(bytes));
}

/** Run from the root of the repository, after `npm run build`. */
export async function buildBench(): Promise<void> {
  mkdirSync(target, { recursive: true });
  await buildLimits();
  await build({
    entryPoints: entries.map((entry) => `bench/${entry}`),
    outdir: target,
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [shipped],
    logLevel: 'warning',
  });
}
