import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import type { Pass } from './passes.ts';
import type { Team } from './team.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { computedType, storedType } from '../runtime/webgpu/types.ts';
import { lanes, mergeText, placeText, scratchText, teamFor, teamKey } from './team.webgpu.ts';

/** A reduction in WGSL. */
export interface Fold {
  /** Names all that its text depends on. */
  readonly name: string;
  readonly state: 'f32' | 'i32' | 'vec2f' | 'vec2i';
  /** What changes nothing when it is merged. */
  readonly neutral: string;
  /** The state of one element: of its value in each stream, of `k`, its place along the line, and `line`. */
  readonly element: string;
  /** The state of `a` and `b`, `a` being in front. */
  readonly merge: string;
  /** One expression of the final state `s` for each output. */
  readonly results: readonly string[];
  readonly declarations?: string;
  readonly params?: readonly (readonly [name: string, type: Word])[];
}

export interface FoldInputs {
  /** By name, contiguous, of the shape that the passes reduce: the elements' values. */
  readonly streams: Readonly<Record<string, Tensor>>;
  /** By name: other buffers that `element` or `results` read: `name[params.nameOffset + line]`. */
  readonly tables?: Readonly<Record<string, Tensor>>;
  /** Values of the fold's params. */
  readonly words?: readonly number[];
}

/** Steps of one lane: few enough that sums stay exact, and that there are groups to keep memory busy; partials are small. */
const mostSteps = 32;
const leastSteps = 8;
const enoughGroups = 1024;

/** outputs = the fold over the passes, one after another; each leaves [outer, inner] lines. There are elements. */
export function launchFold(fold: Fold, inputs: FoldInputs, passes: readonly Pass[], outputs: readonly Tensor[]): void {
  const [pass, ...more] = passes;
  launchPass(fold, inputs, pass!, more, outputs, false);
}

/** The same from states that another kernel has left: partials [outer, n, inner] of float32 or int32 words. */
export function foldPartials(
  fold: Fold,
  partials: Tensor,
  pass: Pass,
  outputs: readonly Tensor[],
  inputs: Omit<FoldInputs, 'streams'> = {},
): void {
  launchPass(fold, { ...inputs, streams: { part: partials } }, pass, [], outputs, true);
}

/** One pass in launches: where a line is long, its chunks leave a state each, which are folded next. */
function launchPass(
  fold: Fold,
  inputs: FoldInputs,
  pass: Pass,
  more: readonly Pass[],
  outputs: readonly Tensor[],
  isPartial: boolean,
): void {
  const like = Object.values(inputs.streams)[0]!;
  const plan = planOf(pass, !isPartial && isVector(inputs, pass), isPartial);
  const { outer, inner } = pass;
  const next = plan.chunks > 1 ? [{ outer, n: plan.chunks, inner }, ...more] : more;
  if (next.length === 0) return launchStage(fold, inputs, pass, plan, isPartial, outputs);
  const words = outer * plan.chunks * inner * (fold.state.startsWith('vec2') ? 2 : 1);
  withTemporary(like, fold.state.endsWith('i') || fold.state === 'i32' ? 'int32' : 'float32', [words], (part) => {
    launchStage(fold, inputs, pass, plan, isPartial, [part], true);
    const [first, ...rest] = next;
    launchPass(fold, { ...inputs, streams: { part } }, first!, rest, outputs, true);
  });
}

interface Plan {
  readonly team: Team;
  readonly width: 1 | 4;
  /** Elements of a line that one workgroup takes, and how many such chunks there are. */
  readonly chunk: number;
  readonly chunks: number;
}

function isVector({ streams }: FoldInputs, { n, inner }: Pass): boolean {
  return inner === 1 && n % 4 === 0 && Object.values(streams).every(({ offset }) => offset % 4 === 0);
}

/** By shape alone, so that sums have the same order each time. */
function planOf({ outer, n, inner }: Pass, isVectors: boolean, isPartial: boolean): Plan {
  const width = isVectors ? 4 : 1;
  const steps = n / width;
  const team = teamFor(steps, outer * inner, inner === 1, 4, isPartial ? 8 : 32);
  const groups = Math.ceil((outer * inner) / team.lines);
  const wanted = Math.ceil((groups * steps) / (team.size * enoughGroups));
  const each = Math.min(Math.max(wanted, isPartial ? mostSteps : leastSteps), mostSteps);
  const chunk = each * team.size * width;
  return { team, width, chunk: Math.min(chunk, n), chunks: Math.ceil(n / chunk) };
}

