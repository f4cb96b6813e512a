import type * as FileSystem from 'node:fs/promises';
import { ArgumentError } from '../errors.ts';

/** What went wrong with a path, by Node's error code, and what to do. */
const advice: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EISDIR: 'is a folder; name a file in it',
  ENOTDIR: 'goes through a file as if it were a folder; check the path',
  EACCES: 'may not be accessed; check its permissions',
  EPERM: 'may not be accessed; check its permissions',
  ENOSPC: 'does not fit on the disk; free some space',
  EROFS: 'is on a disk that is read-only; choose another folder',
};

/**
 * The bytes of a file, in Node.
 *
 * @throws ArgumentError that names the path when it cannot be read, or when there is no file system, as in pages
 * @example
 * await writeFileAtomic('/tmp/model.safetensors', encodeSafetensors({}, { epoch: '3' }));
 * decodeSafetensors(await readFile('/tmp/model.safetensors')).metadata.epoch; // '3'
 */
export async function readFile(path: string): Promise<Uint8Array> {
  const op = 'readFile';
  const fs = fileSystem(op, path, 'fetch it and decode the bytes');
  try {
    const { buffer, byteOffset, length } = await fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, length);
  } catch (error) {
    throw pathError(op, path, error);
  }
}

/**
 * Writes a file whole or not at all, in Node: the bytes go to a file beside `path`, reach the disk, and are renamed.
 * So a crash leaves the old file or the new one, never half of one.
 *
 * @throws ArgumentError that names the path when it cannot be written, or when there is no file system, as in pages
 * @example
 * await writeFileAtomic('/tmp/labels.npy', encodeNpy({ dtype: 'uint8', shape: [3], data: Uint8Array.of(7, 2, 1) }));
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const op = 'writeFileAtomic';
  const fs = fileSystem(op, path, 'offer the bytes as a download');
  const beside = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
  try {
    const file = await fs.open(beside, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(beside, path);
  } catch (error) {
    await fs.rm(beside, { force: true }).catch(() => undefined);
    throw pathError(op, path, error);
  }
}

/** Asked of the process, as bundlers for pages refuse an import of it. */
function fileSystem(op: string, path: string, instead: string): typeof FileSystem {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (fs) return fs;
  throw new ArgumentError(`'${path}' cannot be opened, there is no file system here; ${instead}`, { op, path });
}

/** What the file system said, as a sentence that names the path. */
export function pathError(op: string, path: string, error: unknown): ArgumentError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && op === 'writeFileAtomic') {
    return new ArgumentError(`'${path}' is in a folder that does not exist; create it first`, { op, path, code });
  }
  return new ArgumentError(`'${path}' ${advice[code ?? ''] ?? `failed: ${message}`}`, { op, path, code });
}
