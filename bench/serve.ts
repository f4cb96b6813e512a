// A process that runs jobs when it is asked to: lines of JSON in, lines of JSON out. Ours and every peer are one of these.

import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import type { Prepared } from './case.ts';
import type { Job } from './job.ts';

/** What is to be run: a case by its name, and its job for those who do not know ours. */
export interface Task {
  readonly name: string;
  readonly job: Job | null;
  readonly threads: number;
}

/** `open` makes a task ready and checks it; `run` runs it for `seconds`, at least once. */
export type Request = { readonly task: Task } & (
  | { readonly do: 'open' }
  | { readonly do: 'run'; readonly seconds: number }
);

export interface Reply {
  readonly check?: readonly number[];
  /** Seconds of each run. */
  readonly times?: readonly number[];
  /** Why the task is not done here. */
  readonly cannot?: string;
}

/** A task made ready, or why it cannot be. */
export type Open = (task: Task) => Promise<Prepared | string> | Prepared | string;

const tell = (message: unknown): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** Says who is there, then serves until the input ends. `begin` is called before each round of runs. */
export async function serve(hello: string, open: Open, begin: (task: Task) => unknown = () => {}): Promise<void> {
  tell({ hello });
  const ready = new Map<string, Prepared>();
  const answer = async (request: Request): Promise<Reply> => {
    const { task } = request;
    const key = `${task.name} ${task.threads}`;
    await begin(task);
    if (request.do === 'run') return { times: await timesOf(ready.get(key)!.run, request.seconds) };
    const prepared = await open(task);
    if (typeof prepared === 'string') return { cannot: prepared };
    ready.set(key, prepared);
    return { check: (await prepared.check?.()) ?? [] };
  };
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      tell(await answer(JSON.parse(line) as Request));
    } catch (error) {
      tell({ cannot: String(error instanceof Error ? error.message : error).split('\n')[0] });
    }
  }
  process.exit(0);
}

async function timesOf(run: () => unknown, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const begin = performance.now();
  do {
    const start = performance.now();
    const pending = run();
    if (pending instanceof Promise) await pending;
    times.push((performance.now() - start) / 1e3);
  } while (performance.now() - begin < seconds * 1e3);
  return times;
}
