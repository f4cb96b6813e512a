import type { Kernel } from '../../autograd/types.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { OverlapAddAttrs } from './slidingWindows.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { outerLoops } from '../runtime/collapse.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { overlapLoops } from './overlapAdd.ts';

const lanes = 256;

/** y [rows, columns, length, inner], a lane for each element; the elements of windows are added t ascending. */
function source(type: string): ProgramSource {
  const words = ['columns', 'inner', 'x0', 'x1', 'y0', 'y1', 'windows', 'size', 'windowStride', 'elementStride'];
  return {
    name: 'overlapAdd',
    buffers: [
      ['x', type],
      ['y', type, 'write'],
    ],
    params: [
      ['count', 'u32'],
      ...['xStart', 'yStart', ...words, 'places', 'placeStride', 'step', 'dilation', 'padding'].map(
        (word) => [word, 'i32'] as const,
      ),
    ],
    workgroupSize: [lanes],
    body: `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (i >= params.count) { return; }
  let k = i32(i % u32(params.inner));
  let lines = i / u32(params.inner);
  let place = i32(lines % u32(params.places));
  let item = i32(lines / u32(params.places));
  let row = item / params.columns;
  let column = item % params.columns;
  let base = i32(params.xOffset) + params.xStart + row * params.x0 + column * params.x1 + k;
  var total = 0.0;
  for (var t = 0; t < params.size; t++) {
    let start = place + params.padding - t * params.dilation;
    if (start < 0) { break; }
    let window = start / params.step;
    if (window * params.step != start || window >= params.windows) { continue; }
    total += f32(x[base + window * params.windowStride + t * params.elementStride]);
  }
  let at = params.yStart + row * params.y0 + column * params.y1 + place * params.placeStride + k;
  y[params.yOffset + u32(at)] = ${type}(total);`,
  };
}

export const overlapAddWebgpu: Kernel<['x'], OverlapAddAttrs> = acceptsStrides(
  ({ x }, { axis, length, step, dilation, padding }, [y]) => {
    const { loops, inner, windows, size, windowStride, elementStride, placeStride } = overlapLoops(x, y!, axis);
    const [rows, columns] = loops.sizes.slice(-3) as [number, number, number];
    const [ofX, ofY] = loops.strides.map((steps) => steps.slice(-3, -1)) as [number[], number[]];
    const type = storedType(x.dtype);
    const count = rows * columns * length * inner;
    outerLoops(loops, 3, (xStart, yStart) => {
      const walk = [columns, inner, ...ofX, ...ofY, windows, size, windowStride, elementStride];
      const numbers = [count, xStart, yStart, ...walk, length, placeStride, step, dilation, padding];
      launch(`overlapAdd ${type}`, () => source(type), [x, y!], numbers, Math.ceil(count / lanes));
    });
  },
);
