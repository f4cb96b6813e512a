import type { Browser, Page } from 'playwright';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, naMask, simulateTiles } from '../../index.ts';
import { withPrefix } from '../../nn/index.ts';
import { launch, noBrowser } from './chromium.ts';
import { buildPlayground, isolation, numberOf, openPlayground, photograph, ready, reset, train } from './playground.ts';
import { serve, type Server } from './server.ts';

// The built playground in a real browser, as a visitor uses it.

const dist = join(import.meta.dirname, '../../dist/nn/index.js');

describe.skipIf(noBrowser)(`the playground${noBrowser ? `: skipped, ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let site: Server;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    if (!existsSync(dist)) throw new Error('dist/ is missing; npm run build makes it');
    const [started, folders] = await Promise.all([launch(), buildPlayground('site')]);
    browser = started;
    site = await serve({}, isolation, folders);
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

  describe('training', () => {
    const weights = async (): Promise<Buffer> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#train-save').click()]);
      return readFile(await download.path());
    };
    const load = (name: string, buffer: Buffer): Promise<void> =>
      page.locator('#train-load').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });

    beforeAll(async () => {
      await page.getByRole('link', { name: 'Train' }).click();
      await ready(page);
    });

    test('takes the CPU where WebGPU has no GPU, and says so', async () => {
      expect(await text('train-where')).toMatch(/^On the CPU: (\d+ threads|one thread)\.$/);
      expect(await text('train-reasons')).toContain('WebGPU has only an adapter in software');
    });

    test('has a sentence for each setting that is none', async () => {
      const wrong = { batch: '-3', rate: '1e9', kernelSize: '8', dim: '17', seed: 'x', tests: '' };
      for (const [field, value] of Object.entries(wrong)) await page.locator(`#setting-${field}`).fill(value);
      await page.getByRole('button', { name: 'Reset' }).click();
      expect(await page.locator('.field-fault').allTextContents()).toEqual([
        'Batch is -3; it must be a whole number from 1 to 256.',
        'Learning rate is 1e9; it must be above 0 and at most 1.',
        'Kernel size is 8; it must be a whole number from 1 to 7, as the second level has 7 × 7 tokens.',
        'Channels is 17; it must be a multiple of 16 from 16 to 128, as each head takes 16.',
        'Seed is x; it must be a whole number from 0 to 4,294,967,295.',
        'Test digits is empty; it must be a whole number from 1 to 1,000.',
      ]);
      await reset(page, { batch: 16, rate: 0.003, kernelSize: 5, dim: 32, seed: 1, tests: 100 });
      expect(await page.locator('.field-fault:visible').count()).toBe(0);
    });

    test('learns on the CPU', async () => {
      const first = await train(page, 20);
      expect(await train(page, 130)).toBeLessThan(0.8 * first);
      expect(await numberOf(page, 'speed')).toBeGreaterThan(0);
      expect(await text('number-bytes')).toMatch(/^\d+(\.\d)? MB$/);
      expect(await text('number-test')).toMatch(/^\d+ %$/);
      expect(await photograph(page, 'train')).toEqual([0, 0, 0, 0]);
    }, 240_000);

    test('a wrong file is refused in a sentence, and the network stays as it was', async () => {
      const before = await weights();
      const other = { 'model.head.weight': { dtype: 'float32' as const, shape: [1], data: Float32Array.of(1) } };
      for (const [name, file, sentence] of [
        ['photo.jpg', Buffer.from('not weights at all'), 'decodeSafetensors: '],
        ['half.safetensors', before.subarray(0, before.length / 2), 'decodeSafetensors: '],
        ['other.safetensors', Buffer.from(encodeSafetensors(other)), 'loadStateDict: '],
      ] as const) {
        await load(name, file);
        const alert = page.locator('#train-fault', { hasText: name });
        await alert.waitFor();
        expect(await alert.textContent()).toContain(
          `${name} was not loaded, and the network stays as it was. ${sentence}`,
        );
      }
      expect((await weights()).equals(before)).toBe(true);
    });

    test('weights come back from a file, and move to another device and back as they are', async () => {
      const trained = await weights();
      await reset(page, {});
      expect((await weights()).equals(trained)).toBe(false);
      const checkpoint = withPrefix('model', decodeSafetensors(trained).tensors);
      for (const [name, file] of [
        ['step-0000150.safetensors', Buffer.from(encodeSafetensors(Object.fromEntries(checkpoint)))],
        ['best.safetensors', trained],
      ] as const) {
        await load(name, file);
        await page.locator('#train-status', { hasText: `Weights of ${name}` }).waitFor();
        expect((await weights()).equals(trained)).toBe(true);
      }
      for (const [device, where] of [
        ['WebGPU', 'On WebGPU: '],
        ['CPU', 'On the CPU: '],
      ] as const) {
        await page.getByRole('radio', { name: device }).check();
        await page.locator('#train-where', { hasText: where }).waitFor();
        await ready(page);
        expect((await weights()).equals(trained)).toBe(true);
      }
    });
  });

  describe('looking', () => {
    beforeAll(async () => {
      await page.getByRole('link', { name: 'Look' }).click();
      await page.locator('#look-digits button').first().waitFor();
    });

    /** Draws lines on the pad, through points from 0 to 1. */
    async function draw(...points: [x: number, y: number][]): Promise<void> {
      await page.getByRole('button', { name: 'Clear' }).click();
      const { x, y, width, height } = (await page.locator('#look-pad').boundingBox())!;
      const [first, ...rest] = points.map(([right, down]) => [x + right * width, y + down * height] as const);
      await page.mouse.move(...first!);
      await page.mouse.down();
      for (const point of rest) await page.mouse.move(...point, { steps: 4 });
      await page.mouse.up();
    }

    test('reads a drawn digit', async () => {
      await draw([0.56, 0.15], [0.5, 0.5], [0.46, 0.85]);
      await page.locator('#look-status', { hasText: 'It reads 1' }).waitFor();
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.locator('#look-status', { hasText: 'Draw a digit' }).waitFor();
    });

    test('reads a test digit picked by keyboard, and shows who attends', async () => {
      await page.getByRole('button', { name: 'labelled 1' }).first().press('Enter');
      await page.locator('#look-status', { hasText: 'It reads 1' }).waitFor();
      expect(await page.locator('#look-maps small').allTextContents()).toEqual([
        '14 × 14 tokens, 5 × 5 keys, 2 heads',
        '7 × 7 tokens, 5 × 5 keys, 4 heads',
        '7 × 7 tokens, 5 × 5 keys, 4 heads',
      ]);
      const map = page.locator('#look-maps canvas').first();
      const before = await map.screenshot();
      await page.locator('#look-attention').press('ArrowDown');
      expect((await map.screenshot()).equals(before)).toBe(false);
      expect(await photograph(page, 'look')).toEqual([0, 0, 0, 0]);
    });
  });

  test('asked for nothing elsewhere, and nothing went wrong', () => expect(faults).toEqual([]));
});
