import type { Kernel } from '../../autograd/types.ts';
import type { ResampleAttrs } from './resample.ts';
import type { OverlapAddAttrs } from './slidingWindows.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { indices, sumOf } from '../runtime/webgl/glsl.ts';
import { launch } from '../runtime/webgl/launch.ts';
import { aroundAxis, packNumbers } from './band.ts';

export const resampleWebgl: Kernel<['x'], ResampleAttrs> = ({ x }, { axis, band }, [y]) => {
  if (y!.size === 0) return;
  const { inner } = aroundAxis(x.shape, axis);
  const { numbers, width } = packNumbers(band);
  const rows = band.starts.length;
  withTemporary(x, 'float32', [numbers.length], (table) => {
    table.storage.runtime.write(table.storage.handle, 'float32', 0, numbers);
    const code = (): string => `float element(int i) {
  int line = i / ${inner};
  int entry = line % ${rows} * ${width};
  int at = (line / ${rows} * ${band.length} + int(band(entry))) * ${inner} + i % ${inner};
  int taps = int(band(entry + 1));
  float s = 0.0;
  for (int t = 0; t < taps; t++) s += band(entry + 2 + t) * x(at + t * ${inner});
  return s;
}`;
    launch({ key: `resample ${inner} ${rows} ${width} ${band.length}`, inputs: { x, band: table }, code }, y!);
  });
};

/** Each place looks for the windows that reach it, from the first of their elements to the last. */
export const overlapAddWebgl: Kernel<['x'], OverlapAddAttrs> = acceptsStrides(
  ({ x }, { axis, step, dilation, padding }, [y]) => {
    const at = normalizeAxis('overlapAdd', axis, y!.shape);
    const [windows, size] = [x.shape[at]!, x.shape.at(-1)!];
    const [ofWindow, ofElement] = [x.strides[at]!, x.strides.at(-1)!];
    const beside = x.strides.slice(0, -1).with(at, 0);
    const code = (): string => `float element(int i) {
${indices(y!.shape)}
  int first = ${sumOf(beside)};
  float s = 0.0;
  for (int t = 0; t < ${size}; t++) {
    int start = i${at} + ${padding} - t * ${dilation};
    if (start < 0) break;
    int window = start / ${step};
    if (window * ${step} == start && window < ${windows}) s += x(first + window * ${ofWindow} + t * ${ofElement});
  }
  return s;
}`;
    const key = `overlapAdd ${at} ${[y!.shape, x.strides, [windows, size, step, dilation, padding]].map((list) => list.join()).join(' ')}`;
    launch({ key, inputs: { x }, code }, y!);
  },
);
