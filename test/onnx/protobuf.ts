// Reads the fields of a protocol buffer, as far as ONNX files have them.

/** A varint (or a fixed number) as it is, or the bytes of anything longer. */
export type Field = bigint | Uint8Array;

/** The fields of a message by number, each in the order of the file. */
export class Message {
  readonly #fields = new Map<number, Field[]>();

  constructor(bytes: Uint8Array) {
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++]!;
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    const taken = (length: number): Uint8Array => bytes.subarray(at, (at += length));
    while (at < bytes.length) {
      const tag = Number(varint());
      const value = tag % 8 === 0 ? varint() : taken(tag % 8 === 1 ? 8 : tag % 8 === 5 ? 4 : Number(varint()));
      const key = tag >> 3;
      this.#fields.set(key, [...(this.#fields.get(key) ?? []), value]);
    }
  }

  /** All of a field's values: messages, strings and packed numbers. */
  bytes(key: number): Uint8Array[] {
    return (this.#fields.get(key) ?? []).filter((value) => typeof value !== 'bigint');
  }

  messages(key: number): Message[] {
    return this.bytes(key).map((bytes) => new Message(bytes));
  }

  texts(key: number): string[] {
    return this.bytes(key).map((bytes) => new TextDecoder().decode(bytes));
  }

  text(key: number): string {
    return this.texts(key)[0] ?? '';
  }

  /** Whole numbers, signed, packed or not. */
  integers(key: number): number[] {
    const whole = (value: bigint): number => Number(BigInt.asIntN(64, value));
    return (this.#fields.get(key) ?? []).flatMap((value) =>
      typeof value === 'bigint' ? [whole(value)] : new Packed(value).varints().map(whole),
    );
  }

  /** Float32 numbers, packed or not. */
  floats(key: number): number[] {
    return this.bytes(key).flatMap((bytes) => [...new Float32Array(Uint8Array.from(bytes).buffer)]);
  }
}

/** Numbers one after another without tags. */
class Packed {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  varints(): bigint[] {
    const result: bigint[] = [];
    let [value, shift] = [0n, 0n];
    for (const byte of this.#bytes) {
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte >= 128) continue;
      result.push(value);
      [value, shift] = [0n, 0n];
    }
    return result;
  }
}
