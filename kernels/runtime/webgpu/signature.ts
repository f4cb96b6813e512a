// All that a kernel's planning may depend on, as numbers: its tensors' dtypes and layouts, which of them share a buffer, and its
// attributes.

import type { Dtype } from '../../../tensor/dtype.ts';
import type { Block } from './pool.ts';
import { Tensor } from '../../../tensor/tensor.ts';

const dtypeNumbers: Readonly<Record<Dtype, number>> = {
  float32: 1,
  float16: 2,
  float64: 3,
  int32: 4,
  uint8: 5,
  bool: 6,
};

/** What stands before a value, so that two lists of values are never the same numbers. */
const kinds = {
  nothing: -1,
  none: -2,
  yes: -3,
  no: -4,
  number: -5,
  name: -6,
  list: -7,
  tensor: -8,
  outputs: -9,
} as const;

/** Words and names as numbers. */
const names = new Map<string, number>();

function numberOf(name: string): number {
  let number = names.get(name);
  if (number === undefined) names.set(name, (number = names.size));
  return number;
}

export class Signature {
  #numbers = new Float64Array(256);
  #length = 0;
  /** The blocks of the tensors that were read last, in their order. */
  blocks: Block[] = [];
  hash = 0;

  /** Reads a call; false where an attribute is nothing that can be compared. */
  read(inputs: object, attrs: object, outputs: readonly Tensor[]): boolean {
    this.#length = 0;
    this.hash = 0;
    this.blocks = [];
    for (const key in inputs) this.#input((inputs as Record<string, Tensor | readonly Tensor[] | undefined>)[key]);
    this.#add(kinds.outputs);
    for (const output of outputs) this.#tensor(output);
    for (const key in attrs) {
      this.#add(numberOf(key));
      if (!this.#value((attrs as Record<string, unknown>)[key])) return false;
    }
    return true;
  }

  equals(other: Float64Array): boolean {
    if (other.length !== this.#length) return false;
    const numbers = this.#numbers;
    for (let i = 0; i < other.length; i++) if (!Object.is(numbers[i], other[i])) return false;
    return true;
  }

  copy(): Float64Array {
    return this.#numbers.slice(0, this.#length);
  }

  #add(number: number): void {
    if (this.#length === this.#numbers.length) {
      const longer = new Float64Array(2 * this.#length);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.#length++] = number;
    this.hash = (Math.imul(this.hash, 31) + ((number * 65599) | 0)) | 0;
  }

  #input(value: Tensor | readonly Tensor[] | undefined): void {
    if (value === undefined) return this.#add(kinds.nothing);
    if (value instanceof Tensor) return this.#tensor(value);
    this.#add(kinds.list);
    this.#add(value.length);
    for (const tensor of value) this.#tensor(tensor);
  }

  #tensor(tensor: Tensor): void {
    const { storage, dtype, shape, strides, offset } = tensor;
    const block = storage.handle as Block;
    let first = this.blocks.indexOf(block);
    if (first < 0) first = this.blocks.length;
    this.blocks.push(block);
    this.#add(kinds.tensor);
    this.#add(dtypeNumbers[dtype]);
    this.#add(first);
    this.#add(offset);
    this.#add(shape.length);
    for (let i = 0; i < shape.length; i++) {
      this.#add(shape[i]!);
      this.#add(strides[i]!);
    }
  }

  #value(value: unknown): boolean {
    switch (typeof value) {
      case 'number':
        this.#add(kinds.number);
        this.#add(value);
        return true;
      case 'boolean':
        this.#add(value ? kinds.yes : kinds.no);
        return true;
      case 'string':
        this.#add(kinds.name);
        this.#add(numberOf(value));
        return true;
      case 'undefined':
        this.#add(kinds.nothing);
        return true;
      case 'object':
        if (value === null) this.#add(kinds.none);
        return value === null || (Array.isArray(value) && this.#list(value));
      default:
        return false;
    }
  }

  #list(values: readonly unknown[]): boolean {
    this.#add(kinds.list);
    this.#add(values.length);
    return values.every((value) => this.#value(value));
  }
}
