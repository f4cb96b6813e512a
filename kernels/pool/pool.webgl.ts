// Windows of maps: `span` gives window i's first place, one after the last, and the step between or the number to divide by.

import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { AdaptiveAttrs, AdaptiveBackwardAttrs } from './adaptiveAvgPool2d.ts';
import type { AvgPoolAttrs, AvgPoolBackwardAttrs } from './avgPool2d.ts';
import type { MaxPoolAttrs, WinnersAttrs } from './maxPool2d.ts';
import type { PoolWindows } from './problem.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { float, indices } from '../runtime/webgl/glsl.ts';
import { launch } from '../runtime/webgl/launch.ts';
import { resolvePool } from './problem.ts';

/** Of `source` places along an axis, one window of `size`. */
interface AxisWindows {
  readonly source: number;
  readonly size: number;
  /** GLSL of a window's ivec3 from `i`. */
  readonly span: string;
  /** GLSL of ivec2 from `at`, a place: the first window that may hold it, and the last. */
  readonly holders: string;
}

type Windows = readonly [AxisWindows, AxisWindows];

const both = (axis: (axis: 0 | 1) => AxisWindows): Windows => [axis(0), axis(1)];

function spansOf(windows: Windows): string {
  return windows
    .map(
      ({ span, holders }, axis) => `ivec3 span${axis}(int i) { ${span} }\nivec2 holders${axis}(int at) { ${holders} }`,
    )
    .join('\n');
}

const keyOf = (name: string, windows: Windows): string =>
  `${name} ${windows.map(({ source, size, span }) => `${source} ${size} ${span}`).join(' ')}`;

function averageWindows(windows: PoolWindows, { countIncludePad, divisorOverride }: Required<AvgPoolAttrs>): Windows {
  return both((axis) => {
    const [kernel, stride, padding] = [windows.kernel[axis], windows.stride[axis], windows.padding[axis]];
    const [source, size] = [windows.source[axis], windows.size[axis]];
    const counted = countIncludePad ? 'end - start' : 'inside.y - inside.x';
    const divisor = divisorOverride === undefined ? counted : axis === 0 ? divisorOverride : 1;
    return {
      source,
      size,
      span: `int start = i * ${stride} - ${padding}; int end = min(start + ${kernel}, ${source + padding});
  ivec2 inside = ivec2(max(start, 0), min(end, ${source}));
  return ivec3(inside, ${divisor});`,
      holders: `return ivec2(max(0, (at + ${padding - kernel + stride}) / ${stride}), min(${size - 1}, (at + ${padding}) / ${stride}));`,
    };
  });
}

/** Window i of n is ⌊i · H / n⌋ to ⌈(i + 1) · H / n⌉. */
function adaptiveWindows(sources: Shape, sizes: Shape): Windows {
  return both((axis) => {
    const [source, size] = [sources[axis]!, sizes[axis]!];
    return {
      source,
      size,
      span: `ivec2 inside = ivec2(i * ${source} / ${size}, ((i + 1) * ${source} + ${size - 1}) / ${size});
  return ivec3(inside, inside.y - inside.x);`,
      holders: `return ivec2(at * ${size} / ${source}, ((at + 1) * ${size} + ${source - 1}) / ${source} - 1);`,
    };
  });
}

function average(x: Tensor, windows: Windows, y: Tensor): void {
  const [down, across] = windows;
  const code = (): string => `${spansOf(windows)}
float element(int i) {
${indices([1, down.size, across.size])}
  ivec3 rows = span0(i1);
  ivec3 columns = span1(i2);
  float sum = 0.0;
  for (int r = rows.x; r < rows.y; r++) {
    for (int c = columns.x; c < columns.y; c++) sum += x((i0 * ${down.source} + r) * ${across.source} + c);
  }
  return sum / float(rows.z * columns.z);
}`;
  launch({ key: keyOf('average', windows), inputs: { x }, code }, y);
}

/** Each place takes its share of the gradients of the windows that hold it. */
function spread(gradient: Tensor, windows: Windows, dx: Tensor): void {
  const [down, across] = windows;
  const code = (): string => `${spansOf(windows)}
float element(int i) {
${indices([1, down.source, across.source])}
  ivec2 rows = holders0(i1);
  ivec2 columns = holders1(i2);
  float sum = 0.0;
  for (int r = rows.x; r <= rows.y; r++) {
    ivec3 high = span0(r);
    if (i1 < high.x || i1 >= high.y) continue;
    for (int c = columns.x; c <= columns.y; c++) {
      ivec3 wide = span1(c);
      if (i2 < wide.x || i2 >= wide.y) continue;
      sum += gradient((i0 * ${down.size} + r) * ${across.size} + c) / float(high.z * wide.z);
    }
  }
  return sum;
}`;
  launch({ key: keyOf('average spread', windows), inputs: { gradient }, code }, dx);
}

