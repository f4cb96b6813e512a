import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { DropoutAttrs } from './dropout.ts';
import type { PairDropoutAttrs } from './pairDropout.ts';
import { launch } from '../runtime/webgl/launch.ts';

/** GLSL of Philox4x32-10: `philox(seed, counter)` gives the four words of the block with that counter, lowest first: the bits of tensor/philox.ts. */
const philox = `uint multiplyHigh(uint a, uint m) {
  uint middle = (((a & 0xffffu) * (m & 0xffffu)) >> 16u) + (a >> 16u) * (m & 0xffffu);
  uint carry = (middle & 0xffffu) + (a & 0xffffu) * (m >> 16u);
  return (a >> 16u) * (m >> 16u) + (middle >> 16u) + (carry >> 16u);
}
uvec4 philox(uint seed, uvec4 c) {
  uint key0 = seed;
  uint key1 = 0u;
  for (int round_ = 0; round_ < 10; round_++) {
    uint high0 = multiplyHigh(c.x, 0xd2511f53u);
    uint high1 = multiplyHigh(c.z, 0xcd9e8d57u);
    c = uvec4(high1 ^ c.y ^ key0, c.z * 0xcd9e8d57u, high0 ^ c.w ^ key1, c.x * 0xd2511f53u);
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return c;
}
// Words of 32 bits come as two numbers: a float holds but 24.
uint wordOf(float high, float low) { return (uint(high) << 16u) | uint(low); }`;

/** GLSL of `kept(counter, word)`: what dropout multiplies by where that random word decides, 0 or 1 / (1 − p). */
export const keptGlsl = `${philox}
float kept(uvec4 counter, int word) {
  uvec4 words = philox(wordOf(params.seedHigh, params.seedLow), counter);
  return words[word] >= wordOf(params.high, params.low) ? params.inverse : 0.0;
}`;

/** The numbers that `keptGlsl` reads; null where everything is dropped: all bits are below 2³², which has no word. */
export function keptNumbers({ p, seed }: { p: number; seed: number }): Record<string, number> | null {
  const threshold = Math.round(p * 2 ** 32);
  if (threshold >= 2 ** 32) return null;
  const [high, low] = [Math.floor(threshold / 65536), threshold % 65536];
  return { seedHigh: Math.floor(seed / 65536), seedLow: seed % 65536, high, low, inverse: 1 / (1 - p) };
}

/** Which random word belongs to element i: GLSL of statements, of the block's counter and of the word in it. */
interface Draw {
  readonly key: string;
  readonly inputs?: Readonly<Record<string, Tensor>>;
  readonly statements: string;
  readonly counter: string;
  readonly word: string;
}

/** y = keep ? x / (1 − p) : 0. */
function dropout(draw: Draw, attrs: { p: number; seed: number }, x: Tensor, y: Tensor): void {
  const numbers = keptNumbers(attrs);
  if (!numbers) return y.storage.runtime.fill(y.storage.handle, y.dtype, y.size, 0);
  const code = (): string => `${keptGlsl}
float element(int i) {
  ${draw.statements}
  float factor = kept(${draw.counter}, ${draw.word});
  return factor == 0.0 ? 0.0 : x(i) * factor;
}`;
  launch({ key: draw.key, inputs: { x, ...draw.inputs }, numbers, code }, y);
}

export const seededDropoutWebgl: Kernel<['x'], DropoutAttrs> = ({ x }, attrs, [y]) => {
  const statements = `int row = i / ${attrs.share};`;
  const draw = { key: `dropout ${attrs.share}`, statements, counter: 'uvec4(row / 4, 0, 0, 0)', word: 'row % 4' };
  dropout(draw, attrs, x, y!);
};

export const pairDropoutWebgl: Kernel<['x', 'keys:int'], PairDropoutAttrs> = ({ x, keys }, attrs, [y]) => {
  const [, heads, tokens, slots] = x.shape as [number, number, number, number];
  const own = keys.shape[0] === 1 ? '0' : 'query';
  const draw: Draw = {
    key: `pairDropout ${heads} ${tokens} ${slots} ${own}`,
    inputs: { keys },
    statements: `int rows = i / ${slots};
  int query = rows % ${tokens};
  int key = int(keys(${own} * ${slots} + i % ${slots}));`,
    counter: `uvec4(key / 4, query, rows / ${tokens} % ${heads}, rows / ${tokens * heads})`,
    word: 'key % 4',
  };
  dropout(draw, attrs, x, y!);
};
