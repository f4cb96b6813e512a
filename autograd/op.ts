// defineOp and the one path every op takes: read arguments, check, promote, allocate, run, record.

import type { Dtype } from '../tensor/dtype.ts';
import type { Runtime } from '../tensor/runtime.ts';
import type { Shape } from '../tensor/shape.ts';
import type { AnyOpDefinition, InputSlot, NoAttrs, Op, OpDefinition } from './types.ts';
import { isFloat, promote } from '../tensor/dtype.ts';
import { ArgumentError, DeviceError, DtypeError } from '../tensor/errors.ts';
import { contiguousStrides, sizeOf } from '../tensor/shape.ts';
import { Storage } from '../tensor/storage.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Variable } from '../tensor/variable.ts';
import { isGradEnabled, TapeNode } from './tape.ts';
import { parseInput } from './types.ts';

/** Inputs of one call by name: a tensor, undefined, or a list. */
export type Inputs = Record<string, Tensor | readonly Tensor[] | undefined>;

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
    Pick<AnyOpDefinition, 'name' | 'inputs' | 'shape' | 'reference' | 'samples'>;
  const full: AnyOpDefinition = {
    outputs: ['output'],
    attrs: {},
    dtypes: 'float',
    dtype: undefined,
    view: undefined,
    moves: undefined,
    mutates: [],
    kernels: {},
    saves: [],
    backward: undefined,
    errors: [],
    tolerance: 1e-5,
    ...loose,
    slots: loose.inputs.map(parseInput),
  };
  const op = (...args: unknown[]): unknown => apply(full, args);
  Object.defineProperty(op, 'name', { value: full.name });
  return Object.assign(op, { definition: full }) as unknown as Op<I, A, O>;
}

function apply(op: AnyOpDefinition, args: readonly unknown[]): Tensor | Tensor[] | undefined {
  const attrs = readAttrs(op, args);
  const runtime = findRuntime(op, args);
  const dtype = commonDtype(op, args, runtime);
  const temporaries: Tensor[] = [];
  try {
    const inputs = prepareInputs(op, args, runtime, dtype, temporaries);
    const outputs = compute(op, inputs, attrs, runtime, dtype, temporaries);
    return op.outputs.length === 1 ? outputs[0] : op.outputs.length === 0 ? undefined : outputs;
  } finally {
    for (const tensor of temporaries) tensor.dispose();
  }
}

function readAttrs(op: AnyOpDefinition, args: readonly unknown[]): Record<string, unknown> {
  const given = args[op.slots.length] as Record<string, unknown> | undefined;
  if (given === undefined) return op.attrs;
  if (typeof given !== 'object' || given instanceof Tensor) {
    throw new ArgumentError(`takes ${op.inputs.join(', ')}, then an options object; got ${String(given)}`, {
      op: op.name,
    });
  }
  const attrs: Record<string, unknown> = { ...op.attrs };
  for (const key in given) if (given[key] !== undefined) attrs[key] = given[key];
  return attrs;
}

function findRuntime(op: AnyOpDefinition, args: readonly unknown[]): Runtime {
  let runtime: Runtime | undefined;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!(value instanceof Tensor)) return;
    value.assertLive(op.name);
    runtime ??= value.storage.runtime;
    if (runtime === value.storage.runtime) return;
    const devices = { a: runtime.name, b: value.device.name };
    throw new DeviceError(`tensors live on '${devices.a}' and '${devices.b}'; move one with .to('${devices.a}')`, {
      op: op.name,
      ...devices,
    });
  };
  for (let i = 0; i < op.slots.length; i++) visit(args[i]);
  if (runtime) return runtime;
  throw new ArgumentError(`needs at least one tensor among ${op.inputs.join(', ')}`, { op: op.name });
}

