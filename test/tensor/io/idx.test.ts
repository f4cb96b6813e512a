import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../tensor/errors.ts';
import { inflate as inflateBytes } from '../../../tensor/io/inflate.ts';
import { decodeIdx } from '../../../tensor/io/idx.ts';
import { expectTensor, golden, goldenExpected, mutations, notBytes, readsOrRefuses, unaligned } from './hostTensors.ts';

test.each(['images.idx', 'images.idx.gz', 'floats.idx'])('reads %s, from any address', async (name) => {
  for (const file of [golden(name), unaligned(golden(name))]) expectTensor(await decodeIdx(file), goldenExpected(name));
});

test('reads every type', async () => {
  const types: [number, number[], number][] = [
    [0x08, [255], 255],
    [0x09, [255], -1],
    [0x0b, [1, 2], 258],
    [0x0c, [255, 255, 255, 254], -2],
    [0x0d, [0x40, 0x49, 0, 0], 3.140625],
    [0x0e, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
  ];
  for (const [type, bytes, value] of types) {
    expect([...(await decodeIdx(Uint8Array.of(0, 0, type, 1, 0, 0, 0, 1, ...bytes))).data]).toEqual([value]);
    expect((await decodeIdx(Uint8Array.of(0, 0, type, 0, ...bytes))).shape).toEqual([]);
  }
});

describe('refuses', () => {
  const images = golden('images.idx');
  const zipped = golden('images.idx.gz');
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'the file begins with nothing; an IDX file begins with 00 00'],
    ['another format', new TextEncoder().encode('<html>'), 'the file begins with 3c 68 74 6d'],
    ['an unknown type', images.with(2, 0x0a), 'the file begins with 00 00 0a 03'],
    ['a header beyond the file', images.with(3, 200), 'the file has 34 bytes; the header of rank 200 alone needs 804'],
    ['a rank of 65', Uint8Array.of(0, 0, 8, 65, ...new Uint8Array(260)), 'the shape a list of 65'],
    ['too little data', images.subarray(0, 33), 'the array has 17 bytes of data; shape [2, 3, 3] of U8 needs 18'],
    ['too much data', Uint8Array.of(...images, 0), 'has 19 bytes of data'],
    ['huge sizes', images.slice().fill(255, 4, 16), 'more bytes than can be counted'],
    ['half a gzip file', zipped.subarray(0, 30), 'the gzip data cannot be inflated'],
    ['a broken gzip file', zipped.with(20, 0xff), 'the gzip data cannot be inflated'],
    ['gzip of something else', new Uint8Array(gzipSync('hello')), 'the file begins with 68 65 6c 6c'],
  ])('%s', async (_, file, message) => {
    await expect(decodeIdx(file)).rejects.toThrow(FormatError);
    await expect(decodeIdx(file)).rejects.toThrow(message);
  });

  test('a small file that asks for much memory', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(1_000_000)));
    const inflate = (limit: number): Promise<Uint8Array> => inflateBytes('decodeIdx', 'gzip', bomb, limit);
    expect((await inflate(1_000_000)).length).toBe(1_000_000);
    await expect(inflate(999_999)).rejects.toThrow(FormatError);
    await expect(inflate(999_999)).rejects.toThrow('decodeIdx: the gzip data cannot be inflated: it inflates to more');
  });

  test.each(notBytes)('%s', async (_, value, got) => {
    const call = decodeIdx(value as Uint8Array);
    await expect(call).rejects.toThrow(`decodeIdx: the file must be a Uint8Array, got ${got}; make one with`);
  });

  test('mutated files with nothing but a FormatError', async () => {
    const files = fc.constantFrom(golden('images.idx'), golden('floats.idx'), zipped);
    await fc.assert(
      fc.asyncProperty(files, mutations, (file, mutate) => readsOrRefuses(() => decodeIdx(mutate(file)))),
      { numRuns: 1000 },
    );
  });
});
