// The first half of every op's path: its arguments are read, checked and brought to one dtype.

import type { Dtype } from '../tensor/dtype.ts';
import type { Runtime } from '../tensor/runtime.ts';
import type { AnyOpDefinition, InputSlot } from './types.ts';
import { isFloat, promote } from '../tensor/dtype.ts';
import { ArgumentError, DeviceError, DtypeError } from '../tensor/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { autocastDtype, rememberedCast } from './autocast.ts';
import { slotDtype } from './types.ts';

/** Inputs of one call by name: a tensor, undefined, or a list. */
export type Inputs = Record<string, Tensor | readonly Tensor[] | undefined>;

/** One call of an op. */
export interface Call {
  readonly op: AnyOpDefinition;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly runtime: Runtime;
  /** The one dtype of all inputs without a class. */
  readonly dtype: Dtype;
  readonly inputs: Inputs;
  /** Casts, scalars and copies that are freed when the call ends. */
  readonly temporaries: Tensor[];
}

/** What can be said of a call before anything is made. `readInputs` completes it. */
export function openCall(op: AnyOpDefinition, args: readonly unknown[]): Call {
  const attrs = readAttrs(op, args);
  const runtime = findRuntime(op, args);
  const dtype = autocastDtype(op, commonDtype(op, args, runtime), runtime);
  return { op, attrs, runtime, dtype, inputs: {}, temporaries: [] };
}

function readAttrs(op: AnyOpDefinition, args: readonly unknown[]): Record<string, unknown> {
  const given = args[op.slots.length] as Record<string, unknown> | undefined;
  if (given === undefined && op.required.length === 0) return op.attrs;
  if (args.length > op.slots.length + 1 || !isOptions(given ?? {})) {
    const message = `takes ${[...op.inputs, 'options'].join(', ')}; got ${args.map(String).join(', ')}`;
    throw new ArgumentError(message, { op: op.name });
  }
  const attrs = { ...op.attrs };
  for (const key in given) {
    const value = given[key];
    if (!op.required.includes(key) && !(key in op.attrs)) throw unknownAttr(op, key);
    if (value === undefined) continue;
    checkKind(op, key, value);
    // Backward reads the attributes again: what the caller does to a list meanwhile is not meant.
    attrs[key] = Array.isArray(value) ? value.slice() : value;
  }
  for (const key of op.required) {
    if (attrs[key] === undefined) throw new ArgumentError(`needs the option '${key}'`, { op: op.name, option: key });
  }
  return attrs;
}

/** Not a bare 0, which would be taken for no options at all: `x.sum(0)` is meant as an axis. */
function isOptions(given: unknown): boolean {
  return typeof given === 'object' && !Array.isArray(given) && !(given instanceof Tensor);
}

/** An option whose default is a number or a boolean takes that kind; lists of them (one per axis) are the shape rule's to judge. */
function checkKind(op: AnyOpDefinition, key: string, value: unknown): void {
  const kind = typeof op.attrs[key];
  if ((kind !== 'number' && kind !== 'boolean') || typeof value === kind || Array.isArray(value)) return;
  const message = `${key} must be a ${kind}, got ${value === null ? 'null' : typeof value}`;
  throw new ArgumentError(message, { op: op.name, option: key, value });
}

function unknownAttr(op: AnyOpDefinition, key: string): ArgumentError {
  const known = [...op.required, ...Object.keys(op.attrs)];
  const advice = known.length > 0 ? `use ${known.join(', ')}` : 'it takes none';
  return new ArgumentError(`has no option '${key}'; ${advice}`, { op: op.name, option: key });
}

/** The device of all tensors among the arguments. */
function findRuntime(op: AnyOpDefinition, args: readonly unknown[]): Runtime {
  let runtime: Runtime | undefined;
  for (let i = 0; i < op.slots.length; i++) {
    const value = args[i];
    if (value instanceof Tensor) runtime = sameRuntime(op, value, runtime);
    else if (Array.isArray(value))
      for (const item of value) if (item instanceof Tensor) runtime = sameRuntime(op, item, runtime);
  }
  if (runtime) return runtime;
  throw new ArgumentError(`needs at least one tensor among ${op.inputs.join(', ')}`, { op: op.name });
}

function sameRuntime(op: AnyOpDefinition, tensor: Tensor, expected: Runtime | undefined): Runtime {
  tensor.assertLive(op.name);
  const { runtime } = tensor.storage;
  if (expected === undefined || expected === runtime) return runtime;
  const devices = { a: expected.name, b: runtime.name };
  throw new DeviceError(`tensors live on '${devices.a}' and '${devices.b}'; move one with .to('${devices.a}')`, {
    op: op.name,
    ...devices,
  });
}

