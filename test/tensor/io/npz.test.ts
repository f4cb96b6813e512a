import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../../tensor/io/elements.ts';
import { ArgumentError, FormatError, ShapeError } from '../../../tensor/errors.ts';
import { crc32 } from '../../../tensor/io/crc32.ts';
import { decodeNpz, encodeNpz } from '../../../tensor/io/npz.ts';
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

const x: HostTensor = { dtype: 'int32', shape: [3], data: Int32Array.of(1, 2, 3) };

test.each(['stored.npz', 'deflated.npz'])('reads what NumPy wrote: %s', async (name) => {
  const tensors = await decodeNpz(golden(name));
  const expected = goldenExpected(name) as Record<string, unknown>;
  expect([...tensors.keys()]).toEqual(Object.keys(expected));
  for (const [key, tensor] of tensors) expectTensor(tensor, expected[key]);
});

test('round trips, stored and deflated, from any address', async () => {
  const archives = fc.dictionary(fc.string({ minLength: 1 }), hostTensors, { maxKeys: 3, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(archives, fc.boolean(), async (tensors, compressed) => {
      const bytes = await encodeNpz(tensors, { compressed });
      expect(await encodeNpz(tensors, { compressed })).toEqual(bytes);
      for (const file of [bytes, unaligned(bytes)]) expect(Object.fromEntries(await decodeNpz(file))).toEqual(tensors);
    }),
    { numRuns: 40 },
  );
});

test('a file that is changed, cut or grown is refused, or read where the change says nothing', async () => {
  const files = [golden('stored.npz'), golden('deflated.npz'), await encodeNpz({ x }, { compressed: true })];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), mutations, (file, mutate) =>
      readsOrRefuses(() => decodeNpz(mutate(file))),
    ),
  );
});

test('compression makes an archive of zeros small', async () => {
  const zeros: HostTensor = { dtype: 'float32', shape: [1000], data: new Float32Array(1000) };
  expect((await encodeNpz({ zeros })).length).toBeGreaterThan(4000);
  expect((await encodeNpz({ zeros }, { compressed: true })).length).toBeLessThan(400);
});

test('crc32 gives its check value', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

describe('refuses', () => {
  /** The archive of x with bytes changed `offset` after a record begins. */
  const changed = async (signature: number[], offset: number, ...bytes: number[]): Promise<Uint8Array> => {
    const file = await encodeNpz({ x });
    const at = file.findIndex((_, i) => signature.every((byte, k) => file[i + k] === byte));
    file.set(bytes, at + offset);
    return file;
  };
  const entry = [0x50, 0x4b, 3, 4];
  const listed = [0x50, 0x4b, 1, 2];
  const end = [0x50, 0x4b, 5, 6];
  const cases: [string, () => Promise<Uint8Array>, string | RegExp][] = [
    ['nothing', async () => new Uint8Array(0), 'the file of 0 bytes has no zip directory at its end'],
    ['a .npy file', async () => golden('f4.npy'), 'has no zip directory at its end; is it whole, and an archive?'],
    ['half a file', async () => golden('stored.npz').subarray(0, 600), 'has no zip directory'],
    [
      'other bytes in an array',
      () => changed(entry, 160, 9),
      "entry 'x.npy' has another checksum than the directory says",
    ],
    ['an entry elsewhere', () => changed(listed, 42, 7), "entry 'x.npy' is not where the directory says"],
    ['an encrypted entry', () => changed(listed, 8, 1), "entry 'x.npy' is encrypted"],
    [
      'another method',
      () => changed(listed, 10, 12),
      "entry 'x.npy' is packed by method 12; use 0 (stored) or 8 (deflated)",
    ],
    ['a longer entry', () => changed(listed, 20, 0, 0, 1), "entry 'x.npy' has 65536 bytes; the file ends after"],
    [
      'a size of 4 GiB',
      () => changed(listed, 24, 0xff, 0xff, 0xff, 0xff),
      'is said to have 4294967295 bytes; at most 2147483648',
    ],
    // Newer engines see themselves that the six bytes of an empty block are not all.
    ['what was not deflated', () => changed(listed, 10, 8), /entry 'x.npy' has 6 bytes; .* says 140|Trailing junk/],
    ['more entries than there are', () => changed(end, 10, 2), "entry 1 of 2 is not in the archive's directory"],
    [
      'a directory beyond the end',
      () => changed(end, 16, 0xff, 0xff, 0xff, 0xff),
      'the directory is said to lie at bytes 4294967295',
    ],
    ['an entry that is no array', () => changed(listed, 46, 120, 46, 110, 112, 122), "entry 'x.npz' is no array"],
  ];
  test.each(cases)('%s', async (_, make, message) => {
    const file = await make();
    await expect(decodeNpz(file)).rejects.toThrow(FormatError);
    await expect(decodeNpz(file)).rejects.toThrow(message);
  });

  test('an array that is broken, by the name of its entry', async () => {
    const { zip } = await import('../../../tensor/io/zip.ts');
    const file = await zip(new Map([['a.npy', golden('f4.npy').subarray(0, 100)]]), true);
    await expect(decodeNpz(file)).rejects.toThrow("decodeNpz: entry 'a.npy': the header says it has 118 bytes");
    const twice = await zip(
      new Map([
        ['x.npy', golden('i4.npy')],
        ['y.npy', golden('i4.npy')],
      ]),
      false,
    );
    twice.forEach((byte, i) => byte === 0x79 && twice[i + 1] === 0x2e && (twice[i] = 0x78));
    await expect(decodeNpz(twice)).rejects.toThrow("the archive has 'x.npy' twice; names must differ");
  });

  test.each(notBytes)('%s', async (_, value, got) => {
    await expect(decodeNpz(value as Uint8Array)).rejects.toThrow(
      `decodeNpz: the file must be a Uint8Array, got ${got}`,
    );
  });

  test('arrays that contradict themselves', async () => {
    await expect(encodeNpz({ x: { ...x, shape: [4] } })).rejects.toThrow(ShapeError);
    await expect(encodeNpz({ '': x })).rejects.toThrow(ArgumentError);
    await expect(encodeNpz({ x }, { compress: true } as never)).rejects.toThrow("has no option 'compress'");
  });
});
