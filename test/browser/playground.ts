import type { Browser, Page } from 'playwright';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { serve, type Server } from './server.ts';

const folder = join(import.meta.dirname, '../../examples/playground');
/** Where the pictures of the rooms go. */
const pictures = join(folder, 'out/screens');

/** With these, threads may share memory. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Builds the page as `npm run playground:build` does. */
export async function buildPlayground(): Promise<void> {
  await build({ root: folder, logLevel: 'warn' });
}

/** The built page in a folder of a site with these headers: it works from any. */
export function servePlayground(headers: Record<string, string>): Promise<Server> {
  return serve({}, headers, { '/some/folder/': join(folder, 'out/site') });
}

/** A page of the site, and what went wrong in it. */
export async function openPlayground(browser: Browser, { origin }: Server): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: wide });
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
