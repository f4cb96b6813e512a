// A process that runs jobs when it is asked to: lines of JSON in, lines of JSON out. Ours and every peer are one of these.

import { existsSync, readFileSync } from 'node:fs';
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
  /** Seconds of the runs, without those in which they waited for a processor. */
  readonly times?: readonly number[];
  /** Seconds that all runs took. */
  readonly wall?: number;
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
    if (request.do === 'run') return timesOf(ready.get(key)!.run, request.seconds, task.threads);
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

/** Times runs for `seconds`, at least one. What other threads do while this one waits is work too: with several, the wait counts. */
async function timesOf(run: () => unknown, seconds: number, threads: number): Promise<Reply> {
  const waited = threads > 1 ? () => 0 : waitedSoFar;
  const times: number[] = [];
  const begin = performance.now();
  let wall = 0;
  do {
    const opened = performance.now();
    const before = waited();
    const start = performance.now();
    const pending = run();
    if (pending instanceof Promise) await pending;
    const end = performance.now();
    const waiting = waited() - before;
    const looks = (start - opened + (performance.now() - end)) / 1e3;
    const time = (end - start) / 1e3 - waiting;
    if (waiting > 0 && looks > mostDoubt * time) continue;
    times.push(time);
    wall += time + waiting;
  } while (times.length === 0 || performance.now() - begin < seconds * 1e3);
  return { times, wall };
}

/** The share of a run that the looks at the waiting time may take: the wait may have been in them. A run that waited in longer ones does not count. */
const mostDoubt = 0.03;

/** Seconds for which this thread could have run and another program did; 0 where the system does not tell. */
function waitedSoFar(): number {
  if (!tellsWaiting) return 0;
  return Number(readFileSync(schedule, 'latin1').split(' ')[1]) / 1e9;
}

const schedule = '/proc/thread-self/schedstat';
const tellsWaiting = existsSync(schedule);