function commonDtype(op: AnyOpDefinition, args: readonly unknown[], runtime: Runtime): Dtype {
  let dtype: Dtype | undefined;
  let isReal = op.dtypes === 'float';
  for (let i = 0; i < op.slots.length; i++) {
    const slot = op.slots[i]!;
    if (!slot.differentiable || slot.class === 'wide') continue;
    const value = args[i];
    if (value instanceof Tensor) dtype = joint(dtype, value);
    else if (typeof value === 'number') isReal ||= (value | 0) !== value;
    else if (Array.isArray(value)) for (const item of value) if (item instanceof Tensor) dtype = joint(dtype, item);
  }
  dtype ??= runtime.floatDtype;
  if (isFloat(dtype)) return dtype;
  if (isReal) return runtime.floatDtype;
  return op.dtypes === 'numeric' ? 'int32' : dtype;
}

function joint(dtype: Dtype | undefined, tensor: Tensor): Dtype {
  return dtype ? promote(dtype, tensor.dtype) : tensor.dtype;
}

/** Fills `call.inputs`: checked, in one dtype, numbers as tensors. */
export function readInputs(call: Call, args: readonly unknown[]): void {
  const { slots } = call.op;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    const value = args[i];
    if (!slot.many) call.inputs[slot.name] = readInput(call, slot, value);
    else if (Array.isArray(value)) call.inputs[slot.name] = value.map((item) => readInput(call, slot, item)!);
    else throw missing(call.op, slot, value);
  }
}

function readInput(call: Call, slot: InputSlot, value: unknown): Tensor | undefined {
  const { op } = call;
  const dtype = slotDtype(slot, call.dtype);
  if (value instanceof Tensor) {
    if (op.mutates.includes(slot.name)) checkWritable(call, slot, value);
    if (!slot.differentiable) checkClass(op, slot, value);
    else if (value.dtype !== dtype && !isTakenAsItIs(call, value.dtype, dtype))
      return rememberedCast(value, dtype) ?? temporary(call, value.cast(dtype));
    return value;
  }
  if ((value === undefined || value === null) && slot.optional) return undefined;
  if (typeof value !== 'number' || slot.class !== 'operand') throw missing(op, slot, value);
  const scalar = temporary(call, Tensor.empty(call.runtime, dtype, []));
  call.runtime.fill(scalar.storage.handle, dtype, 1, value);
  return scalar;
}

/** Whether the kernel reads reals of that width beside those of the common one. */
function isTakenAsItIs({ op, runtime }: Call, dtype: Dtype, common: Dtype): boolean {
  return op.kernels[runtime.name]?.acceptsReals === true && isFloat(dtype) && isFloat(common);
}

/** `tensor`, to be freed when the call ends. */
export function temporary(call: Call, tensor: Tensor): Tensor {
  call.temporaries.push(tensor);
  return tensor;
}

function missing(op: AnyOpDefinition, slot: InputSlot, value: unknown): ArgumentError {
  const wanted = slot.many ? 'an array of tensors' : slot.class === 'operand' ? 'a tensor or a number' : 'a tensor';
  return new ArgumentError(`${slot.name} must be ${wanted}, got ${value === null ? 'null' : typeof value}`, {
    op: op.name,
    input: slot.name,
  });
}

/** An input that the op writes in place is never a copy. */
function checkWritable({ op, dtype: common }: Call, slot: InputSlot, tensor: Tensor): void {
  const dtype = slotDtype(slot, common);
  const problem =
    slot.differentiable && tensor.dtype !== dtype
      ? `is ${tensor.dtype}; it must be ${dtype}`
      : tensor.isContiguous
        ? undefined
        : 'has gaps between its elements; pass a contiguous tensor';
  if (problem)
    throw new ArgumentError(`${slot.many ? 'a tensor of ' : ''}${slot.name} is written in place and ${problem}`, {
      op: op.name,
      input: slot.name,
    });
}

function checkClass(op: AnyOpDefinition, slot: InputSlot, { dtype }: Tensor): void {
  const isBool = slot.class === 'bool';
  if (slot.class === 'any' || (isBool ? dtype === 'bool' : dtype === 'int32' || dtype === 'uint8')) return;
  const [wanted, cast] = isBool ? ['bool', 'bool'] : ['int32 or uint8', 'int32'];
  throw new DtypeError(`${slot.name} must be ${wanted}, got ${dtype}; use ${slot.name}.cast('${cast}')`, {
    op: op.name,
    input: slot.name,
    dtype,
  });
}
