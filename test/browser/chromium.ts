import type { Browser } from 'playwright';
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';

const root = join(import.meta.dirname, '../..');
/** The folder of @sparticuz/chromium with its archives, or null where npm could not install it. */
const archives = findArchives();
/** The browser, the libraries that a system without a desktop may lack (NSS), and a GPU in software. */
const folder = archives && join(root, 'node_modules/.cache/chromium', `${versionOf(archives)} with SwiftShader`);

/** Why no browser can be had here, or null. `CHROMIUM=/usr/bin/chromium` names an installed one. */
export const noBrowser =
  process.env.CHROMIUM || (folder && process.platform === 'linux' && process.arch === 'x64')
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

/** Starts the browser. */
export async function launch(): Promise<Browser> {
  await unpack();
  const { chromium } = await import('playwright');
  return chromium.launch(launchOptions);
}

function findArchives(): string | null {
  const { resolve } = createRequire(join(root, 'scripts/chromium/package.json'));
  try {
    return join(dirname(resolve('@sparticuz/chromium')), '../../bin');
  } catch {
    return null;
  }
}

/**
 * Unpacks the browser where that was not done before. The package would unpack into the system's temporary folder, where
 * another version may lie or another process may be writing; here it is unpacked beside and then renamed.
 */
export async function unpack(): Promise<void> {
  if (process.env.CHROMIUM || noBrowser || existsSync(folder!)) return;
  const beside = `${folder!}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  const archive = (name: string): string => join(archives!, name);
  await pipeline(
    createReadStream(archive('chromium.br')),
    createBrotliDecompress({ chunkSize: 1 << 21 }),
    createWriteStream(join(beside, 'chromium'), { mode: 0o755 }),
  );
  for (const name of ['al2023.tar.br', 'swiftshader.tar.br'])
    execFileSync('tar', ['-x', '-C', beside], { input: brotliDecompressSync(readFileSync(archive(name))) });
  try {
    renameSync(beside, folder!);
  } catch (error) {
    rmSync(beside, { recursive: true });
    if (!existsSync(folder!)) throw error;
  }
}

function versionOf(bin: string): string {
  return (JSON.parse(readFileSync(join(bin, '../package.json'), 'utf8')) as { version: string }).version;
}