/** The one dtype of all inputs without a class. */
function commonDtype(op: AnyOpDefinition, args: readonly unknown[], runtime: Runtime): Dtype {
  let dtype: Dtype | undefined;
  let hasFraction = false;
  const visit = (value: unknown): void => {
    if (value instanceof Tensor) dtype = dtype ? promote(dtype, value.dtype) : value.dtype;
    else if (typeof value === 'number') hasFraction ||= !Number.isInteger(value) || Math.abs(value) > 2 ** 31;
    else if (Array.isArray(value)) value.forEach(visit);
  };
  op.slots.forEach((slot, i) => {
    if (slot.differentiable) visit(args[i]);
  });
  dtype ??= runtime.floatDtype;
  if (isFloat(dtype)) return dtype;
  if (op.dtypes === 'float' || hasFraction) return runtime.floatDtype;
  return op.dtypes === 'numeric' && dtype !== 'int32' ? 'int32' : dtype;
}

function prepareInputs(
  op: AnyOpDefinition,
  args: readonly unknown[],
  runtime: Runtime,
  dtype: Dtype,
  temporaries: Tensor[],
): Inputs {
  const inputs: Inputs = {};
  for (let i = 0; i < op.slots.length; i++) {
    const slot = op.slots[i]!;
    const value = args[i];
    if (slot.many) {
      if (!Array.isArray(value)) throw missing(op, slot, value);
      inputs[slot.name] = value.map((item) => prepareInput(op, slot, item, runtime, dtype, temporaries)!);
    } else {
      inputs[slot.name] = prepareInput(op, slot, value, runtime, dtype, temporaries);
    }
  }
  return inputs;
}

function prepareInput(
  op: AnyOpDefinition,
  slot: InputSlot,
  value: unknown,
  runtime: Runtime,
  dtype: Dtype,
  temporaries: Tensor[],
): Tensor | undefined {
  if (value instanceof Tensor) {
    if (slot.differentiable) {
      if (value.dtype === dtype) return value;
      if (op.mutates.includes(slot.name)) throw unwritable(op, slot.name, `is ${value.dtype}; it must be ${dtype}`);
      const cast = value.cast(dtype);
      temporaries.push(cast);
      return cast;
    }
    checkClass(op, slot, value);
    return value;
  }
  if ((value === undefined || value === null) && slot.optional) return undefined;
  if (typeof value === 'number' && slot.class === 'operand') {
    const scalar = Tensor.empty(runtime, dtype, []);
    runtime.fill(scalar.storage.handle, dtype, 1, value);
    temporaries.push(scalar);
    return scalar;
  }
  throw missing(op, slot, value);
}

/** An input that the op writes in place is never a copy. */
function unwritable(op: AnyOpDefinition, name: string, reason: string): ArgumentError {
  return new ArgumentError(`${name} is written in place and ${reason}`, { op: op.name, input: name });
}

function missing(op: AnyOpDefinition, slot: InputSlot, value: unknown): ArgumentError {
  const wanted = slot.many ? 'an array of tensors' : slot.class === 'operand' ? 'a tensor or a number' : 'a tensor';
  return new ArgumentError(`${slot.name} must be ${wanted}, got ${value === null ? 'null' : typeof value}`, {
    op: op.name,
    input: slot.name,
  });
}

function checkClass(op: AnyOpDefinition, slot: InputSlot, { dtype }: Tensor): void {
  const fits =
    slot.class === 'any' || (slot.class === 'bool' ? dtype === 'bool' : dtype === 'int32' || dtype === 'uint8');
  if (fits) return;
  const wanted = slot.class === 'bool' ? 'bool' : 'int32 or uint8';
  throw new DtypeError(
    `${slot.name} must be ${wanted}, got ${dtype}; use ${slot.name}.cast('${slot.class === 'bool' ? 'bool' : 'int32'}')`,
    {
      op: op.name,
      input: slot.name,
      dtype,
    },
  );
}

