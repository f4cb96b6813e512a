// y [outer, Σ widths] = the rows of the parts side by side, part i [outer, widths[i]]: one element, or four, an invocation at a time.

import type { Kernel } from '../../autograd/types.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { concatWebgpu as concatByParts } from './copy.webgpu.ts';

/** With the result, the buffers that every device binds at once. */
const mostParts = 7;
/** Elements, or fours of them, of one invocation, and invocations of a workgroup. */
const perLane = 2;
const lanes = 256;

export const concatWebgpu: Kernel<['tensors[]'], { axis?: number }> = acceptsStrides((inputs, attrs, outputs) => {
  const y = outputs[0]!;
  const parts = inputs.tensors.filter(({ size }) => size > 0);
  const isOne = parts.length > 1 && parts.length <= mostParts && parts.every((x) => x.isContiguous);
  if (!isOne) return concatByParts(inputs, attrs, outputs);
  const at = attrs.axis < 0 ? attrs.axis + y.rank : attrs.axis;
  joinRows(
    parts,
    parts.map(({ shape }) => sizeOf(shape.slice(at))),
    y,
  );
});

function joinRows(parts: readonly Tensor[], widths: readonly number[], y: Tensor): void {
  const areFours = widths.every((width) => width % 4 === 0) && [...parts, y].every(({ offset }) => offset % 4 === 0);
  const step = areFours ? 4 : 1;
  let end = 0;
  const ends = widths.map((width) => (end += width / step));
  const count = y.size / step;
  launch(
    `concat ${parts.length} ${storedType(y.dtype)} ${step}`,
    () => sourceOf(parts.length, storedType(y.dtype), areFours),
    [...parts, y],
    [count, ...ends],
    Math.ceil(count / (lanes * perLane)),
  );
}

function sourceOf(count: number, stored: string, areFours: boolean): ProgramSource {
  const type = areFours ? `vec4<${stored}>` : stored;
  const offset = (x: string): string => `params.${x}Offset${areFours ? ' / 4u' : ''}`;
  const copies = Array.from({ length: count }, (_, i) => {
    const first = i === 0 ? '0u' : `params.end${i - 1}`;
    const value = `x${i}[${offset(`x${i}`)} + row * (params.end${i} - ${first}) + column - ${first}]`;
    const isLast = i === count - 1;
    return `${isLast ? '' : `if (column < params.end${i}) `}{ y[${offset('y')} + i] = ${value}; }`;
  });
  return {
    name: 'concat',
    buffers: [...Array.from({ length: count }, (_, i) => [`x${i}`, type] as const), ['y', type, 'write']],
    params: [['count', 'u32'], ...Array.from({ length: count }, (_, i) => [`end${i}`, 'u32'] as const)],
    workgroupSize: [lanes],
    body: `  let begin = (group.y * groups.x + group.x) * ${lanes * perLane}u + lane;
  for (var k = 0u; k < ${perLane}u; k++) {
    let i = begin + k * ${lanes}u;
    if (i >= params.count) { return; }
    let row = i / params.end${count - 1};
    let column = i % params.end${count - 1};
    ${copies.join('\n    else ')}
  }`,
  };
}
