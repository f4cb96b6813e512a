import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentError, DtypeError, FormatError, ShapeError } from '../../../tensor/errors.ts';
import type { HostTensor } from '../../../tensor/io/elements.ts';
import { floatsFromHalves, halvesFromFloats } from '../../../tensor/io/half.ts';
import type { SafetensorsEntry } from '../../../tensor/io/safetensors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../tensor/io/safetensors.ts';
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

const encoder = new TextEncoder();

/** A file of this header, which may be text, and data. */
function fileOf(header: unknown, data: number | Uint8Array = 0): Uint8Array {
  const json = encoder.encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + json.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(bytes, 8 + json.length);
  return file;
}

const info = (dtype: string, shape: unknown, offsets: unknown): object => ({ dtype, shape, data_offsets: offsets });

describe('against the official writer', () => {
  test('reads its file', () => {
    const { tensors, metadata } = decodeSafetensors(golden('official.safetensors'));
    const expected = goldenExpected('official.safetensors') as Record<string, unknown>;
    expect(metadata).toEqual({ format: 'pt' });
    expect([...tensors.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [name, tensor] of tensors) expectTensor(tensor, expected[name]);
  });

  test('writes its file, byte for byte', () => {
    const { tensors } = decodeSafetensors(golden('official.safetensors'));
    const entries: Record<string, SafetensorsEntry> = Object.fromEntries(tensors);
    entries['norm.num_batches_tracked'] = { ...entries['norm.num_batches_tracked']!, fileDtype: 'I64' };
    entries.half = { ...entries.half!, fileDtype: 'F16' };
    expect(encodeSafetensors(entries, { format: 'pt' })).toEqual(golden('official.safetensors'));
  });
});

describe('round trips', () => {
  const entries = fc.dictionary(
    fc.string().filter((name) => name !== '__metadata__' && name !== '__proto__'),
    hostTensors,
    { maxKeys: 5 },
  );
  const metadata = fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    fc.string(),
    { maxKeys: 3, noNullPrototype: true },
  );

  test('any names, shapes, dtypes and metadata, from any address', () => {
    fc.assert(
      fc.property(entries, metadata, (tensors, notes) => {
        const bytes = encodeSafetensors(tensors, notes);
        expect((bytes.length - dataLength(tensors)) % 8).toBe(0);
        for (const file of [bytes, unaligned(bytes)]) {
          const read = decodeSafetensors(file);
          expect(Object.fromEntries(read.tensors)).toEqual({ ...tensors });
          expect(read.metadata).toEqual(notes);
        }
      }),
    );
  });

  test('int32 as I64, float16 as F16', () => {
    const count: SafetensorsEntry = {
      dtype: 'int32',
      shape: [3],
      data: Int32Array.of(-(2 ** 31), -1, 2 ** 31 - 1),
      fileDtype: 'I64',
    };
    const half: SafetensorsEntry = { dtype: 'float16', shape: [2], data: Float32Array.of(0.5, 1 / 3) };
    const { tensors } = decodeSafetensors(encodeSafetensors({ count, half }));
    expect(tensors.get('count')).toEqual({ dtype: 'int32', shape: [3], data: count.data });
    expect(tensors.get('half')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 0.333251953125) });
  });

  test('data that lies anywhere in the header order is read; integers fit int32', () => {
    const wide = new Uint8Array(new BigInt64Array([-1n, 2n ** 31n - 1n]).buffer);
    const { tensors } = decodeSafetensors(
      fileOf({ b: info('U16', [1], [16, 18]), a: info('I64', [2], [0, 16]) }, Uint8Array.of(...wide, 255, 255)),
    );
    expect(tensors.get('a')?.data).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    expect(tensors.get('b')?.data).toEqual(Int32Array.of(65535));
  });

  test('BF16 is the upper half of float32', () => {
    const words = new Uint8Array(Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x0001).buffer);
    const { tensors } = decodeSafetensors(fileOf({ x: info('BF16', [4], [0, 8]) }, words));
    expect([...tensors.get('x')!.data]).toEqual([1, -3.140625, Infinity, 2 ** -133]);
  });
});

