import type { Browser } from 'playwright';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser } from './chromium.ts';
import { buildPlayground, isolation, numberOf, openPlayground, ready, reset, train } from './playground.ts';
import { serve, type Server } from './server.ts';

// The built playground's training on WebGPU and WebGL, and where a page has next to nothing.

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

  const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

  /** The loss of each step of a new network's training there. */
  async function lossesOn(page: Page, name: string, where: string): Promise<number[]> {
    await page.getByRole('radio', { name }).check();
    await page.locator('#train-where', { hasText: `On ${where}: ` }).waitFor({ timeout: 0 });
    await reset(page, { batch: 2, rate: 0.005, kernelSize: 3, dim: 16, tests: 2 }); // as above
    const losses: number[] = [];
    for (let step = 1; step <= 60; step++) {
      await page.locator('#train-step').click();
      await ready(page);
      expect(await numberOf(page, 'step')).toBe(step);
      losses.push(await numberOf(page, 'loss'));
    }
    return losses;
  }

  test('learns on WebGL what it learns on the CPU, step by step, with a package that nobody else loads', async () => {
    const { page, faults } = await openPlayground(browser, site);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.getByRole('link', { name: 'Train' }).click();
    await ready(page);
    const want = await lossesOn(page, 'CPU', 'the CPU');
    expect(asked.filter((address) => /gpu-browser/.test(address))).toEqual([]);
    const got = await lossesOn(page, 'WebGL', 'WebGL');
    expect(asked.filter((address) => /gpu-browser/.test(address))).toHaveLength(1);
    expect(meanOf(want.slice(-20))).toBeLessThan(0.95 * meanOf(want.slice(0, 20)));
    // The page shows three decimals; where they are rounded, the last may differ by one.
    got.forEach((loss, i) => expect(Math.abs(loss - want[i]!), `step ${i + 1}`).toBeLessThan(0.0015));
    expect(faults).toEqual([]);
  }, 600_000);

  test('without WebGPU, gpu.js and isolation it says why, and works on one thread of the CPU', async () => {
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
    await page.route(/gpu-browser/, (route) => route.abort());
    await page.locator('input[value="webgl"]').click();
    await page.locator('#train-reasons', { hasText: 'WebGL did not start. ' }).waitFor();
    expect(await page.locator('#train-reasons').textContent()).toContain('gpu.js could not be loaded');
    expect(await page.getByRole('radio', { name: 'CPU' }).isChecked()).toBe(true);
    await page.locator('#train-step').click();
    await ready(page);
    expect(await numberOf(page, 'step')).toBe(2);
  });
});
