// defineOp and the one path every op takes: read arguments, check, promote, allocate, run, record.

import type { Dtype } from '../tensor/dtype.ts';
import type { Runtime } from '../tensor/runtime.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Variable } from '../tensor/variable.ts';
import type { Call, Inputs } from './arguments.ts';
import type { AnyOpDefinition, NoAttrs, Op, OpDefinition } from './types.ts';
import { isFloat } from '../tensor/dtype.ts';
import { DeviceError, DtypeError } from '../tensor/errors.ts';
import { contiguousStrides, sizeOf } from '../tensor/shape.ts';
import { Storage } from '../tensor/storage.ts';
import { Tensor } from '../tensor/tensor.ts';
import { openCall, readInputs, temporary } from './arguments.ts';
import { count } from './flops.ts';
import { isGradEnabled, noGrad, TapeNode } from './tape.ts';
import { parseInput } from './types.ts';

/**
 * Declares an op: everything that the dispatcher, the tests, the benches and the tables need, in one place. Annotate the
 * constant with its `Op` type; its inputs and attributes are taken from there.
 *
 * @example
 * export const cube: Op<['x']> = defineOp({
 *   name: 'cube',
 *   inputs: ['x'],
 *   shape: ({ x }) => x,
 *   reference: ({ x }) => ({ shape: x.shape, data: x.data.map((v) => v ** 3) }),
 *   saves: ['x'],
 *   backward: ({ grads: [g], inputs: { x } }) => ({ x: g.mul(x.square()).mul(3) }),
 *   samples: [{ x: [5] }],
 * });
 */
export function defineOp<
  const I extends readonly string[],
  A extends object = NoAttrs,
  const O extends readonly string[] = ['output'],
  S extends string = never,
>(definition: OpDefinition<NoInfer<I>, NoInfer<A>, NoInfer<O>, S>): Op<I, A, O> {
  const loose = definition as unknown as Partial<AnyOpDefinition> &
    Pick<AnyOpDefinition, 'name' | 'inputs' | 'shape' | 'reference'>;
  const full: AnyOpDefinition = {
    outputs: ['output'],
    attrs: {},
    dtypes: 'float',
    autocast: undefined,
    dtype: undefined,
    view: undefined,
    moves: undefined,
    mutates: [],
    kernels: {},
    saves: [],
    keeps: undefined,
    backward: undefined,
    samples: [],
    errors: [],
    flops: undefined,
    tolerance: 1e-5,
    ...loose,
    slots: loose.inputs.map(parseInput),
    required: loose.required ?? requiredAttrs(loose),
  };
  const op = (...args: unknown[]): unknown => apply(full, args);
  Object.defineProperty(op, 'name', { value: full.name });
  return Object.assign(op, { definition: full }) as unknown as Op<I, A, O>;
}

/** The attributes without a default: the types hold every sample to give them. */
function requiredAttrs({ attrs = {}, samples = [] }: Partial<AnyOpDefinition>): string[] {
  const shown = samples.flatMap((sample) => Object.keys(sample['attrs'] ?? {}));
  return [...new Set(shown)].filter((key) => !(key in attrs));
}

function apply(op: AnyOpDefinition, args: readonly unknown[]): Tensor | readonly Tensor[] | undefined {
  const call = openCall(op, args);
  try {
    readInputs(call, args);
    const outputs = compute(call);
    return isSingle(op) ? outputs[0] : op.outputs.length === 0 ? undefined : outputs;
  } finally {
    for (const tensor of call.temporaries) tensor.dispose();
  }
}

/** Whether the op gives a tensor, not a list. */
function isSingle({ outputs }: AnyOpDefinition): boolean {
  return outputs.length === 1 && !outputs[0]!.endsWith('[]');
}

