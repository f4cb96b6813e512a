import type { Dtype, TypedArray } from '../dtype.ts';
import { allocateArray, checkDtype } from '../dtype.ts';
import { ArgumentError, DtypeError, FormatError, ShapeError } from '../errors.ts';
import type { Shape } from '../shape.ts';
import { checkShape, formatShape, sizeOf } from '../shape.ts';
import { floatsFromBfloats, floatsFromHalves, halvesFromFloats } from './half.ts';

/** A tensor in host memory, row-major: what files are read into and written from. float16 and bfloat16 travel as float32. */
export interface HostTensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** Element types of files, by their safetensors names; the other formats have a subset. Little-endian. */
export type FileDtype =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'F64'
  | 'I64'
  | 'U64';

interface Element {
  readonly bytes: number;
  readonly dtype: Dtype;
  decode(bytes: Uint8Array): TypedArray;
}

/** What each file dtype becomes here: the wide integers int32, after a check that they fit. */
export const elements: Readonly<Record<FileDtype, Element>> = {
  BOOL: { bytes: 1, dtype: 'bool', decode: checkedBools },
  U8: { bytes: 1, dtype: 'uint8', decode: (bytes) => view(Uint8Array, bytes) },
  I8: { bytes: 1, dtype: 'int32', decode: (bytes) => Int32Array.from(view(Int8Array, bytes)) },
  I16: { bytes: 2, dtype: 'int32', decode: (bytes) => Int32Array.from(view(Int16Array, bytes)) },
  U16: { bytes: 2, dtype: 'int32', decode: (bytes) => Int32Array.from(view(Uint16Array, bytes)) },
  F16: { bytes: 2, dtype: 'float32', decode: (bytes) => floatsFromHalves(view(Uint16Array, bytes)) },
  BF16: { bytes: 2, dtype: 'float32', decode: (bytes) => floatsFromBfloats(view(Uint16Array, bytes)) },
  I32: { bytes: 4, dtype: 'int32', decode: (bytes) => view(Int32Array, bytes) },
  U32: { bytes: 4, dtype: 'int32', decode: (bytes) => checkedInts(view(Uint32Array, bytes)) },
  F32: { bytes: 4, dtype: 'float32', decode: (bytes) => view(Float32Array, bytes) },
  F64: { bytes: 8, dtype: 'float64', decode: (bytes) => view(Float64Array, bytes) },
  I64: { bytes: 8, dtype: 'int32', decode: (bytes) => checkedInts(view(BigInt64Array, bytes)) },
  U64: { bytes: 8, dtype: 'int32', decode: (bytes) => checkedInts(view(BigUint64Array, bytes)) },
};

/** What each dtype may be written as; the first is the default. */
const writable: Readonly<Record<Dtype, readonly FileDtype[]>> = {
  float32: ['F32', 'F16'],
  float16: ['F16', 'F32'],
  float64: ['F64'],
  int32: ['I32', 'I64'],
  uint8: ['U8'],
  bool: ['BOOL'],
};

/** The bytes as numbers, without a copy where they are aligned: a file's data may begin anywhere. */
function view<T>(
  type: { new (buffer: ArrayBufferLike, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  bytes: Uint8Array,
): T {
  const width = type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / width);
}

/** A value in a file that has no place in the dtype it is read as; the reader adds where. */
class ElementError extends Error {}

function checkedInts(values: ArrayLike<number | bigint>): Int32Array {
  const ints = new Int32Array(values.length);
  for (let i = 0; i < ints.length; i++) {
    ints[i] = Number(values[i]!);
    if (ints[i] !== Number(values[i])) {
      throw new ElementError(
        `element ${i} is ${values[i]!}, which int32 cannot hold; integers are read as int32, -2^31..2^31-1`,
      );
    }
  }
  return ints;
}

function checkedBools(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! > 1) throw new ElementError(`element ${i} is ${bytes[i]!}; a bool is 0 or 1`);
  }
  return view(Uint8Array, bytes);
}

/**
 * The tensor that lies in `bytes`. Its data shares their memory where alignment and dtype allow.
 *
 * @param what names the tensor in errors, such as "tensor 'weight'"
 * @throws FormatError when the bytes are not as many as the shape needs, or a value does not fit
 */
