import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { useSoftwareDriver } from './test/gpu/driver.ts';

useSoftwareDriver();

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // The examples import the package by its name; tests run them from source.
    alias: [
      { find: /^vicinal$/, replacement: source('./index.ts') },
      { find: /^vicinal\/(nn|kernels)$/, replacement: source('./$1/index.ts') },
      { find: /^vicinal\/(libnatten|natten)$/, replacement: source('./kernels/neighborhood/natten/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    pool: 'forks', // a process per file: memory() and RSS are counted per process
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
