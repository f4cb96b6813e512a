// Ours as one of the processes that are compared: the cases of the table, on the built package. `--wide` turns revectorisation on.

import { setTimeout } from 'node:timers/promises';
import type { Prepared } from './case.ts';
import type { Task } from './serve.ts';
import * as vicinal from '../index.ts';
import { allCases } from './cases.ts';
import { serve } from './serve.ts';

const isWide = process.argv.includes('--wide');
const { enableRevectorize } = vicinal as { enableRevectorize?: () => unknown };

/** Ready by the case's name: all numbers of threads share it. */
const ready = new Map<string, Prepared>();

async function open({ name, threads }: Task): Promise<Prepared> {
  const entry = allCases.get(name)!;
  const prepared = ready.get(name) ?? (await entry.setup());
  const isNew = !ready.has(name);
  ready.set(name, prepared);
  if (threads > 1) {
    prepared.run();
    await setTimeout(200); // threads that start need the event loop
  }
  return isNew ? prepared : { run: prepared.run };
}

if (isWide && !enableRevectorize) {
  console.log(JSON.stringify({ absent: 'the package has no enableRevectorize yet' }));
} else {
  if (isWide) await enableRevectorize!();
  await serve(`vicinal, Node ${process.versions.node}`, open, ({ threads }) => vicinal.setThreads(threads));
}