export function decodeElements(
  op: string,
  what: string,
  fileDtype: FileDtype,
  shape: Shape,
  bytes: Uint8Array,
): HostTensor {
  const element = elements[fileDtype];
  const needed = sizeOf(shape) * element.bytes;
  if (bytes.length !== needed) {
    throw new FormatError(
      `${what} has ${bytes.length} bytes of data; shape ${formatShape(shape)} of ${fileDtype} needs ${needed}`,
      { op, shape, fileDtype, bytes: bytes.length, needed },
    );
  }
  try {
    return { dtype: element.dtype, shape, data: element.decode(bytes) };
  } catch (error) {
    if (error instanceof ElementError) throw new FormatError(`${what}: ${error.message}`, { op, shape, fileDtype });
    throw error;
  }
}

/** By its tag and not its class: those of other realms, as in test runners, are as good. @throws ArgumentError */
export function checkBytes(op: string, bytes: unknown): asserts bytes is Uint8Array {
  if (ArrayBuffer.isView(bytes) && (bytes as Uint8Array)[Symbol.toStringTag] === 'Uint8Array') return;
  const got = bytes instanceof ArrayBuffer ? 'an ArrayBuffer' : describe(bytes);
  throw new ArgumentError(`the file must be a Uint8Array, got ${got}; make one with new Uint8Array(buffer)`, {
    op,
    bytes,
  });
}

/** `shape` as read from a file. @throws FormatError unless it is a list of at most 64 sizes that can be counted */
export function checkFileShape(op: string, what: string, shape: unknown): Shape {
  if (!Array.isArray(shape) || shape.length > 64) {
    throw new FormatError(`${what} has the shape ${describe(shape)}; it must be a list of at most 64 sizes`, {
      op,
      shape,
    });
  }
  for (const n of shape as unknown[]) {
    if (!Number.isSafeInteger(n) || (n as number) < 0 || Object.is(n, -0)) {
      throw new FormatError(`${what} has a size of ${describe(n)}; every size must be an integer >= 0`, { op, shape });
    }
  }
  if (!Number.isSafeInteger(8 * sizeOf(shape as number[]))) {
    throw new FormatError(`${what} has shape ${formatShape(shape as number[])}, more bytes than can be counted`, {
      op,
      shape,
    });
  }
  return shape as number[];
}

/** The file dtype that `tensor` is written as. @throws ShapeError or DtypeError when the tensor contradicts itself */
export function checkHostTensor(op: string, what: string, tensor: HostTensor, fileDtype?: FileDtype): FileDtype {
  const { dtype, shape, data } = tensor;
  checkDtype(op, dtype);
  checkShape(op, shape);
  const { constructor } = allocateArray(dtype, 0);
  if (!(data instanceof constructor)) {
    throw new DtypeError(`${what} is ${dtype} and holds ${describe(data)}; ${dtype} lives in a ${constructor.name}`, {
      op,
      dtype,
    });
  }
  if (shape.length > 64 || data.length !== sizeOf(shape)) {
    throw new ShapeError(
      `${what} has ${data.length} elements and shape ${formatShape(shape)}; the shape must have at most 64 axes and as many elements as the data`,
      { op, shape, length: data.length },
    );
  }
  const allowed = writable[dtype];
  if (fileDtype !== undefined && !allowed.includes(fileDtype)) {
    throw new DtypeError(
      `${what} is ${dtype} and cannot be written as ${String(fileDtype)}; use ${allowed.join(' or ')}`,
      { op, dtype, fileDtype },
    );
  }
  return fileDtype ?? allowed[0]!;
}

/** The bytes of a checked tensor; shared with its data where the file dtype is its own. */
export function encodeElements(data: TypedArray, fileDtype: FileDtype): Uint8Array {
  let encoded: TypedArray | Uint16Array | BigInt64Array = data;
  if (fileDtype === 'F16') encoded = halvesFromFloats(data);
  else if (fileDtype === 'I64') encoded = BigInt64Array.from(data as Int32Array, BigInt);
  else if (fileDtype === 'BOOL') encoded = (data as Uint8Array).map((value) => (value ? 1 : 0));
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

/** A copy with the bytes of each element in reverse order: big-endian to little-endian. */
export function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  const swapped = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[i - (i % width) + width - 1 - (i % width)]!;
  return swapped;
}

/** A value of a file for a message: short, whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}...` : value}'`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