function compute(
  op: AnyOpDefinition,
  inputs: Inputs,
  attrs: object,
  runtime: Runtime,
  dtype: Dtype,
  temporaries: Tensor[],
): Tensor[] {
  const shapes = shapesOf(op, inputs);
  const shape = op.shape(shapes, attrs);
  for (const name of op.mutates) {
    const written = inputs[name] as Tensor | undefined;
    if (written && !written.isContiguous)
      throw unwritable(op, name, 'has gaps between its elements; pass a contiguous tensor');
  }
  const outputShapes = op.outputs.length === 0 ? [] : op.outputs.length === 1 ? [shape as Shape] : (shape as Shape[]);
  const dtypes = op.dtype ? op.dtype(dtype, attrs) : dtype;
  const node = op.backward && isGradEnabled() && anyRequiresGrad(inputs) ? new TapeNode(op, attrs, shapes) : null;
  const target = op.moves ? (op.moves(attrs) as Runtime) : runtime;
  const outputs: Tensor[] = [];
  for (let i = 0; i < outputShapes.length; i++) {
    const outputDtype = typeof dtypes === 'string' ? dtypes : dtypes[i]!;
    const variable = node && isFloat(outputDtype) ? node.output(i, outputShapes[i]!, outputDtype, target) : null;
    outputs.push(
      op.view ? viewOf(op, inputs, attrs, variable) : allocate(op, target, outputDtype, outputShapes[i]!, variable),
    );
  }
  if (!op.view && !(outputs.length > 0 && outputs.every((output) => output.size === 0))) {
    try {
      run(op, inputs, attrs, outputs, runtime, temporaries);
    } catch (error) {
      outputs.forEach((output) => output.dispose());
      throw error;
    }
  }
  for (const name of op.mutates) (inputs[name] as Tensor | undefined)?.storage.written(op.name);
  node?.record(inputs, outputs);
  return outputs;
}

function shapesOf(op: AnyOpDefinition, inputs: Inputs): Record<string, Shape | readonly Shape[] | undefined> {
  const shapes: Record<string, Shape | readonly Shape[] | undefined> = {};
  for (const { name } of op.slots) {
    const value = inputs[name];
    shapes[name] = value instanceof Tensor ? value.shape : value?.map((tensor) => tensor.shape);
  }
  return shapes;
}

function anyRequiresGrad(inputs: Inputs): boolean {
  for (const name in inputs) {
    const value = inputs[name];
    if (value instanceof Tensor ? value.variable : value?.some((tensor) => tensor.variable)) return true;
  }
  return false;
}

function viewOf(op: AnyOpDefinition, inputs: Inputs, attrs: object, variable: Variable | null): Tensor {
  const base = inputs[op.slots[0]!.name] as Tensor;
  const layout = op.view!(base, attrs);
  if (layout) {
    base.storage.retain();
    return new Tensor(base.storage, base.dtype, layout, variable);
  }
  const detached = base.detach();
  const packed = detached.contiguous();
  const result = new Tensor(packed.storage, packed.dtype, op.view!(packed, attrs)!, variable);
  packed.storage.retain();
  packed.dispose();
  detached.dispose();
  return result;
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

function run(
  op: AnyOpDefinition,
  inputs: Inputs,
  attrs: object,
  outputs: readonly Tensor[],
  runtime: Runtime,
  temporaries: Tensor[],
): void {
  if (op.moves) return transfer(op, inputs[op.slots[0]!.name] as Tensor, outputs[0]!);
  const kernel = op.kernels[runtime.name];
  if (kernel) {
    const isFlexible = (kernel as { acceptsStrides?: boolean }).acceptsStrides;
    return kernel(isFlexible ? inputs : contiguousInputs(op, inputs, temporaries), attrs, outputs);
  }
  if (runtime.interpret) {
    const written = op.mutates.flatMap((name) => (inputs[name] as Tensor | undefined) ?? []);
    const targets = op.outputs.length > 0 ? outputs : written;
    return runtime.interpret((given, options) => op.reference(given, options), inputs, attrs, targets);
  }
  const devices = Object.keys(op.kernels).join(', ') || 'reference only';
  throw new DeviceError(`has no kernel for '${runtime.name}' (it has: ${devices}); move its inputs with .to()`, {
    op: op.name,
    device: runtime.name,
  });
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

function contiguousInputs(op: AnyOpDefinition, inputs: Inputs, temporaries: Tensor[]): Inputs {
  const pack = (tensor: Tensor): Tensor => {
    if (tensor.isContiguous) return tensor;
    const detached = tensor.detach();
    const packed = detached.contiguous();
    temporaries.push(detached, packed);
    return packed;
  };
  let result = inputs;
  for (const { name } of op.slots) {
    const value = inputs[name];
    const packed = value instanceof Tensor ? pack(value) : value?.map(pack);
    if (packed === value) continue;
    if (result === inputs) result = { ...inputs };
    result[name] = packed;
  }
  return result;
}
