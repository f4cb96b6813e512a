// Running sums of x [outer, n, inner] along its middle axis, in chunks. A workgroup has a chunk of one line, or of as many lines
// side by side as lie in one row of memory: each lane adds its run of neighbours, the lanes' totals are scanned in workgroup memory
// by doubling, and each run starts at what came before. Where a line has several chunks, a first dispatch leaves their totals, which
// are scanned in the same way. `k` counts in the direction of the walk.

import type { Kernel } from '../../autograd/types.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { CumsumAttrs } from './cumsum.ts';
import { normalizeAxis, sizeOf } from '../../tensor/shape.ts';
import { lanes, powerOfTwo } from '../reduce/team.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { computedType, storedType } from '../runtime/webgpu/types.ts';

/** Elements of one lane. */
const run = 8;
/** Lines that one workgroup walks at most. */
const mostLines = 32;

interface Lines {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

export const cumsumWebgpu: Kernel<['x'], CumsumAttrs> = ({ x }, { axis, reverse }, [y]) => {
  const at = normalizeAxis('cumsum', axis, x.shape);
  const outer = sizeOf(x.shape.slice(0, at));
  scan(x, y!, { outer, n: x.shape[at]!, inner: sizeOf(x.shape.slice(at + 1)) }, reverse);
};

function scan(x: Tensor, y: Tensor, lines: Lines, reverse: boolean): void {
  const { outer, n, inner } = lines;
  const width = Math.min(powerOfTwo(inner), mostLines);
  const chunks = Math.ceil(n / ((lanes / width) * run));
  const strips = Math.ceil(inner / width);
  const stage = (what: Stage, tensors: readonly Tensor[]): void => {
    const key = `cumsum ${what} ${tensors.map(({ dtype }) => dtype).join()} ${width}`;
    const params = [outer, n, inner, chunks, strips, Number(reverse)];
    launch(key, () => sourceOf(what, x, tensors.at(-1)!, width), tensors, params, outer * chunks * strips);
  };
  if (chunks === 1) return stage('whole', [x, y]);
  const dtype = x.dtype === 'int32' ? 'int32' : 'float32';
  const shape = [outer, chunks, inner];
  withTemporary(x, dtype, shape, (totals) =>
    withTemporary(x, dtype, shape, (sums) => {
      stage('totals', [x, totals]);
      scan(totals, sums, { outer, n: chunks, inner }, false);
      stage('carried', [x, sums, y]);
    }),
  );
}

/** `whole`: lines of one chunk. `totals`: each chunk's sum alone. `carried`: chunks that start at the sums of those before. */
type Stage = 'whole' | 'totals' | 'carried';

function sourceOf(stage: Stage, x: Tensor, y: Tensor, width: number): ProgramSource {
  const type = computedType(x.dtype);
  const stored = storedType(y.dtype);
  const size = lanes / width;
  const total = `  if (isLine && r == ${size - 1}u) { y[params.yOffset + (band * params.inner + column)] = scratch[lane]; }`;
  const carry =
    stage === 'carried'
      ? `  if (isLine && chunk > 0u) { before += sums[params.sumsOffset + (band - 1u) * params.inner + column]; }`
      : '';
  const write = `  if (r > 0u) { before += scratch[lane - ${width}u]; }
${carry}
  for (var e = 0u; e < ${run}u; e++) {
    if (isLine && first + e < params.n) { y[params.yOffset + placeOf(outer, first + e, column)] = ${stored}(before + v[e]); }
  }`;
  return {
    name: 'cumsum',
    buffers: [
      ['x', storedType(x.dtype)],
      ...(stage === 'carried' ? [['sums', type] as const] : []),
      ['y', stored, 'write'],
    ],
    params: ['outer', 'n', 'inner', 'chunks', 'strips', 'reverse'].map((name) => [name, 'u32'] as const),
    workgroupSize: [lanes],
    declarations: `var<workgroup> scratch: array<${type}, ${lanes}>;
fn placeOf(outer: u32, k: u32, column: u32) -> u32 {
  let walked = select(k, params.n - 1u - k, params.reverse == 1u);
  return (outer * params.n + walked) * params.inner + column;
}`,
    body: `  let number = group.y * groups.x + group.x;
  let band = number / params.strips;
  let outer = band / params.chunks;
  let chunk = band - outer * params.chunks;
  let r = lane / ${width}u;
  let column = (number - band * params.strips) * ${width}u + lane % ${width}u;
  let isLine = outer < params.outer && column < params.inner;
  let first = (chunk * ${size}u + r) * ${run}u;
  var v: array<${type}, ${run}>;
  var sum = ${type}(0);
  for (var e = 0u; e < ${run}u; e++) {
    if (isLine && first + e < params.n) { sum += ${type}(x[params.xOffset + placeOf(outer, first + e, column)]); }
    v[e] = sum;
  }
  scratch[lane] = sum;
  for (var step = 1u; step < ${size}u; step *= 2u) {
    workgroupBarrier();
    var other = ${type}(0);
    if (r >= step) { other = scratch[lane - step * ${width}u]; }
    workgroupBarrier();
    scratch[lane] += other;
  }
  workgroupBarrier();
  var before = ${type}(0);
${stage === 'totals' ? total : write}`,
  };
}
