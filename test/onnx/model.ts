// ONNX's test cases: a model of one operator, its inputs and the outputs that are expected.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TypedArray } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import { Message } from './protobuf.ts';

/** Where Debian's package libonnx-testdata has them. */
export const folder = '/usr/share/libonnx-testdata/data/node';

/** An attribute's value: a number, a text, or a list. */
export type Attribute = number | string | readonly number[] | readonly string[] | undefined;

export interface OnnxCase {
  readonly name: string;
  readonly operator: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** In the operator's order; undefined where one is left out. */
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly outputs: readonly HostTensor[];
}

/** Numbers of ONNX's TensorProto.DataType. */
const dtypes: Record<number, [HostTensor['dtype'], (buffer: ArrayBuffer) => ArrayLike<number>]> = {
  1: ['float32', (buffer) => new Float32Array(buffer)],
  6: ['int32', (buffer) => new Int32Array(buffer)],
  7: ['int32', (buffer) => Array.from(new BigInt64Array(buffer), Number)],
  9: ['bool', (buffer) => new Uint8Array(buffer)],
};

/** Null for a dtype that is none of ours. */
function readTensor(message: Message): HostTensor | null {
  const [code] = message.integers(2);
  const known = dtypes[code!];
  if (!known) return null;
  const [dtype, decode] = known;
  const shape = message.integers(1);
  const [raw] = message.bytes(9);
  const listed = [...message.floats(4), ...message.integers(5), ...message.integers(7)];
  const values = raw ? decode(Uint8Array.from(raw).buffer) : listed;
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
  const data: TypedArray = arrays[dtype as 'float32'].from(values);
  return { dtype, shape, data };
}

function readAttribute(message: Message): Attribute {
  const [type] = message.integers(20);
  if (type === 1) return message.floats(2)[0];
  if (type === 2) return message.integers(3)[0];
  if (type === 3) return message.text(4);
  if (type === 6) return message.floats(7);
  if (type === 7) return message.integers(8);
  return type === 8 ? message.texts(9) : undefined;
}

/** Null for a case that is no single operator on float32 (with indices, shapes and masks beside it). */
function readCase(name: string): OnnxCase | null {
  const graph = new Message(readFileSync(join(folder, name, 'model.onnx'))).messages(7)[0]!;
  const [node, ...more] = graph.messages(1);
  const data = join(folder, name, 'test_data_set_0');
  const isTensor = (value: Message): boolean => value.messages(2).some((type) => type.bytes(1).length > 0);
  if (!node || more.length > 0 || ![...graph.messages(11), ...graph.messages(12)].every(isTensor)) return null;
  const files = readdirSync(data);
  const read = (kind: 'input' | 'output'): (HostTensor | null)[] =>
    files
      .filter((file) => file.startsWith(kind))
      .sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)))
      .map((file) => readTensor(new Message(readFileSync(join(data, file)))));
  const [given, outputs] = [read('input'), read('output')];
  const all = [...given, ...outputs];
  if (all.includes(null) || !all.some((tensor) => tensor?.dtype === 'float32')) return null;
  const attributes = Object.fromEntries(node.messages(5).map((one) => [one.text(1), readAttribute(one)]));
  const inputs = node.texts(1).map((input) => (input === '' ? undefined : given.shift()!));
  return { name, operator: node.text(4), attributes, inputs, outputs: outputs as HostTensor[] };
}

/** All cases of a single operator on float32; null where the package is not installed. */
export function readCases(): OnnxCase[] | null {
  if (!existsSync(folder)) return null;
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readCase(name) ?? []);
}
