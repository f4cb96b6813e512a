// A process that takes part in the comparison, seen from the one that asks.

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Reply, Request } from './serve.ts';

/** Who takes part: ours, or a peer by the name that marks use, on a version of Node, with the kernels' width. */
export interface Seat {
  readonly library: string;
  /** 0 where no Node is involved. */
  readonly node: number;
  readonly isWide: boolean;
  readonly command: readonly string[];
}

/** No answer takes longer than this. */
const patience = 180_000;

export class Player {
  readonly seat: Seat;
  /** What it calls itself. */
  readonly hello: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Lines;

  private constructor(seat: Seat, hello: string, child: ChildProcessWithoutNullStreams, lines: Lines) {
    this.seat = seat;
    this.hello = hello;
    this.#child = child;
    this.#lines = lines;
  }

  /** Starts the process; a string says why it does not take part. */
  static async start(seat: Seat): Promise<Player | string> {
    const [program, ...args] = seat.command;
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
    const child = spawn(program!, args, { env });
    const lines = new Lines(child);
    const first = (await lines.next()) as { hello?: string; absent?: string; cannot?: string };
    if (first.hello) return new Player(seat, first.hello, child, lines);
    child.kill();
    return first.absent ?? first.cannot ?? 'it does not start';
  }

  async ask(request: Request): Promise<Reply> {
    if (this.#child.exitCode !== null) return { cannot: 'its process has ended' };
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#lines.next();
  }

  close(): void {
    this.#child.kill();
  }
}

/** The lines of JSON that a process writes; whatever else it says is passed over. */
class Lines {
  readonly #child: ChildProcessWithoutNullStreams;
  #errors = '';
  #take: (message: object) => void = () => {};

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stderr.on('data', (text: Buffer) => (this.#errors = `${this.#errors}${text.toString()}`.slice(-2000)));
    child.stdin.on('error', () => {}); // a process that ends says so by its exit
    child.on('error', ({ message }) => this.#take({ cannot: message }));
    child.on('exit', (code) => this.#take({ cannot: `its process ended with ${code}: ${this.#lastError()}` }));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) this.#take(JSON.parse(line) as object);
    });
  }

  /** The next line, or what stands in for it when the process ends or falls silent. */
  next(): Promise<object> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#child.kill();
        resolve({ cannot: `no answer in ${patience / 1e3} s` });
      }, patience);
      this.#take = (message) => {
        clearTimeout(timer);
        resolve(message);
      };
    });
  }

  /** The last line that names an error, else the last line. */
  #lastError(): string {
    const lines = this.#errors.trim().split('\n');
    return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)!;
  }
}
