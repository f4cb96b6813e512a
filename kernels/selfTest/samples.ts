// An op's samples as tensors: what the self-test, the generic tests and the benches run.

import type { AnyOpDefinition, SampleInput } from '../../autograd/types.ts';
import type { Dtype, TypedArray } from '../../tensor/dtype.ts';
import type { Device, DeviceName } from '../../tensor/runtime.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { supplySamples } from '../../autograd/samples.ts';
import { tensor } from '../../tensor/create.ts';
import { floatsFromHalves, halvesFromFloats } from '../../tensor/io/half.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';
import * as kernels from '../index.ts';
import { samples } from '../samples.ts';

export type AnyOp = ((...args: unknown[]) => unknown) & { readonly definition: AnyOpDefinition };

supplySamples(samples);

/** Every op that the kernels floor exports. */
export const ops: readonly AnyOp[] = Object.values(kernels as Record<string, unknown>).filter(
  (value): value is AnyOp => typeof value === 'function' && 'definition' in value,
);

/** Host values of one input. */
export interface HostInput {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly data: TypedArray;
}
export type HostSample = Record<string, HostInput | HostInput[] | undefined>;

/** Draws the values that a sample leaves open: reals from a normal distribution, integers from [low, high). */
export function drawSample(definition: AnyOpDefinition, sample: Record<string, unknown>, seed = 1): HostSample {
  const generator = new Generator(seed);
  const draw = (input: SampleInput, kind: string): HostInput => {
    const { shape, dtype, low, high, values } = (Array.isArray(input) ? { shape: input } : input) as {
      shape: readonly number[];
      dtype?: Dtype;
      low?: number;
      high?: number;
      values?: readonly number[];
    };
    const wanted = dtype ?? (kind === 'int' ? 'int32' : kind === 'bool' ? 'bool' : 'float32');
    const size = sizeOf(shape);
    if (values) return { shape, dtype: wanted, data: toArray(values, wanted) };
    if (wanted === 'bool') return { shape, dtype: wanted, data: toArray(generator.integers(size, 0, 2), wanted) };
    if (wanted === 'int32' || wanted === 'uint8')
      return { shape, dtype: wanted, data: toArray(generator.integers(size, low ?? 0, high ?? 10), wanted) };
    if (low !== undefined || high !== undefined) {
      const [a, b] = [low ?? 0, high ?? 1];
      return { shape, dtype: wanted, data: generator.uniform(size).map((u) => a + (b - a) * u) };
    }
    return { shape, dtype: wanted, data: generator.normal(size) };
  };
  const host: HostSample = {};
  for (const slot of definition.slots) {
    const input = sample[slot.name] as SampleInput | SampleInput[] | undefined;
    if (input === undefined) continue;
    host[slot.name] = slot.many
      ? (input as SampleInput[]).map((item) => draw(item, slot.class))
      : draw(input as SampleInput, slot.class);
  }
  return host;
}

/** The same with its reals rounded to half precision and stored so, but for those that stay float32 beside float16. */
export function halved({ slots }: AnyOpDefinition, host: HostSample): HostSample {
  const half = (input: HostInput): HostInput =>
    input.dtype === 'float32'
      ? { ...input, dtype: 'float16', data: floatsFromHalves(halvesFromFloats(input.data)) }
      : input;
  return Object.fromEntries(
    slots.map(({ name, class: kind }) => {
      const value = host[name];
      return [name, kind === 'wide' || !value ? value : Array.isArray(value) ? value.map(half) : half(value)];
    }),
  );
}

function toArray(values: ArrayLike<number>, dtype: Dtype): TypedArray {
  if (dtype === 'int32') return Int32Array.from(values);
  if (dtype === 'uint8' || dtype === 'bool') return Uint8Array.from(values);
  return Float32Array.from(values);
}

/** How the elements of a test input lie in memory. */
export type Lay = 'contiguous' | 'strided';

/** An input on a device; 'strided' gives the same values with gaps between them and axes in another order. */
export function makeInput(
  { shape, dtype, data }: HostInput,
  device: Device | DeviceName,
  lay: Lay = 'contiguous',
): Tensor {
  const plain = tensor(data, { shape, dtype, device });
  if (lay === 'contiguous' || shape.length === 0) return plain;
  // Values sit at every second place of the last axis of a transposed, wider buffer filled with NaN (or 99).
  const order = shape.map((_, i) => shape.length - 1 - i);
  const turned = plain.permute(...order).contiguous();
  const wide = turned.shape.with(-1, turned.shape.at(-1)! * 2 + 1);
  const poison = dtype.startsWith('float') ? NaN : dtype === 'bool' ? 1 : 99;
  const spread = kernels.place(turned, {
    shape: wide,
    offsets: wide.map(() => 0).with(-1, 1),
    steps: wide.map(() => 1).with(-1, 2),
    value: poison,
  });
  return spread
    .slice({ axis: -1, start: 1, step: 2 })
    .slice({ axis: -1, end: turned.shape.at(-1)! })
    .permute(...order);
}

/** The arguments of one call. */
export function makeArguments(
  definition: AnyOpDefinition,
  host: HostSample,
  attrs: object | undefined,
  device: Device | DeviceName,
  lay: Lay = 'contiguous',
): unknown[] {
  const make = (input: HostInput): Tensor => makeInput(input, device, lay);
  const inputs = definition.slots.map(({ name }) => {
    const value = host[name];
    return Array.isArray(value) ? value.map(make) : value && make(value);
  });
  return [...inputs, attrs];
}
