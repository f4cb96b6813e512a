// Kernels that walk whole lines more than once: softmax, normalisations, losses.

import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import type { Pass } from './passes.ts';
import type { Team } from './team.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { lanes, mergeText, placeText, scratchText, teamFor, teamKey } from './team.webgpu.ts';

/**
 * What is done with each line x [n] of [outer, n, inner], in WGSL. Elements are of type `V`: vec4f where lines are rows of whole
 * vectors, else f32. In scope are `line`, `isLine`, `params.n`, and the functions `across` (Σ of a V), `highest` (its largest),
 * `pick(v, k, i)` (the element i of the V that begins at k, or 0), `mergeSum(f32, lane)` and `mergeMax(f32, lane)`, which merge
 * over the line, for all its lanes.
 */
export interface LineKernel {
  /** Names all that its text depends on. */
  readonly name: string;
  /** Inputs of the lines' own shape: `$x` is the element. */
  readonly streams: Readonly<Record<string, Tensor>>;
  /** Inputs [n], shared by all lines: `$w` is the element beside. */
  readonly along?: Readonly<Record<string, Tensor | undefined>>;
  /** Other inputs: `table[params.tableOffset + line]`. */
  readonly tables?: Readonly<Record<string, Tensor>>;
  /** Outputs of the lines' own shape: `store_y(at, value)`. */
  readonly writes?: Readonly<Record<string, Tensor>>;
  /** Other outputs: `m[params.mOffset + line] = ...`, by the one lane of a line where `isFirst`. */
  readonly results?: Readonly<Record<string, Tensor>>;
  readonly params?: readonly (readonly [name: string, type: Word])[];
  readonly words?: readonly number[];
  readonly declarations?: string;
  /** Functions of a V by name, made of functions of f32. */
  readonly maps?: Readonly<Record<string, string>>;
  readonly body: (text: LineText) => string;
}

export interface LineText {
  /** Whether the elements stay in registers: then `$x = ...` is remembered by later passes. */
  readonly isHeld: boolean;
  /** Statements done for each element; `k` is its place along the line, `at` where it is stored. */
  each(statements: string): string;
}

/** Elements (or vectors) of one stream that a lane holds at most. */
const mostHeld = 8;

/** Walks the lines of a pass. There are elements. */
export function launchLines(kernel: LineKernel, { outer, n, inner }: Pass): void {
  const { streams, tables = {}, writes = {}, results = {}, words = [] } = kernel;
  const along = givenOf(kernel);
  const flat = [streams, along, writes].flatMap((group) => Object.values(group));
  const isVector = inner === 1 && n % 4 === 0 && flat.every(({ offset }) => offset % 4 === 0);
  const width = isVector ? 4 : 1;
  const steps = n / width;
  const count = outer * inner;
  const team = teamFor(steps, count, inner === 1, mostHeld);
  const each = Math.ceil(steps / team.size);
  const held = each <= mostHeld ? each : 0;
  const tensors = [streams, along, tables, writes, results].flatMap((group) => Object.values(group));
  const key = `${kernel.name} ${tensors.map(({ dtype }) => dtype).join()} ${teamKey(team)} ${width} ${held}`;
  const source = (): ProgramSource => sourceOf(kernel, team, width, held);
  launch(key, source, tensors, [count, n, inner, ...words], Math.ceil(count / team.lines));
}

function sourceOf(kernel: LineKernel, team: Team, width: 1 | 4, held: number): ProgramSource {
  const { streams, tables = {}, writes = {}, results = {}, maps = {} } = kernel;
  const along = givenOf(kernel);
  const type = ({ dtype }: Tensor): string => (width === 4 ? `vec4<${storedType(dtype)}>` : storedType(dtype));
  const whole = Object.entries({ ...streams, ...along });
  const loads = whole.map(([name]) => loadText(name, width));
  const stores = Object.entries(writes).map(([name, y]) => storeText(name, type(y), width));
  const used = kernel.body({ isHeld: held > 0, each: (statements) => statements });
  return {
    name: kernel.name,
    buffers: [
      ...whole.map(([name, x]) => [`${name}s`, type(x)] as const),
      ...Object.entries(tables).map(([name, x]) => [name, storedType(x.dtype)] as const),
      ...Object.entries(writes).map(([name, y]) => [`${name}s`, type(y), 'write'] as const),
      ...Object.entries(results).map(([name, y]) => [name, storedType(y.dtype), 'write'] as const),
    ],
    params: [...['count', 'n', 'inner'].map((word) => [word, 'u32'] as const), ...(kernel.params ?? [])],
    workgroupSize: [lanes],
    declarations: [
      width === 4 ? vectorText : scalarText,
      kernel.declarations ?? '',
      scratchText('f32'),
      ...(used.includes('mergeSum') ? [sumText, mergeText(team, 'f32', 'mergeSum', 'sum')] : []),
      ...(used.includes('mergeMax') ? [mergeText(team, 'f32', 'mergeMax', 'max')] : []),
      ...Object.entries(maps).map(([name, of]) => mapText(name, of, width)),
      ...loads,
      ...stores,
    ].join('\n'),
    body: bodyText(kernel, team, width, held),
  };
}

