import type { Browser } from 'playwright';
import { join } from 'node:path';
import { unpackedFolder, unpackOnce } from '../chromiumArchives.ts';

/** The browser, the libraries that a system without a desktop may lack (NSS), and a GPU in software. */
const name = 'chromium with SwiftShader';
const folder = unpackedFolder(name);

/** Why no browser can be had here, or null. `CHROMIUM=/usr/bin/chromium` names an installed one. */
export const noBrowser =
  process.env.CHROMIUM || folder
    ? null
    : '@sparticuz/chromium is not installed or not for this platform; name a Chromium in CHROMIUM';

/** What playwright needs to start the browser, after `unpack()`. In its pages WebGPU is SwiftShader, whatever the machine has. */
export const launchOptions = {
  executablePath: process.env.CHROMIUM ?? (noBrowser ? `(${noBrowser})` : join(folder!, 'chromium')),
  args: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  ...(process.env.CHROMIUM || noBrowser
    ? {}
    : { env: { ...process.env, LD_LIBRARY_PATH: join(folder!, 'lib') } as Record<string, string> }),
};

/** Starts the browser, with more flags. */
export async function launch(...args: string[]): Promise<Browser> {
  unpack();
  const { chromium } = await import('playwright');
  return chromium.launch({ ...launchOptions, args: [...launchOptions.args, ...args] });
}

/** Unpacks the browser where that was not done before. */
export function unpack(): void {
  if (!process.env.CHROMIUM) unpackOnce(name, ['chromium.br', 'al2023.tar.br', 'swiftshader.tar.br']);
}
