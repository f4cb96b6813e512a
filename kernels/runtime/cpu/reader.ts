/** Walks a WebAssembly binary. @source WebAssembly Core 2.0 §5 */
export class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  /** Unsigned LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  /** What `read` gives of each of a list. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }

  skipName(): void {
    const length = this.number();
    this.at += length;
  }

  /** The description of an imported function (0), table (1) or global (3). */
  skipImport(kind: number): void {
    if (kind === 0) this.number();
    else if (kind === 3) this.at += 2;
    else {
      this.at++;
      const hasMaximum = this.byte() & 1;
      this.number();
      if (hasMaximum) this.number();
    }
  }

  /** What section this is, and where it ends: after it the reader is at its first byte. */
  section(): { id: number; end: number } {
    const id = this.byte();
    const size = this.number();
    return { id, end: this.at + size };
  }
}

/** Unsigned LEB128. */
export function numberBytes(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}
