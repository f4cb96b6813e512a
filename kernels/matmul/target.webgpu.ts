// Where a product's elements go.

import type { Dtype } from '../../tensor/dtype.ts';
import type { Word } from '../runtime/webgpu/program.ts';
import type { Activation } from './activations.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { activatedText } from './epilogue.webgpu.ts';

export interface Target {
  /**
   * Declares `atColumn(column: u32, batch: u32, slice: u32)`, of any type, and `put(row: u32, column: u32, batch: u32, at, value: vec4f)`,
   * which writes four neighbouring columns of an existing row; columns beyond N are left out.
   */
  readonly declarations: string;
  /**
   * Whether the sums of A's rows are wanted too. `putSums(row: u32, slice: u32, value: vec4f)` writes four of them; rows beyond
   * M are left out.
   */
  readonly takesSums?: boolean;
}

/** The parameters that the target of a contiguous C reads. */
export const rowsParams: readonly (readonly [string, Word])[] = [
  ['batches', 'u32'],
  ['biasStep', 'u32'],
];

/**
 * C [slices, batches, M, N] in buffer c, by vec4 where `wide`; plus N numbers in buffer bias, then activated. `takesSums`: behind C the sums of
 * A's rows, [slices, M].
 */
export function rowsTarget(
  dtype: Dtype,
  wide: boolean,
  { bias, activation = 'none' }: { bias?: Dtype | undefined; activation?: Activation } = {},
  takesSums = false,
): Target {
  const type = storedType(dtype);
  const four = [0, 1, 2, 3];
  const added = bias
    ? `fn biasOf(column: u32) -> vec4f {
  let last = params.n - 1u;
  return vec4f(${four.map((j) => `f32(bias[params.biasOffset + min(column + ${j}u, last) * params.biasStep])`).join(', ')});
}`
    : '';
  const write = wide
    ? `if (column < params.n) { c[(at + row * params.n + column) / 4u] = ${wideType(type)}(sum); }`
    : four
        .map((j) => `if (column + ${j}u < params.n) { c[at + row * params.n + column + ${j}u] = ${type}(sum[${j}]); }`)
        .join('\n  ');
  const sumAt = 'params.cOffset + params.slices * params.batches * params.m * params.n + slice * params.m + row';
  const writeSums = wide
    ? `if (row < params.m) { c[(${sumAt}) / 4u] = value; }`
    : four.map((i) => `if (row + ${i}u < params.m) { c[${sumAt} + ${i}u] = value[${i}]; }`).join('\n  ');
  const sums = takesSums ? `\nfn putSums(row: u32, slice: u32, value: vec4f) {\n  ${writeSums}\n}` : '';
  return {
    takesSums,
    declarations: `${added}
${activatedText(activation)}
fn atColumn(column: u32, batch: u32, slice: u32) -> u32 {
  return params.cOffset + (slice * params.batches + batch) * params.m * params.n;
}
fn put(row: u32, column: u32, batch: u32, at: u32, value: vec4f) {
  let inner = value${bias ? ' + biasOf(column)' : ''};
  let sum = vec4f(${four.map((j) => `activated(inner[${j}])`).join(', ')});
  ${write}
}${sums}`,
  };
}

/** Four elements of a stored type. */
export function wideType(type: string): string {
  return type === 'f16' ? 'vec4h' : `vec4<${type}>`;
}
