import type { BatchTask, MadeBatch } from '../makeBatch.ts';
import type { Ready, WorkerReply } from './messages.ts';
import { ArgumentError, DeviceError } from '../../../index.ts';
import { reviveError } from './errorRecord.ts';
import { isOurs } from './messages.ts';

/** What `new Worker(...)` gives: Node's of `node:worker_threads`, or a page's. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** A module that stays alive and never calls `serveBatches` is silent for ever: after this long, in ms, a warning says so. */
const patience = 10_000;
const silent = `has not answered for ${patience / 1000} s; does its module call serveBatches?`;

interface Waiting {
  readonly resolve: (made: MadeBatch<object>) => void;
  readonly reject: (reason: Error) => void;
}

/** A worker that makes batches, seen from the loader. It keeps the process alive only while it is held. */
export class BatchWorker {
  readonly #worker: WorkerLike & Partial<NodeOnly>;
  readonly #expected: Omit<Ready, 'vicinal'>;
  readonly #name: string;
  /** Requests without an answer, by number. */
  readonly #waiting = new Map<number, Waiting>();
  /** Requests not yet sent: messages before the worker listens would be lost in pages. */
  #unsent: { id: number; task: BatchTask }[] | null = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #count = 0;
  #failure: Error | undefined;

  constructor(worker: WorkerLike & Partial<NodeOnly>, number: number, expected: Omit<Ready, 'vicinal'>) {
    this.#worker = worker;
    this.#expected = expected;
    this.#name = `worker ${number}`;
    listen(worker, {
      message: (message) => isOurs(message) && message.vicinal !== 'batch' && this.#hear(message),
      failed: (reason) => this.#fail(new DeviceError(`${this.#name} ${reason}`, { op: 'DataLoader' })),
    });
    this.#timer = setTimeout(() => console.warn(`DataLoader: ${this.#name} ${silent}`), patience);
    this.#timer.unref?.(); // a number in pages
    this.hold(false);
  }

  /** How many batches it has been asked for and not given. */
  get load(): number {
    return this.#waiting.size;
  }

  make(task: BatchTask): Promise<MadeBatch<object>> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (this.#unsent) this.#unsent.push({ id, task });
      else this.#send(id, task);
    });
  }

  /** Whether the process is to stay alive for it, in Node. */
  hold(isHeld: boolean): void {
    this.#worker[isHeld ? 'ref' : 'unref']?.();
  }

  end(): void {
    this.#fail(new DeviceError(`${this.#name} was ended; the loop that it worked for is over`, { op: 'DataLoader' }));
    void this.#worker.terminate();
  }

  #send(id: number, task: BatchTask): void {
    this.#worker.postMessage({ vicinal: 'batch', id, task });
  }

  #hear(reply: WorkerReply): void {
    if (reply.vicinal === 'ready') return this.#start(reply);
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.vicinal === 'failed') waiting?.reject(reviveError(reply.error));
    else waiting?.resolve(reply);
  }

  #start({ size, hasTransform, hasCollate }: Ready): void {
    clearTimeout(this.#timer);
    const { size: wanted, ...options } = this.#expected;
    const has = (is: boolean): string => (is ? 'one' : 'none');
    const compare = (name: string, own: boolean, its: boolean): string =>
      own === its ? '' : `the loader has ${has(own)} as ${name}, ${this.#name} ${has(its)}`;
    const problem =
      (size === wanted ? '' : `the loader's dataset has ${wanted} samples, that of ${this.#name} ${size}`) ||
      compare('transform', options.hasTransform, hasTransform) ||
      compare('collate', options.hasCollate, hasCollate);
    if (problem) {
      this.#fail(new ArgumentError(`${problem}; give serveBatches what the loader is given`, { op: 'DataLoader' }));
      return;
    }
    this.#unsent?.forEach(({ id, task }) => this.#send(id, task));
    this.#unsent = null;
  }

  #fail(reason: Error): void {
    clearTimeout(this.#timer);
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** What only Node's have. */
interface NodeOnly {
  on(event: string, heard: (value: never) => void): unknown;
  ref(): void;
  unref(): void;
}

interface Listeners {
  readonly message: (message: unknown) => void;
  readonly failed: (reason: string) => void;
}

const advice = 'its module must load and call serveBatches';

function listen(worker: WorkerLike & Partial<NodeOnly>, { message, failed }: Listeners): void {
  if (worker.on) {
    worker.on('message', message);
    worker.on('messageerror', (error: Error) => failed(`sent what cannot be read: ${error.message}`));
    worker.on('error', (error: Error) => failed(`failed: ${error.message}; ${advice}`));
    worker.on('exit', (code: number) => failed(`ended by itself with exit code ${code}; ${advice}`));
    return;
  }
  const page = worker as unknown as Worker;
  page.addEventListener('message', ({ data }) => message(data));
  page.addEventListener('messageerror', () => failed('sent what cannot be read'));
  // An event without a message: nothing ran, as of an address that is wrong.
  page.addEventListener('error', (event) => {
    event.preventDefault();
    failed(`failed: ${event.message || 'its module was not loaded; is its address right?'}; ${advice}`);
  });
}
