import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ArgumentError } from '../../../tensor/errors.ts';
import { readFile, writeFileAtomic } from '../../../tensor/io/file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vicinal-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('writes, reads, replaces, and leaves nothing beside', async () => {
  const path = join(folder, 'a.bin');
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
  await writeFileAtomic(path, new Uint8Array(2_000_000).fill(7).subarray(1));
  const bytes = await readFile(path);
  expect(bytes).toHaveLength(1_999_999);
  expect(bytes.every((byte) => byte === 7)).toBe(true);
  expect(bytes.constructor).toBe(Uint8Array);
  expect(await readdir(folder)).toEqual(['a.bin']);
});

test('says what is missing and what to do', async () => {
  await expect(readFile(join(folder, 'none'))).rejects.toThrow(ArgumentError);
  await expect(readFile('none.safetensors')).rejects.toThrow(
    "readFile: 'none.safetensors' does not exist; check the path",
  );
  await expect(readFile(folder)).rejects.toThrow('is a folder; name a file in it');
  await expect(writeFileAtomic(join(folder, 'none', 'x'), new Uint8Array(1))).rejects.toThrow(
    'is in a folder that does not exist; create it first',
  );
});

test('a write that fails leaves the old file and no other', async () => {
  const target = await mkdtemp(join(folder, 'taken-'));
  await writeFile(join(target, 'kept'), 'old');
  await expect(writeFileAtomic(target, Uint8Array.of(1))).rejects.toThrow(ArgumentError);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await readdir(target)).toEqual(['kept']);
});

test('in a page there is no file system', async () => {
  vi.stubGlobal('process', undefined);
  try {
    await expect(readFile('model.safetensors')).rejects.toThrow(
      "readFile: 'model.safetensors' cannot be opened, there is no file system here; fetch it and decode the bytes",
    );
    await expect(writeFileAtomic('x', new Uint8Array(1))).rejects.toThrow('offer the bytes as a download');
  } finally {
    vi.unstubAllGlobals();
  }
});
