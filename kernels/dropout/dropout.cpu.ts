import type { Kernel } from '../../autograd/types.ts';
import type { DropoutAttrs } from './dropout.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';

/** One call of Philox makes the words of sixteen rows. */
const rowsPerItem = 16;
const scratch = rowsPerItem * 4;

export const seededDropoutCpu: Kernel<['x'], DropoutAttrs> = ({ x }, { p, seed, share }, [y]) => {
  const threshold = Math.round(p * 2 ** 32);
  // All bits are below 2³², which is no u32.
  if (threshold >= 2 ** 32) return y!.storage.runtime.fill(y!.storage.handle, 'float32', y!.size, 0);
  const rows = x.size / share;
  const items = Math.ceil(rows / rowsPerItem);
  const random = [seed, threshold, 1 / (1 - p)];
  const work = rowsPerItem * (share === 1 ? 2 : share / 4);
  if (share === 1) launch('dropoutElements', [pointer(x), pointer(y!), rows, ...random], items, { work, scratch });
  else launch('dropoutRows', [pointer(x), pointer(y!), rows, share, ...random], items, { work, scratch });
};
