// A GPU for machines without one: the software driver that comes with the browser of the tests.

import { join } from 'node:path';
import { unpackedFolder, unpackOnce } from '../chromiumArchives.ts';

/**
 * Makes this process and those that it starts use SwiftShader, unless `VK_DRIVER_FILES` names a driver. Call it before the
 * tests' processes start: where libraries are looked for is read only then.
 */
export function useSoftwareDriver(): void {
  const folder = unpackedFolder('swiftshader');
  if (process.env['VK_DRIVER_FILES'] || !folder) return;
  unpackOnce('swiftshader', ['swiftshader.tar.br']);
  process.env['VK_DRIVER_FILES'] = join(folder, 'vk_swiftshader_icd.json');
  process.env['LD_LIBRARY_PATH'] = [folder, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
}
