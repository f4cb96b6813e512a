import { spawn } from 'node:child_process';

/** How a process ended, and what it printed. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Circumstances {
  /** Ctrl-C is sent when what it has printed matches this. */
  readonly interruptAt?: RegExp;
  /** In milliseconds. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs an example from source, as a user does: in a process of its own. */
export function runExample(
  name: string,
  flags: readonly string[],
  { interruptAt, timeout = 100_000, env }: Circumstances = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const args = ['--import', './examples/register.mjs', `examples/${name}/train.ts`, ...flags];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.json', ...env },
      timeout,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr, isInterrupted] = ['', '', false];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (!interruptAt || isInterrupted || !interruptAt.test(stdout)) return;
      isInterrupted = child.kill('SIGINT');
    });
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
