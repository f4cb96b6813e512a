import { ArgumentError, FormatError } from '../errors.ts';
import type { FileDtype, HostTensor } from './elements.ts';
import {
  checkBytes,
  checkFileShape,
  checkHostTensor,
  decodeElements,
  describe,
  elements,
  encodeElements,
} from './elements.ts';

/** A tensor to write. */
export interface SafetensorsEntry extends HostTensor {
  /** Another type in the file than the dtype's own: 'I64' for int32, 'F16' for float32. */
  readonly fileDtype?: FileDtype;
}

/** What a safetensors file holds, tensors in the order of their data. */
export interface Safetensors {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Record<string, string>;
}

/** The file dtypes as the official writer sorts them: the widest come first, so that all data is aligned. */
const writeOrder = Object.keys(elements).toReversed();
/** The official reader's limit: a header is JSON, and is parsed as a whole. */
const maxHeaderBytes = 100_000_000;
/** Not names of tensors: the first is the format's own, the second would change an object it is assigned to. */
const reservedNames = ['__metadata__', '__proto__'];

/**
 * A safetensors file: 8 bytes of header length, a JSON header padded to 8 bytes, the data. Byte for byte what the
 * official writer makes of the same tensors and at most one metadata entry.
 *
 * @throws ArgumentError, ShapeError or DtypeError for an entry that cannot be written
 * @source https://github.com/huggingface/safetensors, safetensors/src/tensor.rs, `prepare`
 * @example
 * const weight: HostTensor = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
 * const bytes = encodeSafetensors({ 'fc.weight': weight }, { format: 'pt' });
 * decodeSafetensors(bytes).tensors.get('fc.weight'); // equal to `weight`
 */
export function encodeSafetensors(
  entries: Readonly<Record<string, SafetensorsEntry>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const op = 'encodeSafetensors';
  const fields: string[] = [];
  const parts: { at: number; bytes: Uint8Array }[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(checkMetadata(op, metadata))}`);
  let end = 0;
  for (const { name, entry, fileDtype } of inWriteOrder(op, entries)) {
    const bytes = encodeElements(entry.data, fileDtype);
    const info = { dtype: fileDtype, shape: entry.shape, data_offsets: [end, end + bytes.length] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`); // by hand: an object would move names like '0' to the front
    parts.push({ at: end, bytes });
    end += bytes.length;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const begin = 8 + Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(begin + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(begin - 8), true);
  file.fill(0x20, 8, begin);
  file.set(json, 8);
  for (const { at, bytes } of parts) file.set(bytes, begin + at);
  return file;
}

function inWriteOrder(
  op: string,
  entries: Readonly<Record<string, SafetensorsEntry>>,
): { name: string; entry: SafetensorsEntry; fileDtype: FileDtype }[] {
  return Object.entries(entries)
    .map(([name, entry]) => {
      if (reservedNames.includes(name))
        throw new ArgumentError(`a tensor cannot be called '${name}'; rename it`, { op, name });
      return { name, entry, fileDtype: checkHostTensor(op, `tensor '${name}'`, entry, entry.fileDtype) };
    })
    .toSorted(
      (a, b) => writeOrder.indexOf(a.fileDtype) - writeOrder.indexOf(b.fileDtype) || (a.name < b.name ? -1 : 1),
    );
}

