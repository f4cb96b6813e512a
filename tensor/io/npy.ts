import { FormatError } from '../errors.ts';
import type { Shape } from '../shape.ts';
import { contiguousStrides } from '../shape.ts';
import type { FileDtype, HostTensor } from './elements.ts';
import {
  checkBytes,
  checkFileShape,
  checkHostTensor,
  decodeElements,
  describe,
  elements,
  encodeElements,
  swapBytes,
} from './elements.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // '\x93NUMPY'

/** NumPy's type codes, without the byte order before them. */
const codes: Readonly<Partial<Record<FileDtype, string>>> = {
  BOOL: 'b1',
  U8: 'u1',
  I8: 'i1',
  I16: 'i2',
  U16: 'u2',
  F16: 'f2',
  I32: 'i4',
  U32: 'u4',
  F32: 'f4',
  F64: 'f8',
  I64: 'i8',
  U64: 'u8',
};

/**
 * A .npy file (version 1), byte for byte as numpy.save writes it.
 *
 * @throws ShapeError or DtypeError when the tensor contradicts itself
 * @source https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @example
 * const bytes = encodeNpy({ dtype: 'int32', shape: [3], data: Int32Array.of(1, 2, 3) });
 * decodeNpy(bytes).data; // Int32Array [1, 2, 3]
 */
export function encodeNpy(tensor: HostTensor): Uint8Array {
  const fileDtype = checkHostTensor('encodeNpy', 'the tensor', tensor);
  const { shape } = tensor;
  const data = encodeElements(tensor.data, fileDtype);
  const order = elements[fileDtype].bytes === 1 ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${order}${codes[fileDtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // NumPy leaves room for the first size to grow to 21 digits in place, then pads to 64 bytes with '\n' last.
  const room = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const begin = Math.ceil((10 + dict.length + room + 1) / 64) * 64;
  const file = new Uint8Array(begin + data.length);
  file.set([...magic, 1, 0]);
  new DataView(file.buffer).setUint16(8, begin - 10, true);
  file.set(new TextEncoder().encode(`${dict.padEnd(begin - 11)}\n`), 10);
  file.set(data, begin);
  return file;
}

/**
 * The array of a .npy file of version 1, 2 or 3: booleans, integers and floats in either byte order, in C or Fortran order.
 * The result is row-major; float16 becomes float32, the integers other than uint8 int32.
 *
 * @throws FormatError when the file is not whole, or holds what no tensor can (objects, strings, records)
 * @example
 * const bytes = encodeNpy({ dtype: 'bool', shape: [1, 2], data: Uint8Array.of(1, 0) });
 * decodeNpy(bytes).shape; // [1, 2]
 */
export function decodeNpy(bytes: Uint8Array): HostTensor {
  const op = 'decodeNpy';
  checkBytes(op, bytes);
  const { dict, data } = splitHeader(op, bytes);
  const { descr, fortranOrder, shape } = parseDict(op, dict);
  const fileDtype = (Object.keys(codes) as FileDtype[]).find((name) => codes[name] === descr.slice(1));
  if (!/^[<>|=]/.test(descr) || fileDtype === undefined) {
    const known = Object.values(codes).join(', ');
    throw new FormatError(
      `the dtype ${describe(descr)} is not one this reader knows: ${known}, after '<', '>' or '|'`,
      { op, descr },
    );
  }
  const width = elements[fileDtype].bytes;
  const little = descr[0] === '>' && width > 1 ? swapBytes(data, width) : data;
  const tensor = decodeElements(op, 'the array', fileDtype, shape, little);
  return fortranOrder ? fromFortranOrder(tensor) : tensor;
}

function splitHeader(op: string, bytes: Uint8Array): { dict: string; data: Uint8Array } {
  const version = bytes[6];
  if (!magic.every((byte, i) => bytes[i] === byte) || bytes.length < 12) {
    throw new FormatError(
      `the file of ${bytes.length} bytes does not begin as a .npy file; is it a .npz archive or another format?`,
      { op },
    );
  }
  if (version === undefined || version < 1 || version > 3) {
    throw new FormatError(`the file has version ${version}; this reader knows 1, 2 and 3`, { op, version });
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? header.getUint16(8, true) : header.getUint32(8, true);
  if (begin + length > bytes.length) {
    throw new FormatError(
      `the header says it has ${length} bytes; a file of ${bytes.length} has room for ${bytes.length - begin}`,
      { op, length },
    );
  }
  const dict = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(begin, begin + length));
  return { dict, data: bytes.subarray(begin + length) };
}

/** The header's Python dict, by its grammar alone: nothing of it is evaluated. */
function parseDict(op: string, dict: string): { descr: string; fortranOrder: boolean; shape: Shape } {
  const entry = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d\s,]*)\))\s*(?:,|(?=\}))\s*/y;
  const found = new Map<string, RegExpExecArray>();
  entry.lastIndex = dict.startsWith('{') ? 1 : 0;
  let end = entry.lastIndex;
  for (let match = entry.exec(dict); match && !found.has(match[1]!); match = entry.exec(dict)) {
    found.set(match[1]!, match);
    end = entry.lastIndex;
  }
  const descr = found.get('descr')?.[2];
  const order = found.get('fortran_order')?.[3];
  const sizes = found.get('shape')?.[4];
  if (descr === undefined || order === undefined || sizes === undefined || !/^\}\s*$/.test(dict.slice(end))) {
    throw new FormatError(
      `the header is ${describe(dict)}; it must be a dict of a plain descr, fortran_order and shape (objects and records cannot be read)`,
      { op, header: dict.slice(0, 200) },
    );
  }
  const shape =
    sizes.trim() === ''
      ? []
      : sizes
          .trim()
          .replace(/,$/, '')
          .split(',')
          .map((n) => (n.trim() === '' ? NaN : Number(n)));
  return { descr, fortranOrder: order === 'True', shape: checkFileShape(op, 'the array', shape) };
}

/** Column-major elements (the first axis varies fastest) put in row-major order. */
function fromFortranOrder({ dtype, shape, data }: HostTensor): HostTensor {
  const strides = contiguousStrides(shape.toReversed()).toReversed();
  const index = new Array<number>(shape.length).fill(0);
  const ordered = data.slice();
  for (let i = 0, from = 0; i < data.length; i++) {
    ordered[i] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      from -= strides[axis]! * shape[axis]!;
    }
  }
  return { dtype, shape, data: ordered };
}
