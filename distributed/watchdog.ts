import type { Launch } from './launch.ts';
import { headStart } from './disagreement.ts';

/** Runs beside this thread, which MPI_Init blocks: says why the job ends, and ends it as only a signal can. */
const program = `
const { workerData: { sentence, milliseconds } } = require('node:worker_threads');
setTimeout(() => {
  require('node:fs').writeSync(2, sentence);
  process.kill(process.pid, 'SIGKILL');
}, milliseconds);`;

/** Calls `join`, which waits until all ranks do; ends the job when that takes longer than `seconds`. */
export async function joinWithin({ rank, size }: Launch, seconds: number, join: () => void): Promise<void> {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const milliseconds = 1000 * seconds + (rank > 0 ? headStart : 0);
  const sentence = `vicinal: rank ${rank} of ${size} ends the job: init: it has waited ${seconds} s for the others to join; one has ended before, or cannot be reached\n`;
  const watchdog = new Worker(program, { eval: true, workerData: { sentence, milliseconds } });
  await new Promise((resolve) => watchdog.once('online', resolve));
  try {
    join();
  } finally {
    await watchdog.terminate();
  }
}
