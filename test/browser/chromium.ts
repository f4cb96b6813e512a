import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';

const root = join(import.meta.dirname, '../..');
/** The folder of @sparticuz/chromium with its archives, or null where npm could not install it. */
const archives = findArchives();

/** Why no browser can be had here, or null. `CHROMIUM=/usr/bin/chromium` names an installed one. */
export const noBrowser =
  process.env.CHROMIUM || (archives && process.platform === 'linux' && process.arch === 'x64')
    ? null
    : '@sparticuz/chromium is not installed or not for this platform; name a Chromium in CHROMIUM';

/** Starts the browser. */
export async function launch(): Promise<Browser> {
  if (process.env.CHROMIUM) return chromium.launch({ executablePath: process.env.CHROMIUM });
  const folder = await unpacked();
  // The libraries are those that a system without a desktop may lack (NSS).
  const env = { ...process.env, LD_LIBRARY_PATH: join(folder, 'lib') } as Record<string, string>;
  return chromium.launch({ executablePath: join(folder, 'chromium'), env, args: ['--disable-gpu'] });
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
 * The folder with the unpacked browser. The package would unpack into the system's temporary folder, where another
 * version may lie or another process may be writing; here it is unpacked beside and then renamed.
 */
async function unpacked(): Promise<string> {
  const folder = join(root, 'node_modules/.cache/chromium', versionOf(archives!));
  if (existsSync(folder)) return folder;
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  const archive = (name: string): string => join(archives!, name);
  await pipeline(
    createReadStream(archive('chromium.br')),
    createBrotliDecompress({ chunkSize: 1 << 21 }),
    createWriteStream(join(beside, 'chromium'), { mode: 0o755 }),
  );
  execFileSync('tar', ['-x', '-C', beside], { input: brotliDecompressSync(readFileSync(archive('al2023.tar.br'))) });
  try {
    renameSync(beside, folder);
  } catch (error) {
    rmSync(beside, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function versionOf(bin: string): string {
  return (JSON.parse(readFileSync(join(bin, '../package.json'), 'utf8')) as { version: string }).version;
}
