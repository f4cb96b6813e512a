import * as field from './plan.as.ts';

/** Writes a plan: numbers at fixed places, then tables. */
export class Writer {
  readonly #head = new Int32Array(field.tables);
  readonly #tables: Int32Array[] = [];
  #length = field.tables;

  put(at: number, ...values: readonly number[]): void {
    this.#head.set(values, at);
  }

  putFloats(at: number, ...values: readonly number[]): void {
    new Float32Array(this.#head.buffer).set(values, at);
  }

  /** Where the table will lie. */
  append(table: Int32Array): number {
    this.#tables.push(table);
    this.#length += table.length;
    return this.#length - table.length;
  }

  numbers(): Int32Array {
    const all = new Int32Array(this.#length);
    let at = 0;
    for (const part of [this.#head, ...this.#tables]) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
