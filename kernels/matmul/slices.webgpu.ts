// Products with few tiles and long K: K is cut into slices, each a product of its own, whose sums are added in their order.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Epilogue } from './epilogue.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { activatedText, nothing } from './epilogue.webgpu.ts';

export interface Slices {
  readonly slices: number;
  /** How much of K each of them sums, a multiple of 32; the last may have less. */
  readonly chunk: number;
}

/** Workgroups that keep a large GPU busy, and how much of K is worth one. Not the device's own: the shape alone decides. */
const wanted = 264;
export const leastChunk = 256;

export function sliceUp(workgroups: number, k: number): Slices {
  const most = Math.min(Math.floor(wanted / workgroups), Math.floor(k / leastChunk));
  const chunk = Math.max(32, 32 * Math.ceil(k / Math.max(1, most) / 32));
  return { slices: Math.max(1, Math.ceil(k / chunk)), chunk };
}

/**
 * Calls `body` with where to write, [slices, ...out] in float32 when there are several, and then adds them up, with the epilogue;
 * a single slice is written to `out` itself, with its epilogue. Where sums of rows are wanted too, their
 * parts, [slices, M], lie behind the others, and a single slice is a part as well.
 */
export function throughSlices(
  { slices }: Slices,
  out: Tensor,
  epilogue: Epilogue,
  body: (target: Tensor, epilogue: Epilogue) => void,
  sums?: Tensor,
): void {
  if (slices === 1 && !sums) return body(out, epilogue);
  withTemporary(out, 'float32', [slices * (out.size + (sums?.size ?? 0))], (parts) => {
    body(parts, nothing);
    if (sums) sumBoth(parts, out, sums, slices);
    else sumSlices(parts, out, epilogue, slices);
  });
}

/** out = Σ of parts [slices, ...out], sums = Σ of those behind them, [slices, M]; first slice first. */
function sumBoth(parts: Tensor, out: Tensor, sums: Tensor, slices: number): void {
  const type = storedType(out.dtype);
  launch(
    `sum of slices and of rows ${type}`,
    () => ({
      name: 'matmul',
      buffers: [
        ['parts', 'f32'],
        ['c', type, 'write'],
        ['sums', type, 'write'],
      ],
      params: [
        ['count', 'u32'],
        ['rows', 'u32'],
        ['slices', 'u32'],
      ],
      workgroupSize: [256],
      body: `  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= params.count + params.rows) { return; }
  let isOfRows = i >= params.count;
  let row = i - params.count;
  let step = select(params.count, params.rows, isOfRows);
  var at = params.partsOffset + select(i, params.slices * params.count + row, isOfRows);
  var sum = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) {
    sum += parts[at];
    at += step;
  }
  if (isOfRows) { sums[params.sumsOffset + row] = ${type}(sum); } else { c[params.cOffset + i] = ${type}(sum); }`,
    }),
    [parts, out, sums],
    [out.size, sums.size, slices],
    Math.ceil((out.size + sums.size) / 256),
  );
}

/** out = Σ of parts [slices, ...out], first slice first, and the epilogue. */
function sumSlices(parts: Tensor, out: Tensor, { bias, activation }: Epilogue, slices: number): void {
  const types = [out, ...(bias ? [bias] : [])].map(({ dtype }) => storedType(dtype));
  const [type, biasType] = types as ['f32' | 'f16', ('f32' | 'f16')?];
  launch(
    `sum of slices ${types.join()} ${activation}`,
    () => ({
      name: 'matmul',
      buffers: [['parts', 'f32'], ['c', type, 'write'], ...(biasType ? [['bias', biasType] as const] : [])],
      params: [
        ['count', 'u32'],
        ['slices', 'u32'],
        ['n', 'u32'],
        ['biasStep', 'u32'],
      ],
      workgroupSize: [256],
      declarations: activatedText(activation),
      body: `  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= params.count) { return; }
  var sum = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) { sum += parts[params.partsOffset + slice * params.count + i]; }
  ${biasType ? 'sum += f32(bias[params.biasOffset + i % params.n * params.biasStep]);' : ''}
  c[params.cOffset + i] = ${type}(activated(sum));`,
    }),
    [parts, out, ...(bias ? [bias] : [])],
    [out.size, slices, out.shape.at(-1) ?? 1, bias ? bias.strides[0]! : 0],
    Math.ceil(out.size / 256),
  );
}
