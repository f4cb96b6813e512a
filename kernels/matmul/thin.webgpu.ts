// Products with few columns, matrix times vector and the like, and small ones.
//
// A [M, K], B [K, N], C [M, N]. A workgroup computes a few rows of at most four columns, with several invocations along K for
// each row: many where K is what lies side by side in A, few where rows do. Their sums meet in workgroup memory, 4 KiB, as a
// tree; so the order of summation is fixed by the strides and sizes.

import type { Activation } from './activations.ts';
import type { Panel } from './tile.webgpu.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { activatedText } from './epilogue.webgpu.ts';
import { wideType } from './target.webgpu.ts';
import { whereCode, whereParams } from './tile.webgpu.ts';

/** Columns of a workgroup, at most. */
export const mostThin = 4;
const lanes = 256;

/** Rows of a workgroup. */
export function thinRows(along: Panel['along']): number {
  return along === 'k' ? 8 : 64;
}

export interface Thin {
  readonly along: Panel['along'];
  /** A is read by vec4 along K. */
  readonly wide: boolean;
  /** Columns of a workgroup. */
  readonly columns: number;
  readonly dtype: Dtype;
  readonly outDtype: Dtype;
  readonly bias: Dtype | null;
  readonly activation: Activation;
  readonly places: { readonly params: NonNullable<ProgramSource['params']>; readonly code: string };
}

export function thinSource({ along, wide, columns, dtype, outDtype, bias, activation, places }: Thin): ProgramSource {
  const type = storedType(dtype);
  const perRow = lanes / thinRows(along);
  const own = Array.from({ length: columns }, (_, t) => t);
  // How far apart the invocations of one row are.
  const [member, row, apart] =
    along === 'k'
      ? [`lane % ${perRow}u`, `lane / ${perRow}u`, 1]
      : [`lane / ${thinRows(along)}u`, `lane % ${thinRows(along)}u`, thinRows(along)];
  const read = (k: string, t: number): string => `f32(b[bAt + (${k}) * params.bK + column${t} * params.bOuter])`;
  const step = wide
    ? `let x = vec4f(a[(at + k) / 4u]); ${own.map((t) => `sum[${t}] += dot(x, vec4f(${[0, 1, 2, 3].map((j) => read(`k + ${j}u`, t)).join(', ')}));`).join(' ')}`
    : `let x = f32(a[at + k * params.aK]); ${own.map((t) => `sum[${t}] += x * ${read('k', t)};`).join(' ')}`;
  const width = wide ? 4 : 1;
  const added = bias ? ' + f32(bias[params.biasOffset + row * params.biasRow + column * params.biasColumn])' : '';
  const tree: string[] = [];
  for (let half = perRow / 2; half >= 1; half /= 2) {
    tree.push(
      `  workgroupBarrier();\n  if (member < ${half}u) { sum += sums[lane + ${half * apart}u]; sums[lane] = sum; }`,
    );
  }
  return {
    name: 'matmul',
    buffers: [
      ['a', wide ? wideType(type) : type],
      ['b', type],
      ['c', storedType(outDtype), 'write'],
      ...(bias ? [['bias', storedType(bias)] as const] : []),
    ],
    params: [
      ...whereParams,
      ...['aOuter', 'aK', 'bOuter', 'bK', 'cRow', 'cColumn', 'batches', 'biasRow', 'biasColumn'].map(
        (name) => [name, 'u32'] as const,
      ),
      ...places.params,
    ],
    workgroupSize: [lanes],
    declarations: `var<workgroup> sums: array<vec4f, ${lanes}>;
${activatedText(activation)}`,
    body: `${whereCode}
${places.code}
  let member = ${member};
  let row = tileRow * ${thinRows(along)}u + ${row};
  let at = aAt + min(row, params.m - 1u) * params.aOuter;
  ${own.map((t) => `let column${t} = min(tileColumn * ${columns}u + ${t}u, params.n - 1u);`).join('\n  ')}
  var sum = vec4f();
  for (var k = first + member * ${width}u; k < end; k += ${perRow * width}u) { ${step} }
  sums[lane] = sum;
${tree.join('\n')}
  if (member == 0u && row < params.m) {
    let cAt = params.cOffset + (slice * params.batches + i) * params.m * params.n + row * params.cRow;
    for (var t = 0u; t < ${columns}u; t++) {
      let column = tileColumn * ${columns}u + t;
      if (column < params.n) { c[cAt + column * params.cColumn] = ${storedType(outDtype)}(activated(sum[t]${added})); }
    }
  }`,
  };
}
