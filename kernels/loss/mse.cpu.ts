import type { Kernel } from '../../autograd/types.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

/** Elements per partial sum. */
const blockSize = 4096;

export const squaredErrorCpu: Kernel<['input', 'target'], { reduction?: 'mean' | 'sum' }> = (
  { input, target },
  { reduction },
  [loss],
) => {
  const n = input.size;
  const blocks = Math.ceil(n / blockSize);
  temporary(blocks * 4, (partials) => {
    launch('squaredDifferences', [pointer(input), pointer(target), n, partials], blocks, { work: blockSize / 8 });
    launch('scaledSum', [partials, blocks, reduction === 'mean' ? 1 / n : 1, pointer(loss!)], 1, { work: blocks });
  });
};
