import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DtypeError, FormatError, ShapeError } from '../../../tensor/errors.ts';
import { decodeNpy, encodeNpy } from '../../../tensor/io/npy.ts';
import {
  expectTensor,
  golden,
  goldenExpected,
  hostTensors,
  mutations,
  notBytes,
  readsOrRefuses,
  unaligned,
} from './hostTensors.ts';

/** A version 1 file with this header and so many zero bytes of data. */
function fileOf(header: string, bytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...new Uint8Array(bytes),
  );
}

describe('against NumPy', () => {
  const files = [
    'f4',
    'f4-fortran',
    'f4-big',
    'f8',
    'f2',
    'i4',
    'i8',
    'u1',
    'b1',
    'i2-big',
    'scalar',
    'empty',
    'version2',
    'version3',
  ];
  test.each(files)('reads %s.npy', (name) => {
    expectTensor(decodeNpy(golden(`${name}.npy`)), goldenExpected(name + '.npy'));
  });

  test.each(['f4', 'f8', 'i4', 'u1', 'b1', 'scalar', 'empty'])('writes %s.npy, byte for byte', (name) => {
    expect(encodeNpy(decodeNpy(golden(`${name}.npy`)))).toEqual(golden(`${name}.npy`));
  });
});

test('round trips of any shape and dtype, from any address', () => {
  fc.assert(
    fc.property(hostTensors, (tensor) => {
      const bytes = encodeNpy(tensor);
      expect(decodeNpy(bytes)).toEqual(tensor);
      expect(decodeNpy(unaligned(bytes))).toEqual(tensor);
    }),
  );
});

describe('refuses', () => {
  test.each(notBytes)('%s', (_, value, got) => {
    const wanted = `decodeNpy: the file must be a Uint8Array, got ${got}; make one with new Uint8Array(buffer)`;
    expect(() => decodeNpy(value as Uint8Array)).toThrow(wanted);
  });

  const header = (descr: string, shape: string, order = 'False'): string =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'the file of 0 bytes does not begin as a .npy file'],
    ['another format', new Uint8Array(100), 'does not begin as a .npy file'],
    ['a later version', golden('f4.npy').with(6, 4), 'the file has version 4; this reader knows 1, 2 and 3'],
    [
      'a header beyond the file',
      golden('f4.npy').subarray(0, 100),
      'the header says it has 118 bytes; a file of 100 has room for 90',
    ],
    ['an absurd header', golden('version2.npy').with(11, 255), 'bytes; a file of 176 has room for 164'],
    ['objects', golden('objects.npy'), "the dtype '|O' is not one this reader knows"],
    ['records', golden('records.npy'), 'objects and records cannot be read'],
    [
      'code',
      fileOf("{'descr': __import__('os'), 'fortran_order': False, 'shape': (), }", 0),
      'it must be a dict of a plain descr',
    ],
    ['complex', fileOf(header("'<c8'", '(1,)'), 8), "the dtype '<c8'"],
    ['a missing key', fileOf("{'descr': '<f4', 'shape': (1,), }", 4), 'it must be a dict'],
    [
      'a key twice',
      fileOf("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 4),
      'it must be a dict',
    ],
    ['more after the dict', fileOf(`${header("'<f4'", '(1,)')} 1`, 4), 'it must be a dict'],
    ['a negative size', fileOf(header("'<f4'", '(-1,)'), 4), 'it must be a dict'],
    ['a broken shape', fileOf(header("'<f4'", '(1,,2)'), 8), 'a size of NaN'],
    ['a huge size', fileOf(header("'<f4'", `(${'9'.repeat(30)},)`), 4), 'a size of 1e+30'],
    ['a huge product', fileOf(header("'<f4'", '(9007199254740991, 4)'), 4), 'more bytes than can be counted'],
    ['too much data', fileOf(header("'<f4'", '(1,)'), 8), 'the array has 8 bytes of data; shape [1] of F32 needs 4'],
    [
      'too little data',
      fileOf(header("'>f8'", '(2, 2)', 'True'), 31),
      'has 31 bytes of data; shape [2, 2] of F64 needs 32',
    ],
    ['integers beyond int32', golden('i8-large.npy'), 'the array: element 1 is 2147483648, which int32 cannot hold'],
  ])('%s', (_, file, message) => {
    const read = (): unknown => decodeNpy(file);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  test('mutated files with nothing but a FormatError', async () => {
    const files = fc.constantFrom(...['f4', 'f4-fortran', 'f8', 'version2', 'b1'].map((name) => golden(`${name}.npy`)));
    await fc.assert(
      fc.asyncProperty(files, mutations, (file, mutate) => readsOrRefuses(() => decodeNpy(mutate(file)))),
      { numRuns: 2000 },
    );
  });

  test('tensors that contradict themselves', () => {
    expect(() => encodeNpy({ dtype: 'float32', shape: [2], data: new Float32Array(3) })).toThrow(ShapeError);
    expect(() => encodeNpy({ dtype: 'float64', shape: [3], data: new Float32Array(3) })).toThrow(DtypeError);
  });
});
