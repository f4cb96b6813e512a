// npm run bench -- mpi: all-reduces beside C's, and steps of the digits model on ranks beside steps on threads.

import { spawnSync } from 'node:child_process';

interface Figure {
  readonly name: string;
  readonly bytes?: number;
  readonly threads?: number;
  /** Seconds. */
  readonly best: number;
  readonly median: number;
  readonly wait?: number;
  readonly waitAfter?: number;
}

const sizes = [4 * 2 ** 10, 256 * 2 ** 10, 4 * 2 ** 20, 16 * 2 ** 20];
const runs = { reduce: 30, step: 12 } as const;
const launcher = ['mpirun', '--oversubscribe', '--bind-to', 'none'];
const environment = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };

/** The figures that a program prints. */
function figures(command: string, ...args: string[]): Figure[] {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: environment });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Figure);
}

const onRanks = (ranks: number, ...command: string[]): Figure[] =>
  figures(launcher[0]!, ...launcher.slice(1), '-n', String(ranks), ...command);
const ours = (ranks: number, what: keyof typeof runs, ...args: (string | number)[]): Figure[] => {
  const command = [process.execPath, 'bench/dist/rank.js', what, String(runs[what]), ...args.map(String)];
  return ranks === 1 ? figures(command[0]!, ...command.slice(1)) : onRanks(ranks, ...command);
};

/** The same in C, where there is a compiler for it. */
function inC(): Figure[] {
  const program = 'bench/dist/allreduce';
  const { status } = spawnSync('mpicc', ['-O2', '-o', program, 'bench/mpi/allreduce.c']);
  if (status === 0) return onRanks(2, program, String(runs.reduce), ...sizes.map(String));
  console.log('There is no mpicc (Debian: libopenmpi-dev), hence nothing of C.\n');
  return [];
}

const ms = (seconds: number): string => (1000 * seconds).toFixed(2).padStart(8);

export function runMpi(): void {
  console.log('all-reduce of float32 in place, 2 ranks     bytes   best ms  median   GB/s (bytes over the best time)');
  for (const { name, bytes, best, median } of [...ours(2, 'reduce', ...sizes), ...inC()].sort(
    (a, b) => a.bytes! - b.bytes!,
  )) {
    const rate = (bytes! / best / 1e9).toFixed(2).padStart(6);
    console.log(`${name.padEnd(40)} ${String(bytes).padStart(9)} ${ms(best)} ${ms(median)} ${rate}`);
  }
  console.log('\na step of the digits model, 64 images together   best ms  median');
  for (const [ranks, threads] of [
    [1, 1],
    [1, 2],
    [2, 1],
  ] as const) {
    const [{ best, median, wait, waitAfter }] = ours(ranks, 'step', threads) as [Required<Figure>];
    console.log(
      `${ranks} rank${ranks > 1 ? 's' : ' '} of ${threads} thread${threads > 1 ? 's' : ' '}`.padEnd(48) +
        `${ms(best)} ${ms(median)}`,
    );
    if (ranks === 1) continue;
    const hidden = Math.max(0, 1 - wait / waitAfter);
    console.log(
      `waiting for gradients: ${ms(wait).trim()} ms; ${ms(waitAfter).trim()} ms when they set off after backward: ${(100 * hidden).toFixed(0)} % hidden`,
    );
  }
}
