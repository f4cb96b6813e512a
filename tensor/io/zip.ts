// Zip archives of less than 4 GiB, of entries that are stored or deflated: all that NumPy writes.
// @source PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.3

import { FormatError } from '../errors.ts';
import { describe } from './elements.ts';
import { crc32 } from './crc32.ts';
import { deflate, inflate, maxInflatedBytes } from './inflate.ts';

const signatures = { entry: 0x04034b50, listed: 0x02014b50, end: 0x06054b50 };
/** Bytes of the fixed part of each record. */
const sizes = { entry: 30, listed: 46, end: 22 };
const methods = { stored: 0, deflated: 8 };
const flags = { encrypted: 1, utf8: 1 << 11 };
/** The end's record may be followed by a comment of this length. */
const longestComment = 0xffff;
/** The earliest day that a zip file knows, so that the same entries are the same bytes. */
const firstDay = 0x21;

/** An entry of the directory at the archive's end. */
interface Listed {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  /** In the archive, and inflated. */
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/**
 * The entries of an archive by name, in its order.
 *
 * @throws FormatError when the archive is not whole, or an entry is not what it says it is
 */
export async function unzip(op: string, bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  for (const listed of directoryOf(op, bytes)) {
    if (entries.has(listed.name)) {
      throw new FormatError(`the archive has ${describe(listed.name)} twice; names must differ`, {
        op,
        name: listed.name,
      });
    }
    entries.set(listed.name, await contentOf(op, bytes, listed));
  }
  return entries;
}

function directoryOf(op: string, bytes: Uint8Array): Listed[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOf(view);
  if (end < 0) {
    throw new FormatError(
      `the file of ${bytes.length} bytes has no zip directory at its end; is it whole, and an archive?`,
      { op },
    );
  }
  const [count, length, begin] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  if (begin + length > end) {
    const got = `the directory is said to lie at bytes ${begin}..${begin + length}`;
    throw new FormatError(`${got}; there are ${end} before its end (4 GiB and more cannot be read)`, {
      op,
      begin,
      length,
    });
  }
  const listed: Listed[] = [];
  let at = begin;
  for (let i = 0; i < count; i++) {
    if (at + sizes.listed > end || view.getUint32(at, true) !== signatures.listed) {
      throw new FormatError(`entry ${i} of ${count} is not in the archive's directory; is the file whole?`, {
        op,
        count,
      });
    }
    const word = (offset: number): number => view.getUint32(at + offset, true);
    const half = (offset: number): number => view.getUint16(at + offset, true);
    const name = bytes.subarray(at + sizes.listed, at + sizes.listed + half(28));
    listed.push({
      name: new TextDecoder().decode(name),
      flags: half(8),
      method: half(10),
      checksum: word(16),
      packed: word(20),
      size: word(24),
      at: word(42),
    });
    at += sizes.listed + half(28) + half(30) + half(32);
  }
  return listed;
}

/** Where the last record begins, or −1: a comment of unknown length may follow it. */
function endOf(view: DataView): number {
  const last = view.byteLength - sizes.end;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (
      view.getUint32(at, true) === signatures.end &&
      at + sizes.end + view.getUint16(at + 20, true) === view.byteLength
    )
      return at;
  }
  return -1;
}

async function contentOf(op: string, bytes: Uint8Array, listed: Listed): Promise<Uint8Array> {
  const { name, method, checksum, packed, size, at } = listed;
  const refuse = (problem: string): FormatError =>
    new FormatError(`entry ${describe(name)} ${problem}`, { op, name, method, packed, size });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at + sizes.entry > bytes.length || view.getUint32(at, true) !== signatures.entry)
    throw refuse('is not where the directory says');
  if (listed.flags & flags.encrypted) throw refuse('is encrypted; only plain ones can be read');
  const begin = at + sizes.entry + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (begin + packed > bytes.length) throw refuse(`has ${packed} bytes; the file ends after ${bytes.length - begin}`);
  if (size > maxInflatedBytes) throw refuse(`is said to have ${size} bytes; at most ${maxInflatedBytes} can be read`);
  if (method !== methods.stored && method !== methods.deflated)
    throw refuse(`is packed by method ${method}; use 0 (stored) or 8 (deflated)`);
  const data = bytes.subarray(begin, begin + packed);
  const content = method === methods.stored ? data : await inflate(op, 'deflate-raw', data, size);
  if (content.length !== size) throw refuse(`has ${content.length} bytes; the directory says ${size}`);
  if (crc32(content) !== checksum) throw refuse('has another checksum than the directory says; is the file damaged?');
  return content;
}

/** An archive of entries by name; the same entries give the same bytes. */
export async function zip(entries: ReadonlyMap<string, Uint8Array>, compressed: boolean): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    at += part.length;
  };
  for (const [name, content] of entries) {
    const data = compressed ? await deflate(content) : content;
    const method = compressed ? methods.deflated : methods.stored;
    const path = new TextEncoder().encode(name);
    const common = [
      20,
      flags.utf8,
      method,
      0,
      firstDay,
      ...halves(crc32(content)),
      ...halves(data.length),
      ...halves(content.length),
      path.length,
      0,
    ];
    directory.push(record(signatures.listed, [20, ...common, 0, 0, 0, 0, 0, ...halves(at)]), path);
    add(record(signatures.entry, common));
    add(path);
    add(data);
  }
  const begin = at;
  directory.forEach(add);
  add(record(signatures.end, [0, 0, entries.size, entries.size, ...halves(at - begin), ...halves(begin), 0]));
  return joined(parts, at);
}

/** A signature and numbers of 16 bits. */
function record(signature: number, numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 2 * numbers.length));
  view.setUint32(0, signature, true);
  numbers.forEach((number, i) => view.setUint16(4 + 2 * i, number, true));
  return new Uint8Array(view.buffer);
}

/** A number of 32 bits as two of 16, the lower first. */
function halves(number: number): [number, number] {
  return [number & 0xffff, number >>> 16];
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const file = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
