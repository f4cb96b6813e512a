import { ArgumentError, ShapeError } from './errors.ts';

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The upper 32 bits of a · m, by 16-bit halves: a double holds only 53 of the product's 64 bits. */
function multiplyHigh(a: number, m: number): number {
  const low = a & 0xffff;
  const high = a >>> 16;
  const mLow = m & 0xffff;
  const mHigh = m >>> 16;
  const middle = ((Math.imul(low, mLow) >>> 16) + (Math.imul(high, mLow) >>> 0)) >>> 0;
  const carry = ((middle & 0xffff) + (Math.imul(low, mHigh) >>> 0)) >>> 0;
  return (Math.imul(high, mHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** Philox4x32-10 of one counter: writes four words to `out` from `offset` on. */
function philoxBlock(
  key0: number,
  key1: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  out: Uint32Array,
  offset: number,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0, M0);
    const high1 = multiplyHigh(c2, M1);
    const low0 = Math.imul(c0, M0);
    const low1 = Math.imul(c2, M1);
    c0 = high1 ^ c1 ^ key0;
    c1 = low1;
    c2 = high0 ^ c3 ^ key1;
    c3 = low0;
    key0 = (key0 + W0) | 0;
    key1 = (key1 + W1) | 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/**
 * Philox4x32-10: four random words that depend on the key and the counter alone. Kernels that draw their own bits
 * must agree with it.
 *
 * @param key0 low word of the key; all six arguments are unsigned 32-bit words, lowest first
 * @source Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, §3.4; Random123 philox.h
 * @example
 * philox(0, 0, 0, 0, 0, 0)[0]; // 1713891541
 */
export function philox(key0: number, key1: number, c0: number, c1: number, c2: number, c3: number): Uint32Array {
  const out = new Uint32Array(4);
  philoxBlock(key0 | 0, key1 | 0, c0 | 0, c1 | 0, c2 | 0, c3 | 0, out, 0);
  return out;
}

/** All there is to know of a {@link Generator}: plain JSON, for checkpoints. */
export interface GeneratorState {
  /** The 64-bit key. */
  readonly seed: number;
  /** How many blocks of four words were drawn. */
  readonly counter: number;
}

/**
 * A stream of random numbers: Philox4x32-10 with the seed as key and a block counter. Every draw starts at a fresh block
 * of four words, so the state is two numbers. The same seed and the same calls give the same numbers on every machine.
 *
 * @example
 * const generator = new Generator(7);
 * const saved = generator.state();
 * const first = generator.normal(3);
 * generator.setState(saved);
 * generator.normal(3); // equal to `first`
 */
export class Generator {
  #seed = 0;
  #counter = 0;

  /** @throws ArgumentError unless `seed` is an integer of 0..2⁵³−1. */
  constructor(seed = 0) {
    this.setState({ seed, counter: 0 });
  }

  state(): GeneratorState {
    return { seed: this.#seed, counter: this.#counter };
  }

  /** Continues where the generator that gave this state stood. @throws ArgumentError for numbers that no state has. */
  setState({ seed, counter }: GeneratorState): void {
    for (const [name, value] of Object.entries({ seed, counter })) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new ArgumentError(`${name} is ${String(value)}; it must be an integer of 0..2^53-1`, {
          op: 'Generator',
          [name]: value,
        });
      }
    }
    this.#seed = seed;
    this.#counter = counter;
  }

  /** `n` random words. */
  bits(n: number): Uint32Array {
    checkCount('bits', n);
    const blocks = Math.ceil(n / 4);
    const words = new Uint32Array(4 * blocks);
    const key0 = this.#seed | 0;
    const key1 = (this.#seed / 2 ** 32) | 0;
    for (let i = 0; i < blocks; i++) {
      const counter = this.#counter + i;
      philoxBlock(key0, key1, counter | 0, (counter / 2 ** 32) | 0, 0, 0, words, 4 * i);
    }
    this.#counter += blocks;
    return words.subarray(0, n);
  }

  /** One random word: the seed of a kernel that draws its own bits, such as dropout. */
  seed(): number {
    return this.bits(1)[0]!;
  }

  /** `n` numbers, each in [0, 1): multiples of 2⁻²⁴ in float32, of 2⁻⁵³ in float64. */
  uniform(n: number, dtype?: 'float32'): Float32Array;
  uniform(n: number, dtype: 'float64'): Float64Array;
  uniform(n: number, dtype: 'float32' | 'float64'): Float32Array | Float64Array;
  uniform(n: number, dtype: 'float32' | 'float64' = 'float32'): Float32Array | Float64Array {
    checkCount('uniform', n);
    if (dtype === 'float32') {
      const words = this.bits(n);
      const values = new Float32Array(n);
      for (let i = 0; i < n; i++) values[i] = (words[i]! >>> 8) * 2 ** -24;
      return values;
    }
    const words = this.bits(2 * n);
    const values = new Float64Array(n);
    for (let i = 0; i < n; i++) values[i] = ((words[2 * i]! >>> 5) * 2 ** 26 + (words[2 * i + 1]! >>> 6)) * 2 ** -53;
    return values;
  }

  /**
   * `n` standard normals, computed in float64 and rounded to `dtype`; |z| < 6.8.
   *
   * @source Box and Muller, "A note on the generation of random normal deviates", 1958: z = √(−2 ln u) · (cos 2πv, sin 2πv)
   */
  normal(n: number, dtype?: 'float32'): Float32Array;
  normal(n: number, dtype: 'float64'): Float64Array;
  normal(n: number, dtype: 'float32' | 'float64'): Float32Array | Float64Array;
  normal(n: number, dtype: 'float32' | 'float64' = 'float32'): Float32Array | Float64Array {
    checkCount('normal', n);
    const words = this.bits(n + (n & 1));
    const values = dtype === 'float32' ? new Float32Array(n) : new Float64Array(n);
    for (let i = 0; i < n; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) * 2 ** -32)); // + 0.5: the logarithm never sees 0
      const angle = words[i + 1]! * (2 * Math.PI * 2 ** -32);
      values[i] = radius * Math.cos(angle);
      if (i + 1 < n) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  }

  /** `n` integers of [low, high), each equally likely. @throws ArgumentError when the range is empty or not of int32. */
  integers(n: number, low: number, high: number, op = 'integers'): Int32Array {
    checkCount(op, n);
    if (!Number.isInteger(low) || !Number.isInteger(high) || low < -(2 ** 31) || high > 2 ** 31 || low >= high) {
      throw new ArgumentError(
        `no integers of [${String(low)}, ${String(high)}); low < high must be integers of -2^31..2^31`,
        { op, low, high },
      );
    }
    const words = this.bits(n);
    const values = new Int32Array(n);
    for (let i = 0; i < n; i++) values[i] = low + this.#below(high - low, words[i]!);
    return values;
  }

  /** 0..n−1 in random order, each order equally likely. @source Fisher-Yates, as in Knuth, TAOCP 2, algorithm 3.4.2 P */
  permutation(n: number): Int32Array {
    checkCount('permutation', n);
    const words = this.bits(n);
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const j = this.#below(i + 1, words[i]!);
      order[i] = order[j]!;
      order[j] = i;
    }
    return order;
  }

  /** `word` mod `bound` without bias: words of the last, incomplete run of `bound` values are drawn again. */
  #below(bound: number, word: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    while (word >= limit) word = this.seed();
    return word % bound;
  }
}

function checkCount(op: string, n: number): void {
  if (!Number.isInteger(n) || n < 0 || n > 2 ** 31) {
    throw new ShapeError(`${String(n)} numbers were asked for; the count must be an integer of 0..2^31`, { op, n });
  }
}

/** The generator of everything that is not given one of its own. It starts with seed 0. */
export const defaultGenerator = new Generator();

/**
 * Restarts the default generator, so that what follows is the same in every run.
 *
 * @example
 * manualSeed(42);
 * const a = defaultGenerator.seed();
 * manualSeed(42);
 * a === defaultGenerator.seed(); // true
 */
export function manualSeed(seed: number): void {
  defaultGenerator.setState({ seed, counter: 0 });
}