/**
 * The tensors of a safetensors file. F16 and BF16 become float32, the integers other than U8 int32. Arrays share the
 * memory of `bytes` where they can.
 *
 * @throws FormatError when the file is not whole and in order: see the message for what, and for both values
 * @example
 * const { tensors, metadata } = decodeSafetensors(encodeSafetensors({}, { epoch: '3' }));
 * metadata.epoch; // '3'
 * tensors.size; // 0
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const op = 'decodeSafetensors';
  checkBytes(op, bytes);
  const { header, data } = splitHeader(op, bytes);
  const { __metadata__: metadata = {}, ...rest } = header;
  const spans = Object.entries(rest).map(([name, info]) => checkInfo(op, name, info, data.length));
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const span of spans) {
    if (span.begin !== end) {
      const what = span.begin < end ? 'overlap with the tensor before' : 'leave a hole after the tensor before';
      throw new FormatError(`the bytes ${span.begin}..${span.end} of ${span.what} ${what}; they must begin at ${end}`, {
        op,
        begin: span.begin,
        expected: end,
      });
    }
    end = span.end;
  }
  if (end !== data.length) {
    throw new FormatError(`the tensors end at byte ${end} of ${data.length}; they must fill the file`, {
      op,
      end,
      length: data.length,
    });
  }
  const tensors = new Map<string, HostTensor>();
  for (const { name, what, fileDtype, shape, begin, end: stop } of spans) {
    tensors.set(name, decodeElements(op, what, fileDtype, shape, data.subarray(begin, stop)));
  }
  return { tensors, metadata: checkMetadata(op, metadata) };
}

function splitHeader(op: string, bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < 8)
    throw new FormatError(`the file has ${bytes.length} bytes; it must begin with 8 bytes of header length`, {
      op,
      length: bytes.length,
    });
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const most = Math.min(bytes.length - 8, maxHeaderBytes);
  if (length > most) {
    throw new FormatError(`the header says it has ${length} bytes; a file of ${bytes.length} has room for ${most}`, {
      op,
      length,
      most,
    });
  }
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`the header is not JSON: ${(error as Error).message}; is this a safetensors file?`, {
      op,
      length,
    });
  }
  if (!isRecord(header)) throw new FormatError(`the header is ${describe(header)}; it must be a JSON object`, { op });
  checkKeys(op, text);
  return { header, data: bytes.subarray(8 + length) };
}

/** JSON.parse keeps the last of two equal keys in silence: which tensor would be read? `text` is valid JSON. */
function checkKeys(op: string, text: string): void {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') open.push(new Set());
    else if (text[i] === '}') open.pop();
    else if (text[i] === '"') {
      const begin = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      let next = i + 1;
      while (' \t\r\n'.includes(text[next] ?? '')) next++;
      if (text[next] !== ':') continue;
      const key = JSON.parse(text.slice(begin, i + 1)) as string;
      if (key === '__proto__')
        throw new FormatError(`the header has the key '__proto__'; no tensor or field may be called so`, { op, key });
      if (open.at(-1)!.has(key))
        throw new FormatError(`the header has the key ${describe(key)} twice; keys must differ`, { op, key });
      open.at(-1)!.add(key);
    }
  }
}

interface Span {
  name: string;
  what: string;
  fileDtype: FileDtype;
  shape: readonly number[];
  begin: number;
  end: number;
}

function checkInfo(op: string, name: string, info: unknown, length: number): Span {
  const what = `tensor ${describe(name)}`;
  if (!isRecord(info)) throw new FormatError(`${what} is ${describe(info)}; it must be an object`, { op, name });
  const { dtype, data_offsets: offsets } = info;
  if (typeof dtype !== 'string' || !Object.hasOwn(elements, dtype)) {
    throw new FormatError(
      `${what} has the dtype ${describe(dtype)}; this reader knows ${Object.keys(elements).join(', ')}`,
      { op, name, dtype },
    );
  }
  const shape = checkFileShape(op, what, info.shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((n) => Number.isSafeInteger(n))) {
    throw new FormatError(`${what} has the data_offsets ${describe(offsets)}; they must be two integers`, { op, name });
  }
  const [begin, end] = offsets as [number, number];
  if (begin < 0 || begin > end || end > length) {
    throw new FormatError(`${what} lies at bytes ${begin}..${end}; the file has data bytes 0..${length}`, {
      op,
      name,
      begin,
      end,
      length,
    });
  }
  return { name, what, fileDtype: dtype as FileDtype, shape, begin, end };
}

function checkMetadata(op: string, metadata: unknown): Record<string, string> {
  if (!isRecord(metadata))
    throw new FormatError(`the metadata is ${describe(metadata)}; it must be an object of strings`, { op });
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw new FormatError(`the metadata ${describe(key)} is ${describe(value)}; it must be a string`, { op, key });
  }
  return metadata as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
