import { closeSync, constants, fsyncSync, ftruncateSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';

/** One line of the file: the step, and what was measured after it. */
export type Row = Readonly<Record<string, number>> & { readonly step: number };

/**
 * What a run measured, one JSON object a line. It holds no times, so that a run's file is the same bytes whether or not
 * it was interrupted. On a full disk lines wait in memory until there is room.
 */
export class Metrics {
  readonly rows: Row[] = [];
  readonly #path: string;
  readonly #file: number;
  #size = 0;
  #pending = '';
  #isWarned = false;

  constructor(path: string) {
    this.#path = path;
    // Not 'a', which would write at the end whatever place is asked for.
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT);
  }

  /** Bytes of the lines so far: what a checkpoint remembers of them. */
  get size(): number {
    return this.#size + Buffer.byteLength(this.#pending);
  }

  append(row: Row): void {
    this.rows.push(row);
    this.#pending += `${JSON.stringify(row)}\n`;
    this.#attempt(() => this.#flush());
  }

  /** The lines reach the disk. */
  sync(): void {
    this.#attempt(() => {
      this.#flush();
      fsyncSync(this.#file);
    });
  }

  /** Goes on after the first `size` bytes; later lines are of steps that are done again. */
  rewind(size: number): void {
    const { size: there } = fstatSync(this.#file);
    if (there < size) console.error(`${this.#path} has lost ${size - there} bytes; its last lines are missing`);
    this.#size = Math.min(size, there);
    ftruncateSync(this.#file, this.#size);
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    this.rows.push(...lines.map((line) => JSON.parse(line) as Row));
  }

  close(): void {
    closeSync(this.#file);
  }

  /** At its place in the file: what a failed attempt left is written over. */
  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.#file, bytes, done, bytes.length - done, this.#size + done);
    this.#size += bytes.length;
    this.#pending = '';
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!this.#isWarned)
        console.error(`${this.#path} cannot be written, its lines wait: ${(error as Error).message}`);
      this.#isWarned = true;
    }
  }
}
