import type { Word } from '../runtime/webgpu/program.ts';
import type { Target } from '../matmul/target.webgpu.ts';
import { nextCode, splitCode } from './window.webgpu.ts';

export const mapsParams: readonly (readonly [string, Word])[] = [
  'cFirst',
  'cGroup',
  'cRow',
  'cLead',
  'cY',
  'cX',
  'biasStep',
].map((name) => [name, 'u32']);

/** Where row 0 of a group has the position `lead`, `y`, `x`. */
export const mapPlace =
  'params.cOffset + params.cFirst + batch * params.cGroup + lead * params.cLead + y * params.cY + x * params.cX';
export const mapBias = ' + f32(bias[params.biasOffset + (batch * params.m + row) * params.biasStep])';

/** C's columns are positions of maps: images, lines and columns have strides of their own. */
export function mapsTarget(type: string, hasBias: boolean): Target {
  const four = [0, 1, 2, 3];
  return {
    declarations: `fn atColumn(column: u32, batch: u32, slice: u32) -> vec4u {
  ${splitCode('position', 'column')}
  var at: vec4u;
  ${four.map((j) => `at[${j}] = ${mapPlace};${j < 3 ? ` ${nextCode('position')}` : ''}`).join('\n  ')}
  return at;
}
fn put(row: u32, column: u32, batch: u32, at: vec4u, value: vec4f) {
  let sum = value${hasBias ? mapBias : ''};
  ${four.map((j) => `if (column + ${j}u < params.n) { c[at[${j}] + row * params.cRow] = ${type}(sum[${j}]); }`).join('\n  ')}
}`,
  };
}
