import type { Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import type { Attribute } from './model.ts';

/** A call of an operator. */
export class Call {
  readonly inputs: readonly (Tensor | undefined)[];
  readonly #hosts: readonly (HostTensor | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;

  constructor(inputs: Call['inputs'], hosts: readonly (HostTensor | undefined)[], attributes: Call['attributes']) {
    this.inputs = inputs;
    this.#hosts = hosts;
    this.attributes = attributes;
  }

  /** The same call with other attributes beside. */
  with(attributes: Call['attributes']): Call {
    return new Call(this.inputs, this.#hosts, { ...this.attributes, ...attributes });
  }

  get x(): Tensor {
    return this.inputs[0]!;
  }

  get all(): Tensor[] {
    return this.inputs.filter((input) => input !== undefined);
  }

  /** Values of an input that are arguments here: shapes, axes, bounds. */
  values(index: number): number[] | undefined {
    const host = this.#hosts[index];
    return host && Array.from(host.data, Number);
  }

  number(name: string, otherwise: number): number {
    return (this.attributes[name] as number | undefined) ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return (this.attributes[name] as string | undefined) ?? otherwise;
  }

  list(name: string): number[] | undefined {
    return this.attributes[name] as number[] | undefined;
  }
}
