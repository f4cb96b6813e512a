// A GPU for machines without one: the software driver that comes with the browser of the tests.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const root = join(import.meta.dirname, '../..');

/**
 * Makes this process and those that it starts use SwiftShader, unless `VK_DRIVER_FILES` names a driver. Call it before the
 * tests' processes start: where libraries are looked for is read only then.
 */
export function useSoftwareDriver(): void {
  if (process.env['VK_DRIVER_FILES'] || process.platform !== 'linux' || process.arch !== 'x64') return;
  const folder = unpacked();
  if (!folder) return;
  process.env['VK_DRIVER_FILES'] = join(folder, 'vk_swiftshader_icd.json');
  process.env['LD_LIBRARY_PATH'] = [folder, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
}

/** The folder with the driver and Vulkan's loader; null where npm could not install the browser. */
function unpacked(): string | null {
  const { resolve } = createRequire(join(root, 'scripts/chromium/package.json'));
  let bin: string;
  try {
    bin = join(dirname(resolve('@sparticuz/chromium')), '../../bin');
  } catch {
    return null;
  }
  const { version } = JSON.parse(readFileSync(join(bin, '../package.json'), 'utf8')) as { version: string };
  const folder = join(root, 'node_modules/.cache/swiftshader', version);
  if (existsSync(folder)) return folder;
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  execFileSync('tar', ['-x', '-C', beside], {
    input: brotliDecompressSync(readFileSync(join(bin, 'swiftshader.tar.br'))),
  });
  try {
    renameSync(beside, folder);
  } catch (error) {
    rmSync(beside, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