/** Makes the outputs, fills them, and records the call on the tape. */
function compute(call: Call): readonly Tensor[] {
  const { op, attrs, inputs, runtime } = call;
  const shapes = shapesOf(op, inputs);
  const shape = op.shape(shapes, attrs);
  const sizes = isSingle(op) ? [shape as Shape] : ((shape ?? []) as readonly Shape[]);
  const dtypes = op.dtype ? op.dtype(call.dtype, attrs) : call.dtype;
  const node = op.backward && isGradEnabled() && needsGrad(op, inputs) ? new TapeNode(op, attrs, shapes) : null;
  const target = op.moves ? (op.moves(attrs) as Runtime) : runtime;
  const outputs: Tensor[] = [];
  try {
    const views = op.view && viewsOf(call);
    for (let i = 0; i < sizes.length; i++) {
      const dtype = typeof dtypes === 'string' ? dtypes : dtypes[i]!;
      const variable = node && isFloat(dtype) ? node.output(i) : null;
      outputs.push(views ? views(i, variable) : allocate(op, target, dtype, sizes[i]!, variable));
    }
    if (!op.view && !isEmpty(outputs)) run(call, outputs);
    if (op.flops) count(op.name, () => op.flops!(shapes, attrs, sizes));
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  if (op.mutates.length > 0) for (const tensor of written(call)) tensor.storage.written(op.name);
  if (node?.isReachable) node.record(inputs, outputs);
  return outputs;
}

function isEmpty(outputs: readonly Tensor[]): boolean {
  return outputs.length > 0 && outputs.every((output) => output.size === 0);
}

function shapesOf(op: AnyOpDefinition, inputs: Inputs): Record<string, Shape | readonly Shape[] | undefined> {
  const shapes: Record<string, Shape | readonly Shape[] | undefined> = {};
  for (const { name } of op.slots) {
    const value = inputs[name];
    shapes[name] = value instanceof Tensor ? value.shape : value?.map((tensor) => tensor.shape);
  }
  return shapes;
}

function needsGrad(op: AnyOpDefinition, inputs: Inputs): boolean {
  for (const { name, differentiable } of op.slots) {
    if (!differentiable) continue;
    const value = inputs[name];
    if (value instanceof Tensor ? value.variable : value?.some((tensor) => tensor.variable)) return true;
  }
  return false;
}

/** Makes output i of a view: the input's elements, or those of a packed copy where its strides do not allow the view. */
function viewsOf(call: Call): (i: number, variable: Variable | null) => Tensor {
  const { op, attrs } = call;
  let base = call.inputs[op.slots[0]!.name] as Tensor;
  let found = op.view!(base, attrs);
  if (!found) {
    base = temporary(call, packedCopy(base));
    found = op.view!(base, attrs)!;
  }
  const layouts: readonly Layout[] = Array.isArray(found) ? (found as readonly Layout[]) : [found as Layout];
  return (i, variable) => {
    base.storage.retain();
    return new Tensor(base.storage, base.dtype, layouts[i]!, variable);
  };
}

function allocate(
  op: AnyOpDefinition,
  runtime: Runtime,
  dtype: Dtype,
  shape: Shape,
  variable: Variable | null,
): Tensor {
  if (!runtime.dtypes.includes(dtype)) {
    throw new DtypeError(`'${runtime.name}' has no ${dtype}; it stores ${runtime.dtypes.join(', ')}`, {
      op: op.name,
      dtype,
      device: runtime.name,
    });
  }
  const storage = new Storage(runtime, dtype, sizeOf(shape));
  return new Tensor(storage, dtype, { shape, strides: contiguousStrides(shape), offset: 0 }, variable);
}

function run(call: Call, outputs: readonly Tensor[]): void {
  const { op, attrs, inputs, runtime } = call;
  if (op.moves) return transfer(op, inputs[op.slots[0]!.name] as Tensor, outputs[0]!);
  const kernel = op.kernels[runtime.name];
  if (kernel) {
    const given = kernel.acceptsStrides ? inputs : contiguousInputs(call);
    // What writes in place has numbers that change with each call (a step, a rate): nothing to repeat.
    if (runtime.perform && op.mutates.length === 0) return runtime.perform(kernel, given, attrs, outputs);
    return kernel(given, attrs, outputs);
  }
  if (runtime.interpret) {
    const targets = op.outputs.length > 0 ? outputs : written(call);
    return runtime.interpret((given, options) => op.reference(given, options), inputs, attrs, targets);
  }
  const devices = Object.keys(op.kernels).join(', ') || 'reference only';
  throw new DeviceError(`has no kernel for '${runtime.name}' (it has: ${devices}); move its inputs with .to()`, {
    op: op.name,
    device: runtime.name,
  });
}

/** What the op writes in place. */
function written({ op, inputs }: Call): readonly Tensor[] {
  return op.mutates.flatMap((name) => inputs[name] ?? []);
}

function transfer(op: AnyOpDefinition, from: Tensor, to: Tensor): void {
  const data = from.dataNow();
  if (!data) {
    const advice = `use tensor(await x.data(), { shape: x.shape, device: '${to.device.name}' })`;
    throw new DeviceError(`the memory of '${from.device.name}' cannot be read without waiting; ${advice}`, {
      op: op.name,
      device: from.device.name,
    });
  }
  to.storage.runtime.write(to.storage.handle, to.dtype, 0, data);
}

function contiguousInputs(call: Call): Inputs {
  const { inputs } = call;
  let result = inputs;
  for (const { name } of call.op.slots) {
    const value = inputs[name];
    if (value === undefined) continue;
    const packed = value instanceof Tensor ? contiguousInput(call, value) : contiguousList(call, value);
    if (packed === value) continue;
    if (result === inputs) result = { ...inputs };
    result[name] = packed;
  }
  return result;
}

function contiguousList(call: Call, list: readonly Tensor[]): readonly Tensor[] {
  return list.every((tensor) => tensor.isContiguous) ? list : list.map((tensor) => contiguousInput(call, tensor));
}

function contiguousInput(call: Call, tensor: Tensor): Tensor {
  return tensor.isContiguous ? tensor : temporary(call, packedCopy(tensor));
}

/** The elements in row-major order, apart from the tape. */
function packedCopy(tensor: Tensor): Tensor {
  return noGrad(() => tensor.contiguous());
}
