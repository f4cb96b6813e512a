import type { Browser, Page } from 'playwright';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naMask, simulateTiles } from '../../index.ts';
import { launch, noBrowser } from './chromium.ts';
import { buildPlayground, isolation, openPlayground, photograph, servePlayground } from './playground.ts';
import type { Server } from './server.ts';

// The built playground in a real browser, as a visitor uses it.

const dist = join(import.meta.dirname, '../../dist/nn/index.js');

describe.skipIf(noBrowser)(`the playground${noBrowser ? `: skipped, ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let site: Server;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    if (!existsSync(dist)) throw new Error('dist/ is missing; npm run build makes it');
    [browser] = await Promise.all([launch(), buildPlayground()]);
    site = await servePlayground(isolation);
    ({ page, faults } = await openPlayground(browser, site));
  }, 120_000);
  afterAll(async () => {
    site?.close();
    await browser?.close();
  });

  const text = (id: string): Promise<string | null> => page.locator(`#${id}`).textContent();
  const slide = (label: string, value: number): Promise<void> =>
    page.getByLabel(label, { exact: true }).fill(`${value}`);

  describe('geometry', () => {
    test('shows what the library counts', async () => {
      await page.getByLabel('Example').selectOption({ label: 'an image, 7 × 7 around each token' });
      await slide('stride along X', 3);
      await slide('keyTileSize along Y', 5);
      const { usefulShare, visitedExact, visitedAligned, dense } = simulateTiles([16, 16], {
        kernelSize: 7,
        stride: [3, 1],
        queryTileSize: [4, 4],
        keyTileSize: [4, 5],
      });
      expect(await text('share-number')).toBe(`${(100 * usefulShare).toFixed(0)} %`);
      const numbers = await page.locator('#geometry-facts dd').allTextContents();
      expect(numbers).toEqual([visitedExact, visitedAligned, dense].map(String));
    });

    test('moves the query by keys and by pointer, and counts the mask’s row and column', async () => {
      using mask = naMask([16, 16], { kernelSize: 7, stride: [3, 1] });
      const pairs = (await mask.array()) as boolean[][];
      const expected = (row: number, column: number): string => {
        const token = row * 16 + column;
        const keys = pairs[token]!.filter(Boolean).length;
        const queries = pairs.filter((seen) => seen[token]).length;
        return `Query (${row}, ${column}) sees ${keys} of 256 keys; ${queries} queries see it.`;
      };
      const canvas = page.locator('#geometry-tokens');
      await canvas.press('Home');
      await canvas.press('ArrowUp');
      expect(await text('geometry-status')).toContain(expected(7, 0));
      await canvas.press('ArrowRight');
      expect(await text('geometry-status')).toContain(expected(7, 1));
      const { width, height } = (await canvas.boundingBox())!;
      await canvas.hover({ position: { x: (width * 12.5) / 16, y: (height * 3.5) / 16 } });
      expect(await text('geometry-status')).toContain(expected(3, 12));
    });

    test('says of a problem that there is not what the library says', async () => {
      await slide('dilation along Y', 3);
      const tiles = { queryTileSize: [4, 4], keyTileSize: [4, 5] };
      const problem = { kernelSize: 7, stride: [3, 1], dilation: [1, 3], ...tiles };
      let sentence = '';
      try {
        simulateTiles([16, 16], problem);
      } catch (error) {
        sentence = (error as Error).message;
      }
      expect(sentence).toContain('use dilation <= 2');
      expect(await page.getByRole('alert').textContent()).toBe(sentence);
      await slide('dilation along Y', 1);
      expect(await page.getByRole('alert').count()).toBe(0);
    });

    test('takes one and three axes', async () => {
      await page.getByLabel('Example').selectOption({ label: 'sound: causal and dilated' });
      expect(await text('geometry-status')).toContain('Query 32 sees 8 of 64 keys; 8 queries see it.');
      await page.getByLabel('Example').selectOption({ label: 'video: causal in time, local in space' });
      expect(await text('geometry-status')).toContain('Query (3, 4, 4) sees 27 of 384 keys; 27 queries see it.');
      await page.locator('#geometry-tokens').press('PageUp');
      expect(await text('geometry-status')).toContain('Query (2, 4, 4)');
    });

    test('fits the screen', async () => {
      expect(await photograph(page, 'geometry-video')).toEqual([0, 0, 0, 0]);
      await page.getByLabel('Example').selectOption({ label: 'an image, 7 × 7 around each token' });
      expect(await photograph(page, 'geometry')).toEqual([0, 0, 0, 0]);
    });
  });

  test('asked for nothing elsewhere, and nothing went wrong', () => expect(faults).toEqual([]));
});
