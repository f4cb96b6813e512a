import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import * as nn from 'vicinal/nn';
import { checkFlag, settingFlags, type Flags, type Options, type Settings } from './flags.ts';
import { lockFolder } from './lock.ts';

/** How many checkpoints are kept. */
const kept = 3;

/** By these a folder is known to hold a run. */
const files = ['settings.json', 'metrics.jsonl', 'checkpoints'];

/**
 * Where a run is kept: `settings.json`, `metrics.jsonl`, `checkpoints/step-0000937.safetensors`, `best.safetensors`,
 * `metrics.svg` and `report.html`. Only one process has it at a time.
 */
export class RunFolder<F extends Flags = Flags> {
  readonly path: string;
  readonly settings: Settings<F>;
  readonly #unlock: () => void;

  private constructor(path: string, settings: Settings<F>, unlock: () => void) {
    this.path = path;
    this.settings = settings;
    this.#unlock = unlock;
  }

  /** @throws Error, one sentence, when the folder cannot be written, is in use, or holds another run than is asked for */
  static async open<F extends Flags>(options: Options<F>): Promise<RunFolder<F>> {
    const path = options.run ?? (await defaultFolder(options));
    const unlock = await claim(path);
    try {
      return new RunFolder(path, await agreeOnSettings(path, options), unlock);
    } catch (error) {
      await leave(path, unlock);
      throw error;
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Beside, then renamed, as all files here. */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    const beside = this.file(`${name}.tmp`);
    await writeFile(beside, content);
    await rename(beside, this.file(name));
  }

  writeSettings(): Promise<void> {
    return this.write('settings.json', `${JSON.stringify(this.settings, null, 2)}\n`);
  }

  /** The place of a checkpoint. */
  async checkpoint(step: number): Promise<string> {
    await mkdir(this.file('checkpoints'), { recursive: true });
    return this.file(`checkpoints/step-${String(step).padStart(7, '0')}.safetensors`);
  }

  /** Newest first. */
  checkpoints(): Promise<string[]> {
    return checkpointsIn(this.path);
  }

  /** Removes all checkpoints but the newest three. */
  async prune(): Promise<void> {
    for (const path of (await this.checkpoints()).slice(kept)) await rm(path, { force: true });
  }

  /** Lets the next process in. A folder to which nothing was written is removed. */
  close(): Promise<void> {
    return leave(this.path, this.#unlock);
  }
}

/** The weights of a run: its best ones, else its newest ones. `run` is its folder; without it the program's newest run. */
export async function loadWeights(model: nn.Module, { program, run }: Pick<Options, 'program' | 'run'>): Promise<void> {
  const path = run ?? (await newestRun(program.folder));
  const best = join(path, 'best.safetensors');
  if (existsSync(best)) {
    model.loadStateDict((await nn.loadSafetensors(best)).tensors);
    return;
  }
  const [newest] = await checkpointsIn(path);
  if (newest === undefined) throw new Error(`${path} holds no checkpoint; train first`);
  model.loadStateDict(nn.withoutPrefix('model', (await nn.loadSafetensors(newest)).tensors));
}

async function checkpointsIn(path: string): Promise<string[]> {
  const names = existsSync(join(path, 'checkpoints')) ? await readdir(join(path, 'checkpoints')) : [];
  const whole = names.filter((name) => /^step-\d+\.safetensors$/.test(name)).sort();
  return whole.toReversed().map((name) => join(path, 'checkpoints', name));
}

/** `out/run-1`, `run-2` ... of the program, in order. */
async function runsOf(folder: string): Promise<number[]> {
  const names = existsSync(join(folder, 'out')) ? await readdir(join(folder, 'out')) : [];
  return names.flatMap((name) => (/^run-[1-9]\d*$/.test(name) ? [Number(name.slice(4))] : [])).sort((a, b) => a - b);
}

const runPath = (folder: string, number: number): string => relative('', join(folder, 'out', `run-${number}`));

async function newestRun(folder: string): Promise<string> {
  const newest = (await runsOf(folder)).at(-1);
  if (newest === undefined)
    throw new Error(`${relative('', join(folder, 'out'))} holds no run; start one without --resume`);
  return runPath(folder, newest);
}

async function defaultFolder({ program: { folder }, resume }: Options): Promise<string> {
  return resume ? newestRun(folder) : runPath(folder, ((await runsOf(folder)).at(-1) ?? 0) + 1);
}

/** Makes the folder and locks it, so that an epoch is not spent in vain. */
async function claim(path: string): Promise<() => void> {
  try {
    await makeFolder(resolve(path));
    return lockFolder(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(`--run ${path} cannot be written: ${message}`, { cause: error });
  }
}

/** Folder by folder: under /proc, which has no room for folders, Node's own recursive mkdir never returns. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeFolder(dirname(folder));
  await mkdir(folder);
}

async function leave(path: string, unlock: () => void): Promise<void> {
  unlock();
  await rmdir(path).catch(() => undefined); // it is not empty
}

/** Those typed and the presets; a resumed run's own, which those typed must equal. */
async function agreeOnSettings<F extends Flags>(path: string, options: Options<F>): Promise<Settings<F>> {
  const { program, given, resume } = options;
  const file = join(path, 'settings.json');
  const presets = Object.fromEntries(Object.entries(settingFlags(program)).map(([name, { preset }]) => [name, preset]));
  if (!resume) {
    if (files.some((name) => existsSync(join(path, name))))
      throw new Error(`${path} holds a run already; go on with --resume, or name another folder with --run`);
    return { ...presets, ...given };
  }
  if (!existsSync(file)) throw new Error(`${path} holds no run to resume; start one without --resume`);
  const settings = await readSettings(file, program.flags);
  for (const [name, value] of Object.entries(given)) {
    const was = settings[name as keyof typeof settings];
    if (was !== value)
      throw new Error(
        `${path} was started with --${name} ${was}, now it is ${value}; resume with the same settings, or none`,
      );
  }
  return settings;
}

async function readSettings<F extends Flags>(file: string, flags: F): Promise<Settings<F>> {
  const text = await readFile(file, 'utf8');
  try {
    const read = JSON.parse(text) as Record<string, unknown>;
    const names = Object.entries(settingFlags({ flags } as never));
    return Object.fromEntries(names.map(([name, flag]) => [name, checkFlag(name, flag, read[name])])) as Settings<F>;
  } catch (error) {
    throw new Error(`${file} is not what a run wrote: ${(error as Error).message}`, { cause: error });
  }
}
