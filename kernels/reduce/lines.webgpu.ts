// Kernels that walk whole lines more than once: softmax, normalisations, losses.

import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import type { Pass } from './passes.ts';
import type { Team } from './team.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { walkTurned } from './turned.webgpu.ts';
import { lanes, mergeText, pairwise, placeText, scratchText, teamFor, teamKey } from './team.webgpu.ts';

/**
 * What is done with each line x [n] of [outer, n, inner], in WGSL. Elements are of type `V`: vec4f where lines are rows of whole
 * vectors, else f32. In scope are `line`, `isLine`, `place` (the line, or the last), `params.n`, and the functions `across` (Σ of a V), `highest` (its largest),
 * `pick(v, k, i)` (the element i of the V that begins at k, or 0), `placed(k, i)` (a V that begins at k: 1 at i, else 0), `mergeSum(f32, lane)` and `mergeMax(f32, lane)`, which merge
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
  /** WGSL, or one for each width of V. */
  readonly declarations?: string | Readonly<Record<1 | 4, string>>;
  /** Functions of a V by name, made of functions of f32. */
  readonly maps?: Readonly<Record<string, string>>;
  readonly body: (text: LineText) => string;
  /** Where each team walks several lines. */
  readonly turns?: Turns;
}

/** A team walks `turns` neighbouring rows and carries sums from one to the next. Rows must be held: see `heldBy`. */
export interface Turns {
  readonly turns: number;
  /** Names of V's that each element's place keeps, 0 at first. */
  readonly sums: readonly string[];
  /** Statements at the end, for each place `k` of each workgroup's `number`, with the sums of its teams. */
  readonly after: string;
}

export interface LineText {
  /** Whether the elements stay in registers: then `$x = ...` is remembered by later passes. */
  readonly isHeld: boolean;
  /** Statements done for each element; `k` is its place along the line, `at` where it is stored. */
  readonly each: (statements: string) => string;
}

/** Elements (or vectors) of all streams and sums that a lane holds at most. */
const mostHeld = 16;

/** Of a kernel on a pass: its team, and how many elements of each stream a lane holds; 0: they are read again. */
function shapeOf(kernel: LineKernel, { outer, n, inner }: Pass): { team: Team; width: 1 | 4; held: number } {
  const { streams, writes = {}, turns } = kernel;
  const flat = [streams, givenOf(kernel), writes].flatMap((group) => Object.values(group));
  const width = inner === 1 && n % 4 === 0 && flat.every(({ offset }) => offset % 4 === 0) ? 4 : 1;
  const most = Math.min(8, mostHeld / (Object.keys(streams).length + (turns ? turns.sums.length : 0)));
  const team = teamFor(n / width, outer * inner, inner === 1, most);
  const each = Math.ceil(n / width / team.size);
  return { team, width, held: each <= most ? each : 0 };
}

/** The team that would hold a pass's lines, or null where they are too long. */
export function heldBy(kernel: LineKernel, pass: Pass): Team | null {
  const { team, held } = shapeOf(kernel, pass);
  return held > 0 ? team : null;
}

/** With fewer workgroups a GPU waits for its memory: long lines that lie side by side are turned first. */
const fewGroups = 512;

/** Walks the lines of a pass. There are elements. */
export function launchLines(kernel: LineKernel, pass: Pass): void {
  const { streams, tables = {}, writes = {}, results = {}, words = [], turns } = kernel;
  const along = givenOf(kernel);
  const { outer, n, inner } = pass;
  const { team, width, held } = shapeOf(kernel, pass);
  if (inner > 1 && held === 0 && outer * inner < team.lines * fewGroups) return walkTurned(kernel, pass, launchLines);
  const count = outer * inner;
  const tensors = [streams, along, tables, writes, results].flatMap((group) => Object.values(group));
  const key = `${kernel.name} ${tensors.map(({ dtype }) => dtype).join()} ${teamKey(team)} ${width} ${held}`;
  const groups = Math.ceil(count / (team.lines * (turns?.turns ?? 1)));
  const source = (): ProgramSource => sourceOf(kernel, team, width, held);
  launch(key, source, tensors, [count, n, inner, ...(turns ? [turns.turns] : []), ...words], groups);
}

