import type { Kernel } from '../../autograd/types.ts';
import type { PairDropoutAttrs } from './pairDropout.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

export const pairDropoutCpu: Kernel<['x', 'keys:int'], PairDropoutAttrs> = ({ x, keys }, { p, seed }, [y]) => {
  const threshold = Math.round(p * 2 ** 32);
  // All bits are below 2³², which is no u32.
  if (threshold >= 2 ** 32) return y!.storage.runtime.fill(y!.storage.handle, 'float32', y!.size, 0);
  const [, heads, tokens, slots] = x.shape as [number, number, number, number];
  const perRow = keys.shape[0] === 1 ? 0 : slots;
  const run = (numbers: number): void => {
    const shape = [heads, tokens, slots, numbers, perRow];
    const random = [seed, threshold, 1 / (1 - p)];
    const options = { work: 8 * slots, scratch: 64 };
    launch('pairDropout', [pointer(x), pointer(y!), ...shape, ...random], x.size / slots, options);
  };
  if (keys.dtype === 'int32') return run(pointer(keys));
  temporary(keys.size * 4, (numbers) => {
    launch('widen8', [pointer(keys), numbers], keys.size);
    run(numbers);
  });
};
