import type { Kernel } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { fillAll, passesOf } from './passes.ts';

/** Elements of a line in one item, and columns, as in truth.as.ts. */
const block = 32_768;
const strip = 256;

export function truthCpu(name: 'any' | 'all'): Kernel<['x:any'], ReduceAttrs> {
  return ({ x }, { axis }, [y]) => {
    if (x.size === 0) return fillAll(y!, name === 'all' ? 1 : 0);
    const passes = passesOf(x.shape, normalizeAxes(name, axis, x.shape));
    const stored = byteSize[x.dtype] === 1 ? 'Byte' : x.dtype === 'int32' ? 'Int' : 'Float';
    const run = (at: number, n: number, from: number): void => {
      const { outer, inner } = passes[at]!;
      const blocks = Math.ceil(n / block);
      const isLast = blocks === 1 && at === passes.length - 1;
      const walk = (to: number): void => {
        const items = outer * blocks * Math.ceil(inner / strip);
        const work = Math.min(n, block) * Math.min(inner, strip) * (inner === 1 || inner >= 16 ? 0.2 : 0.8);
        const kernel = name + (at === 0 && n === passes[0]!.n ? stored : 'Byte');
        launch(kernel, [from, to, n, inner, block], items, { work });
      };
      if (isLast) return walk(pointer(y!));
      temporary(outer * blocks * inner, (part) => {
        walk(part);
        if (blocks > 1) run(at, blocks, part);
        else run(at + 1, passes[at + 1]!.n, part);
      });
    };
    run(0, passes[0]!.n, pointer(x));
  };
}
