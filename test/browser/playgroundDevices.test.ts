import type { Browser } from 'playwright';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser } from './chromium.ts';
import { buildPlayground, isolation, numberOf, openPlayground, ready, reset, train } from './playground.ts';
import { serve, type Server } from './server.ts';

// The built playground's training on WebGPU, and where a page has next to nothing.

const dist = join(import.meta.dirname, '../../dist/nn/index.js');
/** A page of such a site is no secure context, so it has neither WebGPU nor shared memory. */
const insecure = 'insecure.test';

describe.skipIf(noBrowser)(`the playground's devices${noBrowser ? `: skipped, ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let site: Server;
  let bare: Server;

  beforeAll(async () => {
    if (!existsSync(dist)) throw new Error('dist/ is missing; npm run build makes it');
    const flag = `--host-resolver-rules=MAP ${insecure} 127.0.0.1`;
    const [started, folders] = await Promise.all([launch(flag), buildPlayground('site-devices')]);
    browser = started;
    [site, bare] = await Promise.all([serve({}, isolation, folders), serve({}, {}, folders)]);
  }, 120_000);
  afterAll(async () => {
    site?.close();
    bare?.close();
    await browser?.close();
  });

  test('learns on WebGPU', async () => {
    const { page, faults } = await openPlayground(browser, site);
    await page.getByRole('link', { name: 'Train' }).click();
    await ready(page);
    await page.getByRole('radio', { name: 'WebGPU' }).check();
    await page.locator('#train-where', { hasText: 'On WebGPU: ' }).waitFor();
    await reset(page, { batch: 2, rate: 0.01, kernelSize: 3, dim: 16, tests: 2 }); // a GPU in software is slow
    const first = await train(page, 20);
    expect(await train(page, 40)).toBeLessThan(0.95 * first);
    expect(await numberOf(page, 'step')).toBeGreaterThanOrEqual(60);
    expect(await page.locator('#train-where').textContent()).toContain('On WebGPU: ');
    expect(faults).toEqual([]);
  }, 240_000);

  test('without WebGPU and isolation it says why, and works on one thread of the CPU', async () => {
    const origin = bare.origin.replace('127.0.0.1', insecure);
    const { page, faults } = await openPlayground(browser, { origin });
    await page.getByRole('link', { name: 'Train' }).click();
    await ready(page);
    expect(await page.locator('#train-where').textContent()).toBe('On the CPU: one thread.');
    const reasons = await page.locator('#train-reasons').textContent();
    expect(reasons).toContain('WebGPU did not start. ');
    expect(reasons).toContain('Threads are off: ');
    await page.locator('#train-step').click();
    await ready(page);
    expect(await numberOf(page, 'step')).toBe(1);
    await page.locator('input[value="webgpu"]').click();
    await ready(page);
    expect(await page.getByRole('radio', { name: 'CPU' }).isChecked()).toBe(true);
    expect(faults).toEqual([]);
  });
});
