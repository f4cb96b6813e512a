import { playwright } from '@vitest/browser-playwright';
import { resolve } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { SlowFirst } from './test/slowFirst.ts';
import { readEntryPoints } from './scripts/entryPoints.ts';
import { launchOptions } from './test/browser/chromium.ts';
import { useSoftwareDriver } from './test/gpu/driver.ts';

useSoftwareDriver();

/** What also runs in a page of a browser, on the page's WebGPU. */
const inPages = ['test/ops.test.ts', 'test/selfTest.test.ts', 'test/gpu/attention.test.ts'];
/** What runs nowhere else. */
const onlyInPages = 'test/**/*.page.test.ts';

/** What `npm test` leaves out on another Node; its --exclude does not reach a project that has its own. */
const excluded = JSON.parse(process.env['VICINAL_EXCLUDE'] ?? '[]') as string[];

export default defineConfig({
  resolve: {
    // The examples import the package by its name; tests run them from source.
    alias: readEntryPoints().map(({ name, source }) => ({
      find: new RegExp(`^${name}$`),
      replacement: resolve(import.meta.dirname, source),
    })),
  },
  test: {
    testTimeout: 60_000,
    sequence: { sequencer: SlowFirst },
    provide: { seed: Number(process.env['FAST_CHECK_SEED'] ?? 1) },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, onlyInPages, ...excluded],
          setupFiles: ['test/seed.ts', 'test/revectorized.ts'],
          pool: 'forks', // a process per file: memory() and RSS are counted per process
          maxWorkers: Number(process.env['VICINAL_WORKERS'] ?? 2),
        },
      },
      {
        extends: true,
        test: {
          name: 'page',
          include: [...inPages, onlyInPages],
          setupFiles: ['test/seed.ts'],
          globalSetup: ['test/browser/setup.ts'],
          sequence: { groupOrder: 1 }, // after the others: the browser has the machine for itself
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
