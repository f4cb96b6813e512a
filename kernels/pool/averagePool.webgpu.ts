import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Pair } from '../conv/problem.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { AdaptiveAttrs, AdaptiveBackwardAttrs } from './adaptiveAvgPool2d.ts';
import type { AvgPoolAttrs, AvgPoolBackwardAttrs } from './avgPool2d.ts';
import type { PoolWindows } from './problem.ts';
import { meanWebgpu } from '../reduce/reductions.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { resolvePool } from './problem.ts';

/** Windows along one axis: `span` is the first place, one after the last, and its part of the divisor; `holders` of a place the first window that has it, and the last. */
interface Windows {
  readonly name: string;
  /** Of `length` places and `size` windows, with three more numbers. */
  readonly text: string;
  /** These numbers, for both axes. */
  readonly numbers: readonly [readonly number[], readonly number[]];
  /** What else a sum is divided by. */
  readonly divisor: number;
}

function windowsOf({ kernel, stride, padding }: PoolWindows, attrs: Required<AvgPoolAttrs>): Windows {
  const { countIncludePad, divisorOverride } = attrs;
  const counted = countIncludePad ? 'end - start' : 'inside.y - inside.x';
  const count = divisorOverride === undefined ? counted : '1';
  return {
    name: `windows / ${count}`,
    text: `fn span(i: i32, length: i32, size: i32, p: vec3i) -> vec3i {
  let start = i * p.y - p.z;
  let end = min(start + p.x, length + p.z);
  let inside = vec2i(max(start, 0), min(end, length));
  return vec3i(inside, ${count});
}
fn holders(place: i32, length: i32, size: i32, p: vec3i) -> vec2i {
  return vec2i(max(0, (place + p.z - p.x + p.y) / p.y), min(size - 1, (place + p.z) / p.y));
}`,
    numbers: [
      [kernel[0], stride[0], padding[0]],
      [kernel[1], stride[1], padding[1]],
    ],
    divisor: divisorOverride ?? 1,
  };
}

/** Window i of n is ⌊i · H / n⌋ to ⌈(i + 1) · H / n⌉. */
const adaptive: Windows = {
  name: 'adaptive',
  text: `fn span(i: i32, length: i32, size: i32, p: vec3i) -> vec3i {
  let inside = vec2i(i * length / size, ((i + 1) * length + size - 1) / size);
  return vec3i(inside, inside.y - inside.x);
}
fn holders(place: i32, length: i32, size: i32, p: vec3i) -> vec2i {
  return vec2i(place * size / length, ((place + 1) * size + length - 1) / length - 1);
}`,
  numbers: [
    [0, 0, 0],
    [0, 0, 0],
  ],
  divisor: 1,
};

const lanes = 256;

/** One element of the output for each lane; `read` is [.., ih, iw], `write` [.., oh, ow]. */
function source(
  name: string,
  windows: Windows,
  type: string,
  rows: string,
  columns: string,
  body: string,
): ProgramSource {
  return {
    name,
    buffers: [
      ['x', type],
      ['y', type, 'write'],
    ],
    params: [
      ['count', 'u32'],
      ...['h', 'w', 'oh', 'ow', 'kh', 'sh', 'ph', 'kw', 'sw', 'pw', 'divisor'].map((word) => [word, 'i32'] as const),
    ],
    workgroupSize: [lanes],
    declarations: windows.text,
    body: `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (i >= params.count) { return; }
  let vertical = vec3i(params.kh, params.sh, params.ph);
  let horizontal = vec3i(params.kw, params.sw, params.pw);
  let column = i32(i % u32(params.${columns}));
  let lines = i / u32(params.${columns});
  let row = i32(lines % u32(params.${rows}));
  let map = lines / u32(params.${rows});
  var total = 0.0;
${body}
  y[params.yOffset + i] = ${type}(total);`,
  };
}

const forwardText = `  let down = span(row, params.h, params.oh, vertical);
  let across = span(column, params.w, params.ow, horizontal);
  for (var a = down.x; a < down.y; a++) {
    let line = params.xOffset + (map * u32(params.h) + u32(a)) * u32(params.w);
    var part = 0.0;
    for (var b = across.x; b < across.y; b++) { part += f32(x[line + u32(b)]); }
    total += part;
  }
  total /= f32(down.z * across.z * params.divisor);`;

const backwardText = `  let down = holders(row, params.h, params.oh, vertical);
  let across = holders(column, params.w, params.ow, horizontal);
  for (var a = down.x; a <= down.y; a++) {
    let line = params.xOffset + (map * u32(params.oh) + u32(a)) * u32(params.ow);
    let height = span(a, params.h, params.oh, vertical).z * params.divisor;
    for (var b = across.x; b <= across.y; b++) {
      total += f32(x[line + u32(b)]) / f32(height * span(b, params.w, params.ow, horizontal).z);
    }
  }`;

function mapOf(x: Tensor): Pair {
  return [x.shape[2]!, x.shape[3]!];
}

function averageForward(x: Tensor, y: Tensor, windows: Windows): void {
  if (y.size === 0) return;
  const type = storedType(x.dtype);
  const program = (): ProgramSource => source('averagePool', windows, type, 'oh', 'ow', forwardText);
  const numbers = [y.size, ...mapOf(x), ...mapOf(y), ...windows.numbers.flat(), windows.divisor];
  launch(`averagePool ${windows.name} ${type}`, program, [x, y], numbers, Math.ceil(y.size / lanes));
}

function averageBackward(gradient: Tensor, dx: Tensor, windows: Windows): void {
  if (dx.size === 0) return;
  const type = storedType(dx.dtype);
  const program = (): ProgramSource => source('averagePoolBackward', windows, type, 'h', 'w', backwardText);
  const numbers = [dx.size, ...mapOf(dx), ...mapOf(gradient), ...windows.numbers.flat(), windows.divisor];
  launch(`averagePoolBackward ${windows.name} ${type}`, program, [gradient, dx], numbers, Math.ceil(dx.size / lanes));
}

export const avgPool2dWebgpu: Kernel<['x'], AvgPoolAttrs> = ({ x }, attrs, [y]) => {
  averageForward(x, y!, windowsOf(resolvePool('avgPool2d', x.shape, attrs), attrs));
};

export const avgPool2dBackwardWebgpu: Kernel<['gradient'], AvgPoolBackwardAttrs> = ({ gradient }, attrs, [dx]) => {
  const windows = resolvePool('avgPool2dBackward', dx!.shape, attrs);
  averageBackward(gradient, dx!, windowsOf(windows, attrs));
};

/** One window is the mean of a map. */
export const adaptiveAvgPool2dWebgpu: Kernel<['x'], AdaptiveAttrs> = ({ x }, _attrs, [y]) => {
  if (y!.size > 0 && y!.size === x.shape[0]! * x.shape[1]!)
    return meanWebgpu({ x }, { axis: [2, 3], keepDims: true }, [y!]);
  averageForward(x, y!, adaptive);
};

export const adaptiveAvgPool2dBackwardWebgpu: Kernel<['gradient'], AdaptiveBackwardAttrs> = (inputs, _attrs, [dx]) => {
  averageBackward(inputs.gradient, dx!, adaptive);
};