function launchStage(
  fold: Fold,
  { streams, tables = {}, words = [] }: FoldInputs,
  { outer, n, inner }: Pass,
  plan: Plan,
  isPartial: boolean,
  outputs: readonly Tensor[],
  leavesPartial = false,
): void {
  const { team, width, chunk, chunks } = plan;
  const tensors = [...Object.values(streams), ...Object.values(tables), ...outputs];
  const kind = `${isPartial ? 'of partials' : ''} ${leavesPartial ? 'to partials' : ''}`;
  const key = `${fold.name} ${tensors.map(({ dtype }) => dtype).join()} ${teamKey(team)} ${width} ${kind}`;
  const count = outer * inner;
  const params = [count, n, inner, chunk, chunks, ...words];
  const source = (): ProgramSource => sourceOf(fold, streams, tables, plan, isPartial, leavesPartial ? null : outputs);
  launch(key, source, tensors, params, Math.ceil(count / team.lines) * chunks);
}

/** `outputs` null: a state for each line and chunk is left. */
function sourceOf(
  fold: Fold,
  streams: Readonly<Record<string, Tensor>>,
  tables: Readonly<Record<string, Tensor>>,
  { team, width }: Plan,
  isPartial: boolean,
  outputs: readonly Tensor[] | null,
): ProgramSource {
  const { name, state, merge, results, declarations = '', params = [] } = fold;
  const type = (x: Tensor): string =>
    isPartial ? state : width === 4 ? `vec4<${storedType(x.dtype)}>` : storedType(x.dtype);
  const writes = outputs
    ? outputs.map((y, i) => `    y${i}[params.y${i}Offset + line] = ${storedType(y.dtype)}(${results[i]});`)
    : ['    states[(outer * params.chunks + chunk) * params.inner + column] = s;'];
  return {
    name,
    buffers: [
      ...Object.entries(streams).map(([stream, x]) => [`${stream}s`, type(x)] as const),
      ...Object.entries(tables).map(([table, x]) => [table, storedType(x.dtype)] as const),
      ...(outputs ?? []).map((y, i) => [`y${i}`, storedType(y.dtype), 'write'] as const),
      ...(outputs ? [] : [['states', state, 'write'] as const]),
    ],
    params: [...['count', 'n', 'inner', 'chunk', 'chunks'].map((word) => [word, 'u32'] as const), ...params],
    workgroupSize: [lanes],
    declarations: [
      declarations,
      scratchText(state),
      `fn merge(a: ${state}, b: ${state}) -> ${state} { ${merge} }`,
      mergeText(team, state, 'mergeTeam', 'merge'),
      isPartial
        ? `fn load(at: u32, k: u32, line: u32) -> ${state} { return parts[at]; }`
        : loadText(fold, streams, width),
    ].join('\n'),
    body: bodyText(fold, team, width, writes),
  };
}

/** `load`: the state of the element, or of four neighbours, at `at`. */
function loadText({ state, element }: Fold, streams: Readonly<Record<string, Tensor>>, width: 1 | 4): string {
  const entries = Object.entries(streams);
  const values = entries.map(([name, x]) => `${name}: ${computedType(x.dtype)}, `).join('');
  const one = `fn one(${values}k: u32, line: u32) -> ${state} { return ${element}; }`;
  const head = `fn load(at: u32, k: u32, line: u32) -> ${state} {`;
  const loads = entries.map(([name, x]) =>
    width === 4
      ? `  let ${name} = vec4<${computedType(x.dtype)}>(${name}s[(params.${name}sOffset + at) / 4u]);`
      : `  let ${name} = ${computedType(x.dtype)}(${name}s[params.${name}sOffset + at]);`,
  );
  const call = (part: string, i: number): string =>
    `one(${entries.map(([name]) => `${name}${part}, `).join('')}k + ${i}u, line)`;
  const value =
    width === 4
      ? `merge(merge(${call('.x', 0)}, ${call('.y', 1)}), merge(${call('.z', 2)}, ${call('.w', 3)}))`
      : call('', 0);
  return [one, head, ...loads, `  return ${value};`, '}'].join('\n');
}

function bodyText({ neutral }: Fold, team: Team, width: 1 | 4, writes: readonly string[]): string {
  const step = team.size * width;
  const at = (i: number): string => `load(base + (k + ${i * step}u) * params.inner, k + ${i * step}u, line)`;
  return `${placeText(team)}
  let number = group.y * groups.x + group.x;
  let chunk = number % params.chunks;
  let line = number / params.chunks * ${team.lines}u + l;
  let isLine = line < params.count;
  let outer = line / params.inner;
  let column = line - outer * params.inner;
  let base = outer * params.n * params.inner + column;
  let end = select(0u, min(params.n, (chunk + 1u) * params.chunk), isLine);
  var s = ${neutral};
  var k = chunk * params.chunk + r * ${width}u;
  for (; k + ${3 * step}u < end; k += ${4 * step}u) {
    s = merge(s, merge(merge(${at(0)}, ${at(1)}), merge(${at(2)}, ${at(3)})));
  }
  for (; k < end; k += ${step}u) { s = merge(s, ${at(0)}); }
  s = mergeTeam(s, lane);
  if (isLine && r == 0u) {
${writes.join('\n')}
  }`;
}
