import type { Tensor } from '../../tensor/tensor.ts';
import type { Loops } from '../runtime/collapse.ts';
import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import { broadcastStrides, sameShape } from '../../tensor/shape.ts';
import { collapse } from '../runtime/collapse.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { computedType, placeWords, places, storedType } from '../runtime/webgpu/types.ts';
import { copyTransposed } from '../layout/transpose.webgpu.ts';
import { functions, functionsIn } from './functions.webgpu.ts';

/** One value from those at the same place: WGSL for `value`, from `x`, `y`, `z` (of the computed type) and `params`. */
export interface Formula {
  readonly name: string;
  /** An expression; it may name functions of `declarations` and of functions.webgpu.ts. */
  readonly value: string;
  readonly declarations?: string;
  readonly params?: readonly (readonly [name: string, type: Word])[];
}

const inputNames = ['x', 'y', 'z', 'w'] as const;
/** Elements, or fours of them, of one invocation, and invocations of a workgroup. */
const perLane = 2;
const lanes = 256;

/** How a program walks its operands, the output last. */
interface Walk {
  readonly loops: Loops;
  /** Four elements at once, of operands that have them side by side; the others have one for all four. */
  readonly fours: readonly boolean[] | null;
}

/**
 * out = formula of inputs that broadcast to it, whatever their strides. Four elements at once where sizes, strides and
 * offsets are multiples of four.
 *
 * @param words values of the formula's params
 */
export function launchElementwise(
  formula: Formula,
  inputs: readonly Tensor[],
  out: Tensor,
  words: readonly number[] = [],
): void {
  if (out.size === 0) return;
  const scattered = inputs.find((x) => isScattered(x, out));
  if (scattered && launchPacked(formula, scattered, inputs, out, words)) return;
  const operands = [...inputs, out];
  const loops = loopsOf(inputs, out);
  const fours = inFours(loops, operands);
  const walk = { loops: fours ? countFours(loops, fours) : loops, fours };
  const count = fours ? out.size / 4 : out.size;
  let key = `${formula.name} ${loops.sizes.length}`;
  for (const { dtype } of operands) key += ` ${storedType(dtype)}`;
  if (fours) key += ` fours ${fours.join()}`;
  const groups = Math.ceil(count / (lanes * perLane));
  launch(key, () => sourceOf(formula, operands, walk), operands, [count, ...words, ...placeWords(walk.loops)], groups);
}

/** True for a large input that is walked across its cache lines: a copy by tiles reads each of them once. */
function isScattered(x: Tensor, out: Tensor): boolean {
  if (x.isContiguous || x.size !== out.size || x.size < 65_536) return false;
  return Math.abs(x.strides.at(-1)!) >= 16;
}

/** The same with x packed first; false, with nothing done, where no tiles fit it. */
function launchPacked(
  formula: Formula,
  x: Tensor,
  inputs: readonly Tensor[],
  out: Tensor,
  words: readonly number[],
): boolean {
  return withTemporary(x, x.dtype, x.shape, (packed) => {
    if (!copyTransposed(x, packed)) return false;
    const rest = inputs.map((input) => (input === x ? packed : input));
    launchElementwise(formula, rest, out, words);
    return true;
  });
}

/** The shortest nest; most often every operand lies as `out` does, or is one element. */
function loopsOf(inputs: readonly Tensor[], out: Tensor): Loops {
  const isFlat = (x: Tensor): boolean => x.size === 1 || (x.isContiguous && sameShape(x.shape, out.shape));
  if (out.isContiguous && inputs.every(isFlat))
    return { sizes: [out.size], strides: [...inputs.map((x) => [x.size === 1 ? 0 : 1]), [1]] };
  return collapse(out.shape, [...inputs.map((x) => broadcastStrides(x.shape, x.strides, out.shape)), out.strides]);
}

/** Which operands have the last axis side by side: if all begins at fours and the others have one for all of the axis. */
function inFours({ sizes, strides }: Loops, operands: readonly Tensor[]): boolean[] | null {
  const last = sizes.length - 1;
  if (sizes[last]! % 4 !== 0) return null;
  const fours = strides.map((steps) => steps[last] === 1);
  const fits = strides.every((steps, i) => {
    if (!fours[i]) return steps[last] === 0;
    return operands[i]!.offset % 4 === 0 && steps.every((step, axis) => axis === last || step % 4 === 0);
  });
  return fits && fours.at(-1) ? fours : null;
}

function countFours({ sizes, strides }: Loops, fours: readonly boolean[]): Loops {
  const last = sizes.length - 1;
  return {
    sizes: sizes.with(last, sizes[last]! / 4),
    strides: strides.map((steps, i) =>
      fours[i] ? steps.map((step, axis) => (axis === last ? step : step / 4)) : [...steps],
    ),
  };
}

function sourceOf(
  { name, value, declarations = '', params = [] }: Formula,
  operands: readonly Tensor[],
  { loops, fours }: Walk,
): ProgramSource {
  const names = operands.map((_, i) => (i < operands.length - 1 ? inputNames[i]! : 'out'));
  const inputs = names.slice(0, -1);
  const type = (i: number): string => {
    const stored = storedType(operands[i]!.dtype);
    return fours?.[i] ? `vec4<${stored}>` : stored;
  };
  const place = places(loops.sizes.length, names);
  // Buffers are called xs, ys ...; their offsets count elements, whatever the program counts.
  const at = place.code.replaceAll(/params\.(\w+)Offset/g, (_, x: string) => {
    const offset = `params.${x}sOffset`;
    return fours?.[names.indexOf(x as 'x')] ? `(${offset} >> 2u)` : offset;
  });
  const computed = operands.map(({ dtype }) => computedType(dtype));
  const loads = inputs.map(
    (x, i) => `  let ${x} = ${fours?.[i] ? `vec4<${computed[i]}>` : computed[i]}(${x}s[${x}At]);`,
  );
  const call = (part: string): string => `formula(${inputs.map((x, i) => (fours?.[i] ? x + part : x)).join(', ')})`;
  const result = fours ? `vec4(${['.x', '.y', '.z', '.w'].map(call).join(', ')})` : call('');
  const stored = storedType(operands.at(-1)!.dtype);
  const given = inputs.map((x, i) => `${x}: ${computed[i]}`).join(', ');
  return {
    name,
    buffers: names.map((x, i) => (x === 'out' ? [`${x}s`, type(i), 'write'] : [`${x}s`, type(i)])),
    params: [['count', 'u32'], ...params, ...place.params],
    workgroupSize: [lanes],
    declarations: [
      functions(...functionsIn(value + declarations)),
      declarations,
      `fn formula(${given}) -> ${stored} { return ${stored}(${value}); }`,
      `fn element(i: u32) {\n${at}\n${loads.join('\n')}\n  outs[outAt] = ${result};\n}`,
    ].join('\n'),
    body: `  let first = (group.y * groups.x + group.x) * ${lanes * perLane} + lane;
  for (var k = 0u; k < ${perLane}u; k++) {
    let i = first + k * ${lanes}u;
    if (i < params.count) { element(i); }
  }`,
  };
}
