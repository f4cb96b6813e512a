// Programs run by mpirun, as users run theirs: bundled once, then plain Node, one process per rank.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH';
  readonly command: string;
  readonly flags: readonly string[];
}

/** Both MPIs may be installed side by side, as Debian does: the plain name is one of them. */
const known = [
  { name: 'Open MPI', commands: ['mpirun.openmpi', 'mpirun'], flags: ['--oversubscribe'], says: /open ?mpi|openrte/i },
  { name: 'MPICH', commands: ['mpirun.mpich', 'mpirun'], flags: [], says: /hydra/i },
] as const;

export const environment = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };

/** The launchers of this machine. */
export const launchers: readonly Launcher[] = known.flatMap(({ name, commands, flags, says }) => {
  const command = commands.find((one) => says.test(spawnSync(one, ['--version'], { encoding: 'utf8' }).stdout ?? ''));
  if (!command) console.warn(`No ${name} here: its tests are skipped (Debian: apt-get install openmpi-bin mpich)`);
  return command ? [{ name, command, flags }] : [];
});

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Bundled programs, in the repository so that they find koffi and webgpu. */
export class Programs {
  readonly #folder: string;

  constructor() {
    mkdirSync('temp', { recursive: true });
    this.#folder = mkdtempSync(join('temp', 'mpi-'));
  }

  async bundle(names: readonly string[]): Promise<void> {
    await build({
      entryPoints: names.map((name) => `test/mpi/programs/${name}.ts`),
      outdir: this.#folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      ignoreAnnotations: true, // sideEffects of package.json speaks of dist
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: ['koffi', 'webgpu'],
    });
  }

  path(name: string): string {
    return join(this.#folder, `${name}.mjs`);
  }

  /** Runs one on `ranks` processes; all of them are ended after `seconds`. */
  run(
    { command, flags }: Launcher,
    ranks: number,
    name: string,
    { args = [], env = {}, seconds = 40 }: { args?: readonly string[]; env?: object; seconds?: number } = {},
  ): Promise<Outcome> {
    const words = [...flags, '-n', String(ranks), process.execPath, this.path(name), ...args];
    return collect(command, words, { ...environment, ...env }, seconds);
  }

  /** Without a launcher. */
  runAlone(name: string, args: readonly string[] = []): Promise<Outcome> {
    return collect(process.execPath, [this.path(name), ...args], {}, 40);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function collect(command: string, args: readonly string[], env: object, seconds: number): Promise<Outcome> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGTERM'), 1000 * seconds); // mpirun ends its ranks
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, seconds: (performance.now() - start) / 1000 });
    });
  });
}
