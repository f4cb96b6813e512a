import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes the folder of the file that `flag` names and tries the file, so that an epoch is not spent in vain. */
export async function prepareOutput(flag: string, path: string): Promise<void> {
  try {
    await makeFolder(dirname(resolve(path)));
    await using file = await open(path, 'a');
    const stats = await file.stat();
    if (stats.isFile() && stats.size === 0) await rm(path);
  } catch (error) {
    throw new Error(`--${flag} ${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Folder by folder: under /proc, which has no room for folders, Node's own recursive mkdir never returns. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeFolder(dirname(folder));
  await mkdir(folder);
}
