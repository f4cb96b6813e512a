import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import { FormatError } from '../../../tensor/errors.ts';
import type { Dtype, TypedArray } from '../../../tensor/dtype.ts';
import type { HostTensor } from '../../../tensor/io/elements.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';

/** A file of test/golden/io, which make.py there has made. */
export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../golden/io/${name}`, import.meta.url)));
}

interface Expected {
  dtype: Dtype;
  shape: number[];
  values: (number | string)[];
}

/** What make.py says that a file of test/golden/io holds: a tensor, or tensors by name. */
export function goldenExpected(name: string): unknown {
  return (JSON.parse(new TextDecoder().decode(golden('expected.json'))) as Record<string, unknown>)[name];
}

export function expectTensor(tensor: HostTensor | undefined, expected: unknown): void {
  const { dtype, shape, data } = tensor!;
  const { values, ...rest } = expected as Expected;
  expect({ dtype, shape, values: [...data] }).toEqual({ ...rest, values: values.map(Number) });
}

/** Values of a seed, for a dtype. */
function fill(dtype: Dtype, n: number, seed: number): TypedArray {
  const generator = new Generator(seed);
  switch (dtype) {
    case 'float64':
      return generator.normal(n, 'float64');
    case 'int32':
      return generator.integers(n, -(2 ** 31), 2 ** 31);
    case 'uint8':
      return Uint8Array.from(generator.integers(n, 0, 256));
    case 'bool':
      return Uint8Array.from(generator.integers(n, 0, 2));
    case 'float32':
    case 'float16':
      return generator.normal(n);
  }
}

/** Tensors of any shape and of every dtype that survives a file unchanged. */
export const hostTensors: fc.Arbitrary<HostTensor> = fc
  .tuple(
    fc.constantFrom<Dtype>('float32', 'float64', 'int32', 'uint8', 'bool'),
    fc.array(fc.nat(4), { maxLength: 4 }),
    fc.nat(),
  )
  .map(([dtype, shape, seed]) => ({ dtype, shape, data: fill(dtype, sizeOf(shape), seed) }));

/** What callers without types take for a file's bytes, with what errors call it. */
export const notBytes: readonly (readonly [string, unknown, string])[] = [
  ['a string', 'abc', "'abc'"],
  ['an ArrayBuffer', new ArrayBuffer(8), 'an ArrayBuffer'],
  ['null', null, 'null'],
  ['undefined', undefined, 'undefined'],
  ['a list', [1, 2], 'a list of 2'],
  ['other elements', new Float32Array(2), 'a Float32Array'],
  ['a DataView', new DataView(new ArrayBuffer(2)), 'a DataView'],
];

/** Changes, cuts or grows a file. */
export const mutations: fc.Arbitrary<(file: Uint8Array) => Uint8Array> = fc.oneof(
  fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((edits) => (file: Uint8Array) => {
    const changed = file.slice();
    for (const [at, byte] of edits) changed[at % Math.min(changed.length, 200)] = byte;
    return changed;
  }),
  fc.nat().map((n) => (file: Uint8Array) => file.slice(0, n % file.length)),
  fc
    .uint8Array({ minLength: 1, maxLength: 9 })
    .map((more) => (file: Uint8Array) => Uint8Array.from([...file, ...more])),
);

/** Runs `read`: it may succeed or refuse the file, and nothing else. */
export async function readsOrRefuses(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}

/** The bytes at an odd address, in a Node Buffer that is a view into a larger pool. */
export function unaligned(bytes: Uint8Array): Uint8Array {
  const pool = Buffer.alloc(bytes.length + 24);
  const at = pool.byteOffset % 2 === 0 ? 9 : 8;
  pool.set(bytes, at);
  return pool.subarray(at, at + bytes.length);
}