/** The optional inputs that are there. */
function givenOf({ along = {} }: LineKernel): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(along).filter((entry): entry is [string, Tensor] => entry[1] !== undefined));
}

const sumText = 'fn sum(a: f32, b: f32) -> f32 { return a + b; }';
const vectorText = `alias V = vec4f;
alias Bits = vec4u;
fn across(v: V) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn highest(v: V) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
fn pick(v: V, k: u32, i: u32) -> f32 {
  let j = i - k;
  return select(select(select(select(0.0, v.w, j == 3u), v.z, j == 2u), v.y, j == 1u), v.x, j == 0u);
}`;
const scalarText = `alias V = f32;
alias Bits = u32;
fn across(v: V) -> f32 { return v; }
fn highest(v: V) -> f32 { return v; }
fn pick(v: V, k: u32, i: u32) -> f32 { return select(0.0, v, i == k); }`;

function mapText(name: string, of: string, width: 1 | 4): string {
  const value = width === 4 ? `V(${of}(v.x), ${of}(v.y), ${of}(v.z), ${of}(v.w))` : `${of}(v)`;
  return `fn ${name}(v: V) -> V { return ${value}; }`;
}

function placeOf(name: string, width: 1 | 4): string {
  return width === 4 ? `${name}s[(params.${name}sOffset + at) / 4u]` : `${name}s[params.${name}sOffset + at]`;
}

function loadText(name: string, width: 1 | 4): string {
  return `fn load_${name}(at: u32) -> V { return V(${placeOf(name, width)}); }`;
}

function storeText(name: string, type: string, width: 1 | 4): string {
  return `fn store_${name}(at: u32, value: V) { ${placeOf(name, width)} = ${type}(value); }`;
}

function bodyText(kernel: LineKernel, team: Team, width: 1 | 4, held: number): string {
  const streams = Object.keys(kernel.streams);
  const along = Object.keys(givenOf(kernel));
  const uses = (statements: string, names: readonly string[]): string[] =>
    names.filter((name) => new RegExp(`\\$${name}\\b`).test(statements));
  const named = (statements: string, suffix: string): string => statements.replaceAll(/\$(\w+)/g, `$1_${suffix}`);
  const beside = (statements: string): string[] => uses(statements, along).map((name) => `let $${name} = load_${name}(k);`);
  const heldEach = (statements: string): string =>
    Array.from({ length: held }, (_, i) => {
      const text = [...beside(statements), statements].join('\n      ');
      return `  { let k = (r + ${i * team.size}u) * ${width}u;
    if (k < end) { let at = base + k * params.inner;
      ${named(text, String(i))} } }`;
    }).join('\n');
  const loopEach = (statements: string): string => {
    const loads = uses(statements, streams).map((name) => `var $${name} = load_${name}(at);`);
    return `  for (var k = r * ${width}u; k < end; k += ${team.size * width}u) { let at = base + k * params.inner;
      ${named([...loads, ...beside(statements), statements].join('\n      '), '')} }`;
  };
  const variables = Array.from({ length: held }, (_, i) => streams.map((name) => `  var ${name}_${i} = V(0.0);`)).flat();
  const loads = held > 0 ? heldEach(streams.map((name) => `$${name} = load_${name}(at);`).join(' ')) : '';
  return `${placeText(team)}
  let line = (group.y * groups.x + group.x) * ${team.lines}u + l;
  let isLine = line < params.count;
  let isFirst = isLine && r == 0u;
  let outer = line / params.inner;
  let base = outer * params.n * params.inner + line - outer * params.inner;
  let end = select(0u, params.n, isLine);
${variables.join('\n')}
${loads}
${kernel.body({ isHeld: held > 0, each: held > 0 ? heldEach : loopEach })}`;
}
