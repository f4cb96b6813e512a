import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { AdaptiveAttrs } from './adaptiveAvgPool2d.ts';
import type { MaxPoolAttrs, WinnersAttrs } from './maxPool2d.ts';
import type { PoolWindows } from './problem.ts';
import { contiguousWebgpu } from '../layout/copy.webgpu.ts';
import { orderOf } from '../reduce/order.webgpu.ts';
import { fillAll } from '../reduce/passes.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { resolvePool } from './problem.ts';

const lanes = 256;
const number = 'let i = (group.y * groups.x + group.x) * 256u + lane;';

function words(...names: string[]): (readonly [string, 'i32' | 'u32'])[] {
  return [['count', 'u32'], ...names.map((name) => [name, 'i32'] as const)];
}

/** Where the windows of a maximum lie: `span` of one along an axis is its first element inside, one after the last, and a step. */
interface Windows {
  readonly name: string;
  /** `span(i, length, size, p)`: of window i of `size`, on an axis of `length`; p are the numbers of the axis. */
  readonly text: string;
  /** Kernel, stride, padding and dilation, each down and across. */
  readonly numbers: readonly number[];
}

const even: Windows = {
  name: 'adaptive',
  text: `fn span(i: i32, length: i32, size: i32, p: vec4i) -> vec3i {
  return vec3i(i * length / size, ((i + 1) * length + size - 1) / size, 1);
}`,
  numbers: new Array<number>(8).fill(0),
};

function windowsOf({ kernel, stride, padding, dilation }: PoolWindows): Windows {
  return {
    name: 'windows',
    text: `fn span(i: i32, length: i32, size: i32, p: vec4i) -> vec3i {
  let start = i * p.y - p.z;
  let first = select(start, start + (p.w - 1 - start) / p.w * p.w, start < 0);
  return vec3i(first, min(length, start + (p.x - 1) * p.w + 1), p.w);
}`,
    numbers: [...kernel, ...stride, ...padding, ...dilation],
  };
}

/** The first of equals, the last NaN: by integers in the order of the floats, −0 as 0. */
function forwardSource(type: string, windows: Windows): ProgramSource {
  return {
    name: 'maxPool2d',
    buffers: [
      ['x', type],
      ['y', type, 'write'],
      ['indices', 'i32', 'write'],
    ],
    params: words('h', 'w', 'oh', 'ow', 'kh', 'kw', 'sh', 'sw', 'ph', 'pw', 'dh', 'dw'),
    workgroupSize: [lanes],
    declarations: `${orderOf('float32', 'max')}\n${windows.text}`,
    body: `  ${number}
  if (i >= params.count) { return; }
  let column = i32(i % u32(params.ow));
  let rows = i / u32(params.ow);
  let row = i32(rows % u32(params.oh));
  let map = params.xOffset + rows / u32(params.oh) * u32(params.h * params.w);
  let down = span(row, params.h, params.oh, vec4i(params.kh, params.sh, params.ph, params.dh));
  let across = span(column, params.w, params.ow, vec4i(params.kw, params.sw, params.pw, params.dw));
  var best = -1;
  var bestOrder = i32(-2147483647 - 1);
  var value = -3.4028234e38;
  for (var a = down.x; a < down.y; a += down.z) {
    for (var b = across.x; b < across.y; b += across.z) {
      let at = a * params.w + b;
      let candidate = f32(x[map + u32(at)]);
      let candidateOrder = order(select(candidate, 0.0, candidate == 0.0));
      if (candidateOrder > bestOrder || candidateOrder == 0x7fc00000) {
        best = at;
        bestOrder = candidateOrder;
        value = candidate;
      }
    }
  }
  var minusInfinity = 0xff800000u;
  indices[params.indicesOffset + i] = best;
  y[params.yOffset + i] = ${type}(select(value, bitcast<f32>(minusInfinity), best < 0));`,
  };
}

function maximum(x: Tensor, y: Tensor, indices: Tensor, windows: Windows): void {
  if (y.size === 0) return;
  const numbers = [y.size, ...x.shape.slice(2), ...y.shape.slice(2), ...windows.numbers];
  const type = storedType(x.dtype);
  const source = (): ProgramSource => forwardSource(type, windows);
  launch(`maxPool2d ${windows.name} ${type}`, source, [x, y, indices], numbers, Math.ceil(y.size / lanes));
}