function sourceOf(kernel: LineKernel, team: Team, width: 1 | 4, held: number): ProgramSource {
  const { streams, tables = {}, writes = {}, results = {}, maps = {}, declarations = '' } = kernel;
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
    params: [
      ...['count', 'n', 'inner', ...(kernel.turns ? ['turns'] : [])].map((word) => [word, 'u32'] as const),
      ...(kernel.params ?? []),
    ],
    workgroupSize: [lanes],
    declarations: [
      width === 4 ? vectorText : scalarText,
      typeof declarations === 'string' ? declarations : declarations[width],
      scratchText('f32'),
      ...(used.includes('mergeSum') ? [sumText, mergeText(team, 'f32', 'mergeSum', 'sum')] : []),
      ...(used.includes('mergeMax') ? [mergeText(team, 'f32', 'mergeMax', 'max')] : []),
      ...Object.entries(maps).map(([name, of]) => mapText(name, of, width)),
      kernel.turns ? `var<workgroup> sums: array<V, ${lanes}>;\nfn add(a: V, b: V) -> V { return a + b; }` : '',
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
}
fn placed(k: u32, i: u32) -> V { return V(vec4u(k, k + 1u, k + 2u, k + 3u) == vec4u(i)); }`;
const scalarText = `alias V = f32;
alias Bits = u32;
fn across(v: V) -> f32 { return v; }
fn highest(v: V) -> f32 { return v; }
fn pick(v: V, k: u32, i: u32) -> f32 { return select(0.0, v, i == k); }
fn placed(k: u32, i: u32) -> V { return f32(k == i); }`;

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

/** The text of `each` for elements that are held, or not. */
function eachText(kernel: LineKernel, team: Team, width: 1 | 4, held: number): (statements: string) => string {
  const streams = Object.keys(kernel.streams);
  const along = Object.keys(givenOf(kernel));
  const uses = (statements: string, names: readonly string[]): string[] =>
    names.filter((name) => new RegExp(`\\$${name}\\b`).test(statements));
  const named = (statements: string, suffix: number | ''): string => statements.replaceAll(/\$(\w+)/g, `$1_${suffix}`);
  const beside = (text: string): string =>
    uses(text, along)
      .map((name) => `let $${name} = load_${name}(k); `)
      .join('');
  if (held === 0) {
    return (text) => {
      const loads = uses(text, streams)
        .map((name) => `var $${name} = load_${name}(at); `)
        .join('');
      return `  for (var k = r * ${width}u; k < end; k += ${team.size * width}u) {
    let at = base + k * params.inner;
    ${named(loads + beside(text) + text, '')}
  }`;
    };
  }
  const block = (text: string, i: number): string => `  {
    let k = (r + ${i * team.size}u) * ${width}u;
    if (k < end) { let at = base + k * params.inner; ${named(beside(text) + text, i)} }
  }`;
  return (text) => Array.from({ length: held }, (_, i) => block(text, i)).join('\n');
}

/** Loads what is held. Lanes beyond the line load its end: without branches all loads are on their way at once. */
function loadsText(streams: readonly string[], team: Team, width: 1 | 4, held: number): string {
  const one = (i: number): string => {
    const loads = streams.map((name) => ` ${name}_${i} = load_${name}(base + k * params.inner);`);
    return `  { let k = min((r + ${i * team.size}u) * ${width}u, params.n - ${width}u);${loads.join('')} }`;
  };
  return Array.from({ length: held }, (_, i) => one(i)).join('\n');
}

function bodyText(kernel: LineKernel, team: Team, width: 1 | 4, held: number): string {
  const { turns } = kernel;
  const streams = Object.keys(kernel.streams);
  const each = eachText(kernel, team, width, held);
  const variables = (names: readonly string[]): string =>
    names.flatMap((name) => Array.from({ length: held }, (_, i) => `  var ${name}_${i} = V(0.0);`)).join('\n');
  const line = `  let isLine = line < params.count;
  let isFirst = isLine && r == 0u;
  let place = min(line, params.count - 1u);
  let outer = place / params.inner;
  let base = outer * params.n * params.inner + place - outer * params.inner;
  let end = select(0u, params.n, isLine);
${variables(streams)}
${loadsText(streams, team, width, held)}
${kernel.body({ isHeld: held > 0, each })}`;
  const start = `${placeText(team)}
  let number = group.y * groups.x + group.x;
  let team = number * ${team.lines}u + l;`;
  if (!turns) return `${start}\n  let line = team;\n${line}`;
  return `${start}
${variables(turns.sums)}
  for (var turn = 0u; turn < params.turns; turn++) {
  let line = team * params.turns + turn;
${line}
  }
${turns.sums.map((name) => gatherText(name, team, held)).join('\n')}
  let base = 0u;
  let end = select(0u, params.n, l == 0u && number * ${team.lines}u * params.turns < params.count);
${each(turns.after)}`;
}

/** Gives the first team the sums of all, for each place. */
function gatherText(name: string, team: Team, held: number): string {
  const one = (i: number): string => `  workgroupBarrier();
  sums[lane] = ${name}_${i};
  workgroupBarrier();
  ${name}_${i} = ${pairwise('add', team.lines, (l) => `sums[r + ${l * team.size}u]`)};`;
  return Array.from({ length: held }, (_, i) => one(i)).join('\n');
}