describe('half precision', () => {
  test('every half survives float32', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const again = halvesFromFloats(floatsFromHalves(halves));
    const isNaN = (half: number): boolean => (half & 0x7fff) > 0x7c00;
    expect(halves.filter((half) => (isNaN(half) ? !isNaN(again[half]!) : again[half] !== half))).toHaveLength(0);
  });

  test('rounds as NumPy does', () => {
    const { floats, halves } = goldenExpected('halves') as { floats: number[]; halves: number[] };
    expect([...halvesFromFloats(Float32Array.from(floats))]).toEqual(halves);
  });
});

describe('refuses', () => {
  test.each(notBytes)('%s', (_, value, got) => {
    const wanted = `decodeSafetensors: the file must be a Uint8Array, got ${got}; make one with new Uint8Array(buffer)`;
    expect(() => decodeSafetensors(value as Uint8Array)).toThrow(wanted);
  });

  const absurd = new Uint8Array(16).fill(0xff, 0, 8);
  const two = (a: number[], b: number[]): object => ({
    a: info('U8', [a[1]! - a[0]!], a),
    b: info('U8', [b[1]! - b[0]!], b),
  });
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'the file has 0 bytes; it must begin with 8 bytes of header length'],
    ['an absurd length', absurd, 'the header says it has 18446744073709552000 bytes; a file of 16 has room for 8'],
    [
      'a header beyond the file',
      fileOf('{}').subarray(0, 9),
      'the header says it has 2 bytes; a file of 9 has room for 1',
    ],
    ['no JSON', fileOf('{"a":'), 'the header is not JSON'],
    ['deep JSON', fileOf('['.repeat(200_000)), 'the header is not JSON'],
    ['bad UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), 'the header is not JSON'],
    ['a list', fileOf([]), 'the header is a list of 0; it must be a JSON object'],
    ['null', fileOf(null), 'the header is null'],
    [
      'a name twice',
      fileOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061" :{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
        1,
      ),
      "the key 'a' twice",
    ],
    [
      'a field twice',
      fileOf('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1),
      "the key 'dtype' twice",
    ],
    [
      '__proto__',
      fileOf('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      "the header has the key '__proto__'",
    ],
    ['__proto__, disguised', fileOf('{"__metadata__":{"\\u005f_proto__":"x"}}'), "the header has the key '__proto__'"],
    [
      'metadata that is no string',
      fileOf({ __metadata__: { epoch: 3 } }),
      "the metadata 'epoch' is 3; it must be a string",
    ],
    ['metadata that is a list', fileOf({ __metadata__: [] }), 'the metadata is a list of 0'],
    ['an entry that is a number', fileOf({ a: 1 }), "tensor 'a' is 1; it must be an object"],
    [
      'no dtype',
      fileOf({ a: { shape: [], data_offsets: [0, 4] } }, 4),
      "tensor 'a' has the dtype undefined; this reader knows BOOL",
    ],
    ['an unknown dtype', fileOf({ a: info('F8_E4M3', [1], [0, 1]) }, 1), "tensor 'a' has the dtype 'F8_E4M3'"],
    ['a dtype of the prototype', fileOf({ a: info('constructor', [1], [0, 1]) }, 1), "the dtype 'constructor'"],
    ['a shape that is no list', fileOf({ a: info('U8', '1', [0, 1]) }, 1), "tensor 'a' has the shape '1'"],
    [
      'a nested shape',
      fileOf(`{"a":{"dtype":"U8","shape":[${'['.repeat(9999)}${']'.repeat(9999)}],"data_offsets":[0,1]}}`, 1),
      'a size of a list of 1',
    ],
    [
      '65 axes',
      fileOf({ a: info('U8', new Array(65).fill(1), [0, 1]) }, 1),
      'the shape a list of 65; it must be a list of at most 64 sizes',
    ],
    [
      'a negative size',
      fileOf({ a: info('U8', [2, -1], [0, 1]) }, 1),
      "tensor 'a' has a size of -1; every size must be an integer >= 0",
    ],
    ['a broken size', fileOf({ a: info('U8', [1.5], [0, 1]) }, 1), 'a size of 1.5'],
    ['a huge size', fileOf('{"a":{"dtype":"U8","shape":[1e300],"data_offsets":[0,1]}}', 1), 'a size of 1e+300'],
    ['a huge product', fileOf({ a: info('U8', [2 ** 40, 2 ** 40], [0, 1]) }, 1), 'more bytes than can be counted'],
    ['one offset', fileOf({ a: info('U8', [1], [0]) }, 1), 'the data_offsets a list of 1; they must be two integers'],
    ['broken offsets', fileOf({ a: info('U8', [1], [0, '1']) }, 1), 'the data_offsets a list of 2'],
    [
      'offsets beyond the file',
      fileOf({ a: info('U8', [2], [0, 2]) }, 1),
      "tensor 'a' lies at bytes 0..2; the file has data bytes 0..1",
    ],
    ['negative offsets', fileOf({ a: info('U8', [2], [-1, 1]) }, 1), 'lies at bytes -1..1'],
    ['offsets that go back', fileOf({ a: info('U8', [0], [1, 0]) }, 1), 'lies at bytes 1..0'],
    [
      'an overlap',
      fileOf(two([0, 4], [2, 6]), 6),
      "the bytes 2..6 of tensor 'b' overlap with the tensor before; they must begin at 4",
    ],
    [
      'a hole',
      fileOf(two([0, 2], [3, 6]), 6),
      "the bytes 3..6 of tensor 'b' leave a hole after the tensor before; they must begin at 2",
    ],
    ['a hole at the front', fileOf({ a: info('U8', [1], [1, 2]) }, 2), 'must begin at 0'],
    ['bytes after the end', fileOf(two([0, 2], [2, 4]), 5), 'the tensors end at byte 4 of 5; they must fill the file'],
    [
      'too few bytes for the shape',
      fileOf({ a: info('F32', [2], [0, 7]) }, 7),
      "tensor 'a' has 7 bytes of data; shape [2] of F32 needs 8",
    ],
    [
      'an I64 beyond int32',
      fileOf({ a: info('I64', [1], [0, 8]) }, Uint8Array.of(0, 0, 0, 128, 0, 0, 0, 0)),
      "tensor 'a': element 0 is 2147483648, which int32 cannot hold",
    ],
    [
      'a U64 beyond 2^53',
      fileOf({ a: info('U64', [1], [0, 8]) }, new Uint8Array(8).fill(255)),
      'element 0 is 18446744073709551615',
    ],
    [
      'a bool of 2',
      fileOf({ a: info('BOOL', [2], [0, 2]) }, Uint8Array.of(1, 2)),
      "tensor 'a': element 1 is 2; a bool is 0 or 1",
    ],
  ])('%s', (_, file, message) => {
    const read = (): unknown => decodeSafetensors(file);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  test('mutated files with nothing but a FormatError', async () => {
    const files = fc.constantFrom(golden('official.safetensors'), fileOf(two([0, 2], [2, 4]), 4));
    await fc.assert(
      fc.asyncProperty(files, mutations, (file, mutate) => readsOrRefuses(() => decodeSafetensors(mutate(file)))),
      { numRuns: 2000 },
    );
  });

  test('entries that cannot be written', () => {
    const x: HostTensor = { dtype: 'float32', shape: [2], data: new Float32Array(2) };
    expect(() => encodeSafetensors({ x: { ...x, shape: [3] } })).toThrow(ShapeError);
    expect(() => encodeSafetensors({ x: { ...x, shape: [-2] } })).toThrow(ShapeError);
    expect(() => encodeSafetensors({ x: { ...x, dtype: 'int32' } })).toThrow(
      "encodeSafetensors: tensor 'x' is int32 and holds a Float32Array; int32 lives in a Int32Array",
    );
    expect(() => encodeSafetensors({ x: { ...x, fileDtype: 'I64' } })).toThrow(DtypeError);
    expect(() => encodeSafetensors({ x: { ...x, fileDtype: 'I64' } })).toThrow(
      "tensor 'x' is float32 and cannot be written as I64; use F32 or F16",
    );
    expect(() => encodeSafetensors({ __metadata__: x })).toThrow(ArgumentError);
    expect(() => encodeSafetensors({}, { epoch: 3 } as unknown as Record<string, string>)).toThrow(
      "the metadata 'epoch' is 3",
    );
  });
});

function dataLength(tensors: Record<string, HostTensor>): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}
