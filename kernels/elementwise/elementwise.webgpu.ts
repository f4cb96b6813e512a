import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { broadcastStrides, sameShape } from '../../tensor/shape.ts';
import { collapse } from '../runtime/collapse.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { computedType, placeWords, places, storedType } from '../runtime/webgpu/types.ts';
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
/** Elements of one invocation, and invocations of a workgroup. */
const perLane = 4;
const lanes = 256;

/**
 * out = formula of inputs that broadcast to it, whatever their strides.
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
  const groups = Math.ceil(out.size / (lanes * perLane));
  const stored = [...inputs, out].map(({ dtype }) => storedType(dtype));
  if (out.isContiguous && inputs.every((x) => x.size === 1 || (x.isContiguous && sameShape(x.shape, out.shape)))) {
    const flat = inputs.map((x) => (x.size === 1 ? 'one' : 'all'));
    const key = `${formula.name} ${stored.join()} ${flat.join()}`;
    const at = flat.map(
      (kind, i) => `  let ${inputNames[i]}At = params.${inputNames[i]}Offset${kind === 'one' ? '' : ' + i'};`,
    );
    const code = [...at, '  let outAt = params.outOffset + i;'].join('\n');
    return launch(key, () => sourceOf(formula, inputs, out, [], code), [...inputs, out], [out.size, ...words], groups);
  }
  const strides = [...inputs.map((x) => broadcastStrides(x.shape, x.strides, out.shape)), out.strides];
  const loops = collapse(out.shape, strides);
  const rank = loops.sizes.length;
  const { params, code } = places(rank, [...inputNames.slice(0, inputs.length), 'out']);
  const source = (): ProgramSource => sourceOf(formula, inputs, out, params, code);
  const key = `${formula.name} ${stored.join()} rank ${rank}`;
  launch(key, source, [...inputs, out], [out.size, ...words, ...placeWords(loops)], groups);
}

function sourceOf(
  { name, value, declarations = '', params = [] }: Formula,
  inputs: readonly Tensor[],
  out: Tensor,
  placeParams: readonly (readonly [string, Word])[],
  code: string,
): ProgramSource {
  const loads = inputs.map(
    (x, i) => `  let ${inputNames[i]} = ${computedType(x.dtype)}(${inputNames[i]}s[${inputNames[i]}At]);`,
  );
  const element = [`fn element(i: u32) {`, code, ...loads, `  outs[outAt] = ${storedType(out.dtype)}(${value});`, '}'];
  return {
    name,
    buffers: [
      ...inputs.map((x, i) => [`${inputNames[i]}s`, storedType(x.dtype)] as const),
      ['outs', storedType(out.dtype), 'write'],
    ],
    params: [['count', 'u32'], ...params, ...placeParams],
    workgroupSize: [lanes],
    declarations: [
      functions(...functionsIn(value + declarations)),
      declarations,
      element.join('\n').replaceAll(/params\.(\w+)Offset/g, 'params.$1sOffset'),
    ].join('\n'),
    body: `  let first = (group.y * groups.x + group.x) * ${lanes * perLane} + lane;
  for (var k = 0u; k < ${perLane}u; k++) {
    let i = first + k * ${lanes}u;
    if (i < params.count) { element(i); }
  }`,
  };
}

/** The WebGPU kernel of one input. */
export function unaryWebgpu(formula: Formula): Kernel<['x']> {
  return acceptsStrides(({ x }, _attrs, [y]) => launchElementwise(formula, [x], y!));
}

/** The same for two operands. */
export function binaryWebgpu(formula: Formula): Kernel<['x:operand', 'y:operand']> {
  return acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(formula, [x, y], out!));
}