export const maxPool2dWebgpu: Kernel<['x'], MaxPoolAttrs> = ({ x }, attrs, [y, indices]) =>
  maximum(x, y!, indices!, windowsOf(resolvePool('maxPool2d', x.shape, attrs)));

export const adaptiveMaxPool2dWebgpu: Kernel<['x'], AdaptiveAttrs> = ({ x }, _attrs, [y, indices]) =>
  maximum(x, y!, indices!, even);

/**
 * A workgroup adds one map's gradients, 256 at a time. Of those for one place the first adds them all, in their order, so that no
 * two lanes write one element.
 */
const scatterSource = (type: string): ProgramSource => ({
  name: 'maxPool2dBackward',
  buffers: [
    ['gradient', type],
    ['indices', 'i32'],
    ['dx', 'f32', 'write'],
  ],
  params: words('size', 'each'),
  workgroupSize: [lanes],
  declarations: `var<workgroup> places: array<vec4i, 64>;
var<workgroup> values: array<vec4f, 64>;`,
  body: `  let map = group.y * groups.x + group.x;
  let isMap = map < params.count;
  for (var start = 0; start < params.each; start += 256) {
    let own = start + i32(lane);
    var place = -1;
    var value = 0.0;
    if (isMap && own < params.each) {
      let at = map * u32(params.each) + u32(own);
      place = indices[params.indicesOffset + at];
      value = f32(gradient[params.gradientOffset + at]);
    }
    places[lane / 4u][lane % 4u] = place;
    values[lane / 4u][lane % 4u] = value;
    workgroupBarrier();
    let last = u32(min(256, params.each - start) + 3) / 4u;
    var total = 0.0;
    var before = 0u;
    for (var j = 0u; j < last; j++) {
      let isSame = places[j] == vec4i(place);
      let same = select(vec4f(), values[j], isSame);
      total += (same.x + same.y) + (same.z + same.w);
      let earlier = vec4<bool>(4u * j < lane, 4u * j + 1u < lane, 4u * j + 2u < lane, 4u * j + 3u < lane);
      before += select(0u, 1u, any(isSame & earlier));
    }
    if (place >= 0 && place < params.size && before == 0u) {
      dx[params.dxOffset + map * u32(params.size) + u32(place)] += total;
    }
    workgroupBarrier();
    storageBarrier();
  }`,
});

/** Sums are of float32: halves get them at the end. */
export const maxPool2dBackwardWebgpu: Kernel<['gradient', 'indices:int'], WinnersAttrs> = (
  { gradient, indices },
  attrs,
  [dx],
) => {
  if (dx!.size === 0) return;
  const scatter = (sums: Tensor): void => {
    fillAll(sums, 0);
    if (gradient.size === 0) return;
    const maps = dx!.shape[0]! * dx!.shape[1]!;
    const type = storedType(gradient.dtype);
    const numbers = [maps, dx!.size / maps, gradient.size / maps];
    launch(`maxPool2dBackward ${type}`, () => scatterSource(type), [gradient, indices, sums], numbers, maps);
  };
  if (dx!.dtype === 'float32') return scatter(dx!);
  withTemporary(dx!, 'float32', dx!.shape, (sums) => {
    scatter(sums);
    contiguousWebgpu({ x: sums }, {}, [dx!]);
  });
};

const gatherSource = (type: string): ProgramSource => ({
  name: 'maxPool2dGather',
  buffers: [
    ['x', type],
    ['indices', 'i32'],
    ['y', type, 'write'],
  ],
  params: words('size', 'each'),
  workgroupSize: [lanes],
  body: `  ${number}
  if (i >= params.count) { return; }
  let place = indices[params.indicesOffset + i];
  let map = i / u32(params.each) * u32(params.size);
  let at = params.xOffset + map + u32(clamp(place, 0, params.size - 1));
  y[params.yOffset + i] = select(x[at], ${type}(0), place < 0);`,
});

export const maxPool2dGatherWebgpu: Kernel<['x', 'indices:int']> = ({ x, indices }, _attrs, [y]) => {
  if (y!.size === 0) return;
  if (x.size === 0) return fillAll(y!, 0);
  const maps = x.shape[0]! * x.shape[1]!;
  const type = storedType(x.dtype);
  const numbers = [y!.size, x.size / maps, y!.size / maps];
  launch(`maxPool2dGather ${type}`, () => gatherSource(type), [x, indices, y!], numbers, Math.ceil(y!.size / lanes));
};
