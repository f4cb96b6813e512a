import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { Generator, defaultGenerator, manualSeed, philox } from '../../tensor/philox.ts';

const words = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16));

describe('philox', () => {
  // Random123 1.14, tests/kat_vectors: counter, key, output
  test.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('counter %s, key %s', (counter, key, expected) => {
    const [c0, c1, c2, c3] = words(counter) as [number, number, number, number];
    const [key0, key1] = words(key) as [number, number];
    expect([...philox(key0, key1, c0, c1, c2, c3)]).toEqual(words(expected));
  });

  test('equals the definition in big integers', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word, word, word), (input) => {
        let [k0, k1, a, b, c, d] = input.map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint];
        const u32 = (x: bigint): bigint => x & 0xffffffffn;
        for (let round = 0; round < 10; round++) {
          const p = a * 0xd2511f53n;
          const q = c * 0xcd9e8d57n;
          [a, b, c, d] = [(q >> 32n) ^ b ^ k0, u32(q), (p >> 32n) ^ d ^ k1, u32(p)];
          [k0, k1] = [u32(k0 + 0x9e3779b9n), u32(k1 + 0xbb67ae85n)];
        }
        expect([...philox(...input)]).toEqual([a, b, c, d].map(Number));
      }),
    );
  });
});

describe('Generator', () => {
  test('is philox keyed by the seed and counted by blocks, over 64 bits each', () => {
    const seed = 0x12345 * 2 ** 32 + 0xdeadbeef;
    const generator = new Generator(seed);
    generator.setState({ seed, counter: 2 ** 32 - 1 });
    expect([...generator.bits(8)]).toEqual([
      ...philox(0xdeadbeef, 0x12345, 0xffffffff, 0, 0, 0),
      ...philox(0xdeadbeef, 0x12345, 0, 1, 0, 0),
    ]);
  });

  test('resumes bit for bit from its state, through JSON', () => {
    const seeds = fc.maxSafeNat();
    fc.assert(
      fc.property(seeds, fc.nat(50), (seed, drawn) => {
        const generator = new Generator(seed);
        generator.normal(drawn);
        const state = JSON.parse(JSON.stringify(generator.state())) as { seed: number; counter: number };
        const draw = (g: Generator): unknown[] => [
          g.normal(5),
          g.uniform(3),
          g.uniform(3, 'float64'),
          g.integers(4, -3, 9),
          g.permutation(6),
          g.seed(),
        ];
        const resumed = new Generator();
        resumed.setState(state);
        expect(draw(resumed)).toEqual(draw(generator));
        expect(resumed.state()).toEqual(generator.state());
      }),
    );
  });

  test('uniform: in [0, 1), mean 1/2, variance 1/12', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const values = new Generator(3).uniform(100_000, dtype);
      expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
      expect(moment(values, 1)).toBeCloseTo(1 / 2, 2);
      expect(moment(values, 2) - moment(values, 1) ** 2).toBeCloseTo(1 / 12, 3);
    }
  });

  test('normal: moments 0, 1, 0, 3; float32 is float64 rounded; odd counts', () => {
    const values = new Generator(5).normal(400_000, 'float64');
    [0, 1, 0, 3].forEach((expected, i) => expect(Math.abs(moment(values, i + 1) - expected)).toBeLessThan(0.03));
    expect(new Generator(5).normal(1001)).toEqual(Float32Array.from(values.subarray(0, 1001)));
  });

  test('integers: every value of the range, equally often, within the range', () => {
    const counts = new Array<number>(7).fill(0);
    for (const value of new Generator(1).integers(70_000, -2, 5)) counts[value + 2]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    const wide = new Generator(2).integers(1000, -(2 ** 31), 2 ** 31 - 1); // nearly all of int32
    expect(wide.some((v) => v < -(2 ** 30)) && wide.some((v) => v > 2 ** 30)).toBe(true);
  });

  test('integers draws again what would be biased', () => {
    const high = 3 * 2 ** 30; // of 2^32 words the last quarter must be rejected
    const values = new Generator(9).integers(40_000, -(2 ** 31), -(2 ** 31) + high);
    const thirds = [0, 0, 0];
    for (const v of values) thirds[Math.floor((v + 2 ** 31) / 2 ** 30)]!++;
    for (const count of thirds) expect(Math.abs(count / values.length - 1 / 3)).toBeLessThan(0.01);
  });

  test('permutation: each of 0..n-1 once; all orders of 3 equally likely', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(60), (seed, n) => {
        expect([...new Generator(seed).permutation(n)].toSorted((a, b) => a - b)).toEqual([...Array(n).keys()]);
      }),
    );
    const generator = new Generator(11);
    const counts: Record<string, number> = {};
    for (let i = 0; i < 6000; i++) {
      const order = generator.permutation(3).join();
      counts[order] = (counts[order] ?? 0) + 1;
    }
    expect(Object.keys(counts)).toHaveLength(6);
    for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('manualSeed restarts the default generator', () => {
    manualSeed(42);
    const first = defaultGenerator.normal(4);
    manualSeed(42);
    expect(defaultGenerator.normal(4)).toEqual(first);
    manualSeed(43);
    expect(defaultGenerator.normal(4)).not.toEqual(first);
  });

  test('refuses what is no seed, count or range', () => {
    for (const seed of [-1, 1.5, NaN, 2 ** 53]) expect(() => new Generator(seed)).toThrow(ArgumentError);
    expect(() => manualSeed(-1)).toThrow('Generator: seed is -1; it must be an integer of 0..2^53-1');
    const generator = new Generator(0);
    expect(() => generator.setState({ seed: 0, counter: -1 })).toThrow('counter is -1');
    for (const n of [-1, 0.5, NaN]) expect(() => generator.normal(n)).toThrow(ShapeError);
    for (const [low, high] of [
      [0, 0],
      [2, 1],
      [0, 2 ** 31 + 1],
      [0.5, 2],
    ] as const) {
      expect(() => generator.integers(1, low, high)).toThrow(ArgumentError);
    }
    expect(generator.state().counter).toBe(0);
  });
});

function moment(values: ArrayLike<number>, power: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** power;
  return sum / values.length;
}
