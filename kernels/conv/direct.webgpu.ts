// Convolutions with few rows a group (depthwise ones among them), and small ones: without tiles, every product read where it is.
// Each element is summed in the order of channels, lines, columns.

import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { Target } from '../matmul/target.webgpu.ts';
import type { Parts } from '../matmul/tile.webgpu.ts';
import { whereCode, whereParams } from '../matmul/tile.webgpu.ts';
import { mapBias, mapPlace } from './maps.webgpu.ts';
import { splitCode } from './window.webgpu.ts';

/** Elements, and invocations, of a workgroup. */
export const directLanes = 256;

/** An invocation computes one element of [groups, rows, positions]. */
export function directSource({ buffers, params, places }: Parts, type: string, hasBias: boolean): ProgramSource {
  return {
    name: 'conv2d',
    buffers,
    params: [...(['count', 'm', 'n', 'k'] as const).map((name) => [name, 'u32'] as const), ...params],
    workgroupSize: [directLanes],
    body: `  let id = (group.y * groups.x + group.x) * ${directLanes}u + lane;
  if (id >= params.count) { return; }
  let row = id / params.n % params.m;
  let i = id / params.n / params.m;
${places}
  ${splitCode('position', 'id % params.n')}
  let top = y * params.positionY + params.originY;
  let left = x * params.positionX + params.originX;
  let ofImage = bAt + lead * params.image;
  let ofRow = aAt + row * params.aOuter;
  let channels = params.k / (params.tapRows * params.tapColumns);
  var sum = 0.0;
  for (var channel = 0u; channel < channels; channel++) {
    for (var u = 0u; u < params.tapRows; u++) {
      let line = top + u * params.tapY;
      if (line >= params.height) { continue; }
      for (var v = 0u; v < params.tapColumns; v++) {
        let place = left + v * params.tapX;
        if (place >= params.width) { continue; }
        let weight = f32(a[ofRow + channel * params.aLead + u * params.aY + v * params.aX]);
        sum += weight * f32(b[ofImage + channel * params.plane + line * params.width + place]);
      }
    }
  }
  let batch = i;
  c[${mapPlace} + row * params.cRow] = ${type}(sum${hasBias ? mapBias : ''});`,
  };
}

/**
 * A workgroup computes one weight of a slice of the positions: each invocation every 256th position, then a tree in workgroup
 * memory, 1 KiB.
 */
export function correlateSource({ buffers, params, places }: Parts, target: Target): ProgramSource {
  const tree: string[] = [];
  for (let half = directLanes / 2; half >= 1; half /= 2) {
    tree.push(`  workgroupBarrier();\n  if (lane < ${half}u) { sum += sums[lane + ${half}u]; sums[lane] = sum; }`);
  }
  return {
    name: 'conv2dWeightGrad',
    buffers,
    params: [...whereParams, ...params],
    workgroupSize: [directLanes],
    declarations: `var<workgroup> sums: array<f32, ${directLanes}>;
${target.declarations}`,
    body: `${whereCode}
${places}
  ${splitCode('tap', 'tileColumn', 'OfTap')}
  let ofTap = bAt + leadOfTap * params.plane;
  let ofRow = aAt + tileRow * params.aOuter;
  var sum = 0.0;
  for (var k = first + lane; k < end; k += ${directLanes}u) {
    ${splitCode('position', 'k')}
    let line = y * params.positionY + params.originY + yOfTap * params.tapY;
    let place = x * params.positionX + params.originX + xOfTap * params.tapX;
    if (line < params.height && place < params.width) {
      let seen = f32(b[ofTap + lead * params.image + line * params.width + place]);
      sum += seen * f32(a[ofRow + lead * params.aLead + y * params.aY + x * params.aX]);
    }
  }
  sums[lane] = sum;
${tree.join('\n')}
  if (lane == 0u) {
    let at = atColumn(tileColumn, i, slice);
    c[at + tileRow * params.n + tileColumn] = ${buffers[2]![1]}(sum);
  }`,
  };
}
