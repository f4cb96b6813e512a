// The attention's WebGPU programs that take every option: one invocation for each owner (a query, or for dK and dV a key) walks its window.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { ProgramSource, Word } from '../../runtime/webgpu/program.ts';
import type { RowOperand } from './rows.ts';
import type { WgslSight } from './sight.ts';
import { philoxWgsl } from '../../dropout/philox.webgpu.ts';
import { launch } from '../../runtime/webgpu/launch.ts';
import { storedType } from '../../runtime/webgpu/types.ts';
import { bufferType, rowCode, rowKey, rowParams, storeCode } from './rows.ts';

const lanes = 64;

/** Sizes of a launch: of owners and of what they see. */
export interface Extents {
  readonly batch: number;
  readonly tokens: readonly [number, number, number];
  readonly boxTokens: readonly [number, number, number];
  readonly heads: number;
  readonly boxHeads: number;
}

/** A launch: `key` and `body` say what is computed, the rest what with. */
export interface Attending {
  readonly key: string;
  readonly sight: WgslSight;
  readonly extents: Extents;
  /** Rows that are read, then rows that are written. */
  readonly reads: readonly RowOperand[];
  readonly writes: readonly RowOperand[];
  /** Other buffers: name, tensor, and whether it is written. */
  readonly others?: readonly (readonly [name: string, tensor: Tensor, access?: 'write'])[];
  readonly params?: readonly (readonly [name: string, type: Word, value: number])[];
  readonly dropout?: Dropping | undefined;
  readonly declarations?: string;
  /** Invocations, if not one for each owner and head; `row` counts them. */
  readonly rows?: number;
  /** Whole workgroups that share work, instead of invocations that each have a `row`. */
  readonly teams?: { readonly size: number; readonly count: number };
  /** Lines in front of the program. */
  readonly enable?: string;
  /** Statements; in scope `row`, and without `rows` also b, h, the owner's coordinates c0 c1 c2 and its group g0 g1 g2. */
  readonly body: string;
}

export interface Dropping {
  readonly p: number;
  readonly seed: number;
  readonly firstKey: number;
}

export function attend(task: Attending): void {
  const { key, sight, extents, reads, writes, others = [], dropout } = task;
  const { batch, tokens, boxTokens, heads, boxHeads } = extents;
  const rows = task.rows ?? batch * tokens.reduce((a, b) => a * b, 1) * heads;
  if (rows === 0) return;
  const operands = [...reads, ...writes];
  const types = others.map(([name, { dtype }]) => `${name} ${storedType(dtype)}`);
  const id = ['attend', key, sight.key, ...operands.map(rowKey), ...types, dropout ? 'dropout' : ''].join('; ');
  const words = [
    rows,
    ...tokens,
    ...boxTokens,
    heads,
    boxHeads,
    ...operands.flatMap(({ strides }) => strides),
    ...(dropout ? dropoutWords(dropout) : []),
    ...paramsOf(task).map(([, , value]) => value),
  ];
  const tensors = [...operands.map(({ tensor }) => tensor), ...others.map(([, tensor]) => tensor)];
  launch(id, () => sourceOf(task), tensors, words, task.teams?.count ?? Math.ceil(rows / lanes));
}

function paramsOf({ sight, params = [] }: Attending): NonNullable<Attending['params']> {
  return [...params, ...(sight.params ?? [])];
}

function sourceOf(task: Attending): ProgramSource {
  const { key, sight, reads, writes, others = [], dropout, declarations = '', body } = task;
  const sizes = ['rows', 'n0', 'n1', 'n2', 'm0', 'm1', 'm2', 'heads', 'boxHeads'].map((name) => [name, 'u32'] as const);
  return {
    name: `attention ${key}`,
    buffers: [
      ...reads.map((operand) => [operand.name, bufferType(operand)] as const),
      ...writes.map((operand) => [operand.name, bufferType(operand), 'write'] as const),
      ...others.map(([name, { dtype }, access]) =>
        access ? ([name, storedType(dtype), access] as const) : ([name, storedType(dtype)] as const),
      ),
    ],
    params: [
      ...sizes,
      ...[...reads, ...writes].flatMap(rowParams),
      ...(dropout ? dropoutParams : []),
      ...paramsOf(task).map(([name, type]) => [name, type] as const),
    ],
    workgroupSize: [task.teams?.size ?? lanes],
    ...(task.enable ? { enable: task.enable } : {}),
    declarations: [
      sight.code,
      ...[...reads, ...writes].map(rowCode),
      ...writes.map(storeCode),
      dropout ? `${philoxWgsl}\n${keepCode}` : '',
      declarations,
    ].join('\n'),
    body: task.teams
      ? body
      : `  let row = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (row >= params.rows) { return; }
${task.rows === undefined ? openOwner(sight) : ''}
${body}`,
  };
}

/** Batch entry, token and head of `row`, heads fastest. */
function openOwner({ dilations }: WgslSight): string {
  const groups = dilations.map((dilation, axis) => `  let g${axis} = c${axis} % ${dilation};`);
  return `  let h = row % params.heads;
  let token = row / params.heads;
  let c2 = i32(token % params.n2);
  let c1 = i32(token / params.n2 % params.n1);
  let c0 = i32(token / (params.n2 * params.n1) % params.n0);
  let b = token / (params.n2 * params.n1 * params.n0);
${groups.join('\n')}`;
}

/** Walks the window of the owner at c0 c1 c2: in `body` positions x0 x1 x2 and token coordinates t0 t1 t2. */
export function forNeighbours({ dilations }: WgslSight, body: string): string {
  const open = dilations.map(
    (dilation, axis) => `  for (var x${axis} = first${axis}(c${axis}); x${axis} < end${axis}(c${axis}); x${axis}++) {
  let t${axis} = u32(g${axis} + x${axis} * ${dilation});`,
  );
  return `${open.join('\n')}\n${body}\n  }}}`;
}

const dropoutParams = [
  ['seed', 'u32'],
  ['threshold', 'u32'],
  ['keepFactor', 'f32'],
  ['firstKey', 'u32'],
] as const;

function dropoutWords({ p, seed, firstKey }: Dropping): number[] {
  // All bits are below 2³², which is no u32: where all weights are dropped, the factor says so.
  const threshold = Math.round(p * 2 ** 32);
  const isAll = threshold >= 2 ** 32;
  return [seed, isAll ? 0 : threshold, isAll ? 0 : 1 / (1 - p), firstKey];
}

/** The factor of a weight: 0 where it is dropped. */
const keepCode = `fn keep(b: u32, h: u32, query: u32, seen: u32) -> f32 {
  let number = seen + params.firstKey;
  let bits = philox(params.seed, vec4u(number >> 2u, query, h, b))[number & 3u];
  return select(0.0, params.keepFactor, bits >= params.threshold);
}`;