export const avgPool2dWebgl: Kernel<['x'], AvgPoolAttrs> = ({ x }, attrs, [y]) =>
  average(x, averageWindows(resolvePool('avgPool2d', x.shape, attrs), attrs), y!);

export const avgPool2dBackwardWebgl: Kernel<['gradient'], AvgPoolBackwardAttrs> = ({ gradient }, attrs, [dx]) =>
  spread(gradient, averageWindows(resolvePool('avgPool2dBackward', dx!.shape, attrs), attrs), dx!);

export const adaptiveAvgPool2dWebgl: Kernel<['x'], AdaptiveAttrs> = ({ x }, _attrs, [y]) =>
  average(x, adaptiveWindows(x.shape.slice(2), y!.shape.slice(2)), y!);

export const adaptiveAvgPool2dBackwardWebgl: Kernel<['gradient'], AdaptiveBackwardAttrs> = (
  { gradient },
  _attrs,
  [dx],
) => spread(gradient, adaptiveWindows(dx!.shape.slice(2), gradient.shape.slice(2)), dx!);

/** Steps of dilation instead of a number to divide by. */
function maximumWindows({ kernel, stride, padding, dilation, source, size }: PoolWindows): Windows {
  return both((axis) => {
    const step = dilation[axis];
    return {
      source: source[axis],
      size: size[axis],
      span: `int start = i * ${stride[axis]} - ${padding[axis]};
  int first = start < 0 ? start + (${step - 1} - start) / ${step} * ${step} : start;
  return ivec3(first, min(${source[axis]}, start + ${(kernel[axis] - 1) * step + 1}), ${step});`,
      holders: 'return ivec2(0);',
    };
  });
}

/** The first of equals, the last NaN. One kernel finds the place, one takes what is there. */
function maximum(x: Tensor, windows: Windows, [y, places]: readonly Tensor[]): void {
  const [down, across] = windows;
  const code = (): string => `${spansOf(windows)}
float element(int i) {
${indices([1, down.size, across.size])}
  ivec3 rows = span0(i1);
  ivec3 columns = span1(i2);
  int best = -1;
  float most = 0.0;
  for (int r = rows.x; r < rows.y; r += rows.z) {
    for (int c = columns.x; c < columns.y; c += columns.z) {
      float value = x((i0 * ${down.source} + r) * ${across.source} + c);
      if (best < 0 || value > most || isnan(value)) {
        best = r * ${across.source} + c;
        most = value;
      }
    }
  }
  return float(best);
}`;
  launch({ key: keyOf('maximum', windows), inputs: { x }, code }, places!);
  take(x, places!, -Infinity, y!);
}

const adaptiveMaximum = (x: Tensor, y: Tensor): Windows =>
  both((axis) => {
    const windows = adaptiveWindows(x.shape.slice(2), y.shape.slice(2))[axis];
    return { ...windows, span: windows.span.replace('inside.y - inside.x', '1') };
  });

/** The elements at `places` of each map; `nothing` where the place is −1. */
function take(x: Tensor, places: Tensor, nothing: number, y: Tensor): void {
  const [map, each] = [x, places].map(({ shape }) => shape[2]! * shape[3]!);
  const code = (): string => `float element(int i) {
  int place = int(places(i));
  return place < 0 ? ${float(nothing)} : x(i / ${each} * ${map} + place);
}`;
  launch({ key: `take ${map} ${each} ${nothing}`, inputs: { x, places }, code }, y);
}

export const maxPool2dWebgl: Kernel<['x'], MaxPoolAttrs> = ({ x }, attrs, outputs) =>
  maximum(x, maximumWindows(resolvePool('maxPool2d', x.shape, attrs)), outputs);

export const adaptiveMaxPool2dWebgl: Kernel<['x'], AdaptiveAttrs> = ({ x }, _attrs, outputs) =>
  maximum(x, adaptiveMaximum(x, outputs[0]!), outputs);

export const maxPool2dGatherWebgl: Kernel<['x', 'indices:int']> = ({ x, indices: places }, _attrs, [y]) =>
  take(x, places, 0, y!);

/** Each place looks through its map's winners. */
export const maxPool2dBackwardWebgl: Kernel<['gradient', 'indices:int'], WinnersAttrs> = (inputs, { size }, [dx]) => {
  const { gradient, indices: places } = inputs;
  const each = gradient.shape[2]! * gradient.shape[3]!;
  const map = size[0]! * size[1]!;
  accumulate(
    {
      key: `maxPool2dBackward ${each} ${map}`,
      inputs: { gradient, places },
      count: each,
      setup: `  int first = i / ${map} * ${each};\n  int own = i % ${map};`,
      term: 'float term = int(places(first + k)) == own ? gradient(first + k) : 0.0;',
    },
    dx!,
  );
};
