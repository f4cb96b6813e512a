// Where the auto-tuner's results are kept between runs: a JSON file in Node, IndexedDB in pages.

import type * as FileSystem from 'node:fs';
import type * as System from 'node:os';
import type * as Path from 'node:path';
import { databaseCache } from './tunerDatabase.ts';

/** The fastest cut of one problem; null leaves it to the kernels. */
export interface Tuning {
  readonly queryTileSize: readonly number[] | null;
  readonly keyTileSize: readonly number[] | null;
  /** Of backward only. */
  readonly numSplitsKey: readonly number[] | null;
  readonly milliseconds: number;
}

export interface TunerCache {
  /** When all that is kept is known, where it is read in the background. */
  readonly ready?: Promise<void>;
  get(key: string): Tuning | undefined;
  set(key: string, tuning: Tuning): void;
}

/** Rises whenever kernels change so much that what was fastest may no longer be, or when the format changes. */
export const cacheVersion = 1;
const format = 'vicinal tuner';

/**
 * @param where a file (in pages the name of a database); undefined for the user's cache folder (or the database 'vicinal');
 *   false to remember nothing beyond this process
 */
export function openCache(where: string | false | undefined): TunerCache {
  if (where === false) return new Map<string, Tuning>();
  const warn = warnOnce();
  const path = fileSystem() ? (where ?? defaultPath()) : undefined;
  if (path !== undefined) return new FileCache(path, where === undefined, warn);
  const kept = databaseCache(where ?? 'vicinal', { prefix: `${cacheVersion} `, isTuning }, warn);
  return kept ?? new Map<string, Tuning>();
}

/** The file under the user's cache folder; undefined where the system does not say where that is. */
export function defaultPath(): string | undefined {
  const { env, platform } = globalThis.process;
  const home = homeFolder();
  const folders = [
    env['XDG_CACHE_HOME'],
    platform === 'win32' ? env['LOCALAPPDATA'] : undefined,
    home && (platform === 'darwin' ? `${home}/Library/Caches` : `${home}/.cache`),
  ];
  const folder = folders.find(Boolean);
  return folder && `${folder}/vicinal/tuner-${cacheVersion}.json`;
}

function homeFolder(): string | undefined {
  try {
    return builtin('node:os')?.homedir();
  } catch {
    return undefined; // a user that the system does not know, as in some containers
  }
}

/** Everything is read at the first question, and written after each answer: beside the file, then renamed. */
class FileCache implements TunerCache {
  readonly #path: string;
  /** Whether a broken file may be replaced: one that we named ourselves, not one that the user may have named by mistake. */
  readonly #isOurs: boolean;
  readonly #warn: (reason: string) => void;
  readonly #own = new Map<string, Tuning>();
  #found: ReadonlyMap<string, Tuning> | undefined;

  constructor(path: string, isOurs: boolean, warn: (reason: string) => void) {
    this.#path = path;
    this.#isOurs = isOurs;
    this.#warn = warn;
  }

  get(key: string): Tuning | undefined {
    return this.#own.get(key) ?? (this.#found ??= this.#read() ?? new Map()).get(key);
  }

  set(key: string, tuning: Tuning): void {
    this.#own.set(key, tuning);
    const found = this.#read(); // again: other processes may have written since
    if (!found && !this.#isOurs) return;
    try {
      writeWhole(this.#path, encodeTunings(new Map([...(found ?? []), ...this.#own])));
    } catch (error) {
      this.#warn(`'${this.#path}' cannot be written: ${(error as Error).message}`);
    }
  }

  /** undefined for a file that is there and no cache. */
  #read(): ReadonlyMap<string, Tuning> | undefined {
    try {
      return decodeTunings(fileSystem()!.readFileSync(this.#path, 'utf8'));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return new Map();
      this.#warn(`'${this.#path}' is ignored: ${message}`);
      return undefined;
    }
  }
}

function writeWhole(path: string, text: string): void {
  const fs = fileSystem()!;
  const beside = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
  fs.mkdirSync(builtin('node:path')!.dirname(path), { recursive: true });
  try {
    fs.writeFileSync(beside, text, { flag: 'wx' });
    fs.renameSync(beside, path);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
}

export function encodeTunings(tunings: ReadonlyMap<string, Tuning>): string {
  return `${JSON.stringify({ format, version: cacheVersion, tunings: Object.fromEntries(tunings) }, null, 1)}\n`;
}

/** @throws Error that says what is wrong with `text` */
function decodeTunings(text: string): Map<string, Tuning> {
  const file = JSON.parse(text) as { format?: unknown; version?: unknown; tunings?: unknown } | null;
  if (file?.format !== format) throw new Error('it is no cache of the tuner');
  if (file.version !== cacheVersion) throw new Error(`it has version ${String(file.version)}, not ${cacheVersion}`);
  const entries = Object.entries(Object(file.tunings) as Record<string, unknown>);
  const broken = entries.find(([, tuning]) => !isTuning(tuning));
  if (broken) throw new Error(`its entry ${broken[0]} is none of the tuner's`);
  return new Map(entries as [string, Tuning][]);
}

/** Whether what was kept, maybe by somebody else, has the form of a tuning. */
export function isTuning(value: unknown): value is Tuning {
  if (typeof value !== 'object' || value === null) return false;
  const { queryTileSize, keyTileSize, numSplitsKey, milliseconds } = value as Record<keyof Tuning, unknown>;
  const isTuple = (x: unknown): boolean =>
    x === null || (Array.isArray(x) && x.every((n) => Number.isInteger(n) && (n as number) >= 1));
  return [queryTileSize, keyTileSize, numSplitsKey].every(isTuple) && typeof milliseconds === 'number';
}

/** One warning for a cache, whatever happens to it: the tuner works without. */
function warnOnce(): (reason: string) => void {
  let isSaid = false;
  return (reason) => {
    if (isSaid) return;
    isSaid = true;
    console.warn(`vicinal: the auto-tuner's cache ${reason}; results are remembered in this process only`);
  };
}

interface Builtins {
  'node:fs': typeof FileSystem;
  'node:os': typeof System;
  'node:path': typeof Path;
}

/** Asked of the process, as bundlers for pages refuse an import of it. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  return globalThis.process?.getBuiltinModule?.(name);
}

function fileSystem(): Builtins['node:fs'] | undefined {
  return builtin('node:fs');
}
