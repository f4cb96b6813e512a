import type { Kernel } from '../../autograd/types.ts';
import type { Draw } from './dropout.webgpu.ts';
import type { PairDropoutAttrs } from './pairDropout.ts';
import { launchDropout } from './dropout.webgpu.ts';

/** x [B, N, T, M], keys [T, M], or [1, M] with perRow 0. */
const pairs: Draw = {
  name: 'pairDropout',
  buffers: [['keys', 'i32']],
  params: [
    ['heads', 'u32'],
    ['tokens', 'u32'],
    ['slots', 'u32'],
    ['perRow', 'u32'],
  ],
  statements: `    let row = i / params.slots;
    let query = row % params.tokens;
    let head = row / params.tokens;
    let key = u32(keys[params.keysOffset + query * params.perRow + i - row * params.slots]);`,
  counter: 'vec4u(key / 4u, query, head % params.heads, head / params.heads)',
  word: 'key % 4u',
};

export const pairDropoutWebgpu: Kernel<['x', 'keys:int'], PairDropoutAttrs> = ({ x, keys }, attrs, [y]) => {
  const [, heads, tokens, slots] = x.shape as [number, number, number, number];
  const perRow = keys.shape[0] === 1 ? 0 : slots;
  launchDropout(pairs, attrs, [x, y!], [keys], [heads, tokens, slots, perRow]);
};
