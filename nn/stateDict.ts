import type { HostTensor } from '../tensor/io/elements.ts';
import { DeviceError, FormatError, ShapeError, Tensor, type TypedArray } from '../index.ts';
import { isFloat } from '../tensor/dtype.ts';
import { readFile, writeFileAtomic } from '../tensor/io/file.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from '../tensor/io/safetensors.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { overwrite } from './parameter.ts';

/** Tensors by path. */
export type StateDict = Map<string, Tensor>;

/** What can be loaded: a state dict, or what a file held. */
export type StateSource = ReadonlyMap<string, Tensor | HostTensor> | Readonly<Record<string, Tensor | HostTensor>>;

/** Keys that only one side has, after a load that was not strict. */
export interface LoadReport {
  /** In the model, not in the state. */
  readonly missing: readonly string[];
  /** In the state, not in the model. */
  readonly unknown: readonly string[];
}

/** A detached handle on a tensor's elements, freed with the scope around, or by the garbage collector where there is none. */
export function handleOn(tensor: Tensor): Tensor {
  const handle = tensor.detach();
  return handle.scope ? handle : handle.keep();
}

/**
 * Writes `source` over the tensors of `target` with equal keys. Everything is checked first; on failure nothing is written.
 *
 * @throws FormatError that lists the keys which are missing, unknown (both only when `strict`) or do not fit
 */
export function loadInto(
  op: string,
  target: ReadonlyMap<string, Tensor>,
  source: StateSource,
  strict: boolean,
): LoadReport {
  if (typeof source !== 'object' || source === null) {
    throw new FormatError(`the state is ${String(source)}; it must be a Map or an object of tensors`, { op });
  }
  const given = new Map(source instanceof Map ? source : Object.entries(source)) as Map<string, Tensor | HostTensor>;
  const missing = [...target.keys()].filter((key) => !given.has(key));
  const unknown = [...given.keys()].filter((key) => !target.has(key));
  const shapes: string[] = [];
  const dtypes: string[] = [];
  for (const [key, own] of target) {
    const value = given.get(key);
    if (!value) continue;
    if (!sameShape(value.shape, own.shape)) {
      shapes.push(`${key}: file ${formatShape(value.shape)}, model ${formatShape(own.shape)}`);
    } else if (isFloat(value.dtype) && !isFloat(own.dtype)) {
      dtypes.push(`${key}: file ${value.dtype}, model ${own.dtype}`);
    }
  }
  const faults = [
    ...(strict ? [count(missing, 'key missing', 'keys missing'), count(unknown, 'unknown')] : []),
    count(shapes, 'of another shape'),
    count(dtypes, 'of another dtype'),
  ].filter((text) => text !== '');
  if (faults.length > 0) {
    throw new FormatError(faults.join(', '), { op, missing, unknown, misshaped: shapes, mistyped: dtypes });
  }
  const writes = [...target].flatMap(([key, own]) => {
    const value = given.get(key);
    own.assertLive(op);
    return value ? [{ own, values: valuesOf(op, key, value) }] : [];
  });
  for (const { own, values } of writes) overwrite(op, own, values);
  return { missing, unknown };
}

/** `2 keys missing (head.weight, head.bias)`; empty for none. */
function count(items: readonly string[], one: string, many = one): string {
  if (items.length === 0) return '';
  const most = 8;
  const more = items.length > most ? ` and ${items.length - most} more` : '';
  return `${items.length} ${items.length === 1 ? one : many} (${items.slice(0, most).join(', ')}${more})`;
}

/** The elements in host memory. @throws DeviceError for a tensor that must be waited for; ShapeError for too few */
export function valuesOf(op: string, key: string, value: Tensor | HostTensor): TypedArray {
  const values = value instanceof Tensor ? value.dataNow() : value.data;
  if (!values) {
    const { device } = value as Tensor;
    throw new DeviceError(
      `${key} lives on '${device.name}', which cannot be read at once; pass { dtype, shape, data: await t.data() }`,
      { op, key, device: device.name },
    );
  }
  if (values.length === sizeOf(value.shape)) return values;
  throw new ShapeError(
    `${key} has ${values.length} elements and shape ${formatShape(value.shape)}; they must hold as many`,
    { op, key, shape: value.shape, length: values.length },
  );
}

/**
 * Writes tensors to a safetensors file, whole or not at all. Integers are written as I64, as PyTorch's are.
 *
 * @param metadata - strings to keep beside them, such as `JSON.stringify(loader.state())`
 * @throws ArgumentError when the file cannot be written
 * @example
 * const model = new nn.Linear(3, 2);
 * await nn.saveSafetensors('/tmp/linear.safetensors', model.stateDict());
 * model.loadStateDict((await nn.loadSafetensors('/tmp/linear.safetensors')).tensors);
 */
export async function saveSafetensors(
  path: string,
  state: StateSource,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const items = [...(state instanceof Map ? state : Object.entries(state))] as [string, Tensor | HostTensor][];
  const reads = items.map(async ([name, value]) => {
    const { dtype, shape } = value;
    const data = value instanceof Tensor ? await value.data() : value.data;
    return [name, { dtype, shape, data, ...(dtype === 'int32' && { fileDtype: 'I64' as const }) }] as const;
  });
  await writeFileAtomic(path, encodeSafetensors(Object.fromEntries(await Promise.all(reads)), metadata));
}

/** The tensors and metadata of a safetensors file, in host memory: for `loadStateDict`. @throws FormatError, ArgumentError */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  return decodeSafetensors(await readFile(path));
}

/** The same tensors with `prefix.` before each key, so that several state dicts fit one file. */
export function withPrefix<T>(prefix: string, state: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...state].map(([key, value]) => [`${prefix}.${key}`, value]));
}

/** The tensors whose keys begin with `prefix.`, without it. */
export function withoutPrefix<T>(prefix: string, state: ReadonlyMap<string, T>): Map<string, T> {
  const begin = `${prefix}.`;
  return new Map(
    [...state].flatMap(([key, value]) => (key.startsWith(begin) ? [[key.slice(begin.length), value]] : [])),
  );
}
