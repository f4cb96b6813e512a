import type { Kernel } from '../../autograd/types.ts';
import type { OverlapAddAttrs } from './slidingWindows.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { outerLoops } from '../runtime/collapse.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { overlapLoops } from './overlapAdd.ts';

export const overlapAddCpu: Kernel<['x'], OverlapAddAttrs> = acceptsStrides(
  ({ x }, { axis, length, step, dilation, padding }, [y]) => {
    const { loops, inner, windows, size, windowStride, elementStride, placeStride } = overlapLoops(x, y!, axis);
    const [rows, columns] = loops.sizes.slice(-3) as [number, number, number];
    const [ofX, ofY] = loops.strides.map((steps) => steps.slice(-3, -1)) as [number[], number[]];
    outerLoops(loops, 3, (xOffset, yOffset) => {
      const tensors = [pointer(x) + 4 * xOffset, pointer(y!) + 4 * yOffset];
      const walk = [columns, inner, ...ofX, ...ofY, windows, size, windowStride, elementStride];
      const work = inner > 1 ? (length * inner * (size / step + 1)) / 4 : length + windows * size;
      launch('overlapAdd', [...tensors, ...walk, length, placeStride, step, dilation, padding], rows * columns, {
        work,
      });
    });
  },
);
