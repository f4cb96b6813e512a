import type { Kernel } from '../../autograd/types.ts';
import type { CumsumAttrs } from './cumsum.ts';
import { normalizeAxis, sizeOf } from '../../tensor/shape.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

/** Columns of one item, as in cumsum.as.ts. */
const strip = 16;
/** Elements of one item where lines are cut: they are read twice then, which is worth it where there are few lines. */
const elementsPerBlock = 32_768;
const enoughItems = 16;

export const cumsumCpu: Kernel<['x'], CumsumAttrs> = ({ x }, { axis, reverse }, [y]) => {
  const at = normalizeAxis('cumsum', axis, x.shape);
  const n = x.shape[at]!;
  const inner = sizeOf(x.shape.slice(at + 1));
  const outer = sizeOf(x.shape.slice(0, at));
  const type = x.dtype === 'int32' ? 'Int' : 'Float';
  const width = Math.min(inner, strip);
  const items = outer * Math.ceil(inner / strip);
  const block = items < enoughItems ? Math.min(n, Math.ceil(elementsPerBlock / width)) : n;
  const blocks = Math.ceil(n / block);
  const [from, to, backwards] = [pointer(x), pointer(y!), Number(reverse)];
  const scan = (carries: number): void =>
    launch(`cumsum${type}`, [from, to, n, inner, block, carries, backwards], items * blocks, { work: block * width });
  if (blocks === 1) return scan(0);
  temporary(8 * outer * blocks * inner, (carries) => {
    const work = block * width;
    launch(`cumsumTotals${type}`, [from, n, inner, block, carries, backwards], items * blocks, { work });
    launch(`cumsumBefore${type}`, [carries, blocks, inner], outer * inner, { work: blocks });
    scan(carries);
  });
};
