// WGSL that reads and writes rows of D numbers as vectors of four.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { Word } from '../../runtime/webgpu/program.ts';
import { onThree } from './tileChoice.ts';
import { storedType } from '../../runtime/webgpu/types.ts';

/** A tensor whose last axis is rows without gaps: strides of batch entries, tokens along three axes, heads. */
export interface RowOperand {
  readonly name: string;
  readonly tensor: Tensor;
  readonly strides: readonly number[];
}

/** [B, *X, N, D]. */
export function rowsLast(name: string, tensor: Tensor): RowOperand {
  const [batch, ...rest] = tensor.strides.slice(0, -1) as [number, ...number[]];
  const tokens = onThree(rest.slice(0, -1), 0);
  return { name, tensor, strides: [batch, ...tokens, rest.at(-1)!] };
}

/** [B, N, *X, D]. */
export function rowsFirst(name: string, tensor: Tensor): RowOperand {
  const [batch, head, ...rest] = tensor.strides as [number, number, ...number[]];
  const tokens = onThree(rest.slice(0, -1), 0);
  return { name, tensor, strides: [batch, ...tokens, head] };
}

/** Whether its rows begin at multiples of four elements, so that they can be read as vectors. */
function isAligned({ tensor, strides }: RowOperand): boolean {
  return [tensor.shape.at(-1)!, tensor.offset, ...strides].every((n) => n % 4 === 0);
}

export function bufferType(operand: RowOperand): string {
  const type = storedType(operand.tensor.dtype);
  return isAligned(operand) ? `vec4<${type}>` : type;
}

/** What the code of `rowCode` depends on. */
export function rowKey(operand: RowOperand): string {
  return `${operand.name} ${bufferType(operand)} ${operand.tensor.shape.at(-1)}`;
}

export function rowParams({ name }: RowOperand): (readonly [string, Word])[] {
  return ['B', '0', '1', '2', 'H'].map((end) => [`${name}_${end}`, 'u32'] as const);
}

/** `<name>At(b, t0, t1, t2, h)`: where a row begins; `load<name>(at, d)`: its numbers 4d … 4d + 3, with zeros behind the last. */
export function rowCode(operand: RowOperand): string {
  const { name, tensor } = operand;
  const dim = tensor.shape.at(-1)!;
  const place = `fn ${name}At(b: u32, t0: u32, t1: u32, t2: u32, h: u32) -> u32 {
  return params.${name}Offset + b * params.${name}_B + t0 * params.${name}_0 + t1 * params.${name}_1 + t2 * params.${name}_2 + h * params.${name}_H;
}`;
  if (isAligned(operand))
    return `${place}\nfn load_${name}(at: u32, d: u32) -> vec4f { return vec4f(${name}[(at >> 2u) + d]); }`;
  const lanes = [0, 1, 2, 3].map((lane) =>
    4 * (Math.ceil(dim / 4) - 1) + lane < dim ? `f32(${name}[i + ${lane}u])` : '0.0',
  );
  const whole = [0, 1, 2, 3].map((lane) => `f32(${name}[i + ${lane}u])`);
  return `${place}
fn load_${name}(at: u32, d: u32) -> vec4f {
  let i = at + 4u * d;
  if (d == ${Math.ceil(dim / 4) - 1}u) { return vec4f(${lanes.join(', ')}); }
  return vec4f(${whole.join(', ')});
}`;
}

/** `store_<name>(at, d, value)`. */
export function storeCode(operand: RowOperand): string {
  const { name, tensor } = operand;
  const [dim, type] = [tensor.shape.at(-1)!, storedType(tensor.dtype)];
  if (isAligned(operand))
    return `fn store_${name}(at: u32, d: u32, value: vec4f) { ${name}[(at >> 2u) + d] = vec4<${type}>(value); }`;
  const lanes = [0, 1, 2, 3].map(
    (lane) => `  if (4u * d + ${lane}u < ${dim}u) { ${name}[at + 4u * d + ${lane}u] = ${type}(value[${lane}]); }`,
  );
  return `fn store_${name}(at: u32, d: u32, value: vec4f) {\n${lanes.join('\n')}\n}`;
}

/** Vectors in a row. */
export function vectors({ tensor }: RowOperand): number {
  return Math.ceil(tensor.shape.at(-1)! / 4);
}
