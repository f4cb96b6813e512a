import type { Browser, Page } from 'playwright';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import type { Server } from './server.ts';

const folder = join(import.meta.dirname, '../../examples/playground');
/** Where the pictures of the rooms go. */
const pictures = join(folder, 'out/screens');

/** With these, threads may share memory. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Builds the page as `npm run playground:build` does, into a folder of its name; what a site of it is served from. */
export async function buildPlayground(name: string): Promise<Record<string, string>> {
  const outDir = join(folder, 'out', name);
  await build({ root: folder, logLevel: 'error', build: { outDir } });
  return { '/some/folder/': outDir }; // it works from any
}

/** Waits until the training room can begin. */
export async function ready(page: Page): Promise<void> {
  await page.locator('#train-run:enabled', { hasText: 'Train' }).waitFor({ timeout: 0 }); // the test has one
}

export async function numberOf(page: Page, name: string): Promise<number> {
  const text = (await page.locator(`#number-${name}`).textContent()) ?? '';
  return Number(text.replace(/^.*: /, '').replaceAll(',', ''));
}

/** Trains for at least so many steps. Gives back the mean loss of the last 20. */
export async function train(page: Page, steps: number): Promise<number> {
  const until = (await numberOf(page, 'step')) + steps;
  await page.locator('#train-run').click();
  while ((await numberOf(page, 'step')) < until) await page.waitForTimeout(50);
  await page.locator('#train-run').click();
  await ready(page);
  return numberOf(page, 'mean');
}

/** Types settings and makes a network of them. */
export async function reset(page: Page, settings: Readonly<Record<string, number>>): Promise<void> {
  for (const [field, value] of Object.entries(settings)) await page.locator(`#setting-${field}`).fill(String(value));
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.locator('#train-status', { hasText: 'not yet trained' }).waitFor();
}

/** A page of the site, and what went wrong in it. */
export async function openPlayground(
  browser: Browser,
  { origin }: Pick<Server, 'origin'>,
): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: wide, locale: 'en-US' });
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(origin)) faults.push(`asks ${request.url()}`);
  });
  await page.goto(`${origin}/some/folder/index.html`);
  return { page, faults };
}

const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };

/** Takes a room's picture at both widths, light and dark. Gives back by how much the page is wider than the screen. */
export async function photograph(page: Page, room: string): Promise<number[]> {
  mkdirSync(pictures, { recursive: true });
  const overflows: number[] = [];
  for (const viewport of [narrow, wide])
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      overflows.push(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'));
      await page.screenshot({ path: join(pictures, `${room}-${viewport.width}-${colorScheme}.png`), fullPage: true });
    }
  return overflows;
}
