// What npm package @sparticuz/chromium brings: a browser and SwiftShader, compressed.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');

/** The folder of its archives, or null where npm could not install it or it is for other machines. */
const archives = findArchives();

function findArchives(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const { resolve } = createRequire(join(root, 'scripts/chromium/package.json'));
  try {
    return join(dirname(resolve('@sparticuz/chromium')), '../../bin');
  } catch {
    return null;
  }
}

/** Where `unpackOnce(name)` puts files; null where there is nothing to unpack. */
export function unpackedFolder(name: string): string | null {
  if (!archives) return null;
  const { version } = JSON.parse(readFileSync(join(archives, '../package.json'), 'utf8')) as { version: string };
  return join(root, 'node_modules/.cache', name, version);
}

/**
 * Unpacks archives where that was not done before. The package would unpack into the system's temporary folder, where another
 * version may lie or another process may be writing; here it is unpacked beside and then renamed.
 *
 * @param names of its archives: an archive of files `x.tar.br`, or one program `x.br`
 */
export function unpackOnce(name: string, names: readonly string[]): void {
  const folder = unpackedFolder(name);
  if (!folder || existsSync(folder)) return;
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  for (const archive of names) {
    const bytes = brotliDecompressSync(readFileSync(join(archives!, archive)));
    if (archive.endsWith('.tar.br')) execFileSync('tar', ['-x', '-C', beside], { input: bytes });
    else writeFileSync(join(beside, archive.replace('.br', '')), bytes, { mode: 0o755 });
  }
  try {
    renameSync(beside, folder);
  } catch (error) {
    rmSync(beside, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}
