import { parseArgs } from 'node:util';
import type { DeviceName } from 'vicinal';

/** A number of the command line, and which numbers make sense. */
export interface Flag {
  readonly preset: number;
  readonly about: string;
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
}

/** A flag whose value is an integer of min..max, by default 1 or more. */
export const whole = (preset: number, about: string, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}): Flag => ({
  preset,
  about,
  min,
  max,
  isWhole: true,
});

/** A flag whose value is any number of min..max. */
export const real = (preset: number, about: string, { min, max }: { min: number; max: number }): Flag => ({
  preset,
  about,
  min,
  max,
  isWhole: false,
});

export type Flags = Readonly<Record<string, Flag>>;

/** What a training program says of itself. */
export interface Program<F extends Flags = Flags, T extends string = string> {
  /** One sentence for `--help`. */
  readonly about: string;
  /** How it is called: `npm run digits --`. */
  readonly command: string;
  /** Where it lies; runs are kept in its `out/`. */
  readonly folder: string;
  /** The settings of a run, all numbers. Each run also has a `seed`. */
  readonly flags: F;
  /** Other flags, with what stands for their value and a sentence: `['IMAGE', 'say which digit a picture shows']`. */
  readonly texts?: Readonly<Record<T, readonly [value: string, about: string]>>;
}

/** What a run depends on: a resumed one must be given the same. */
export type Settings<F extends Flags = Flags> = Readonly<Record<(keyof F & string) | 'seed', number>>;

/** The command line, checked. */
export interface Options<F extends Flags = Flags, T extends string = string> {
  readonly program: Program<F, T>;
  /** The settings that were typed; the others are preset, or the resumed run's. */
  readonly given: Partial<Settings<F>>;
  readonly texts: Readonly<Partial<Record<T, string>>>;
  readonly device: DeviceName | 'auto';
  readonly threads: number | undefined;
  /** The run's folder, if named. */
  readonly run: string | undefined;
  readonly resume: boolean;
}

const seed = whole(1, 'of the weights and of all that is random', { min: 0 });
const threads = whole(1, 'threads of the cpu (all cores, at most 8)', { max: 64 });

/** The flags of every run's settings. */
export const settingFlags = ({ flags }: Program): Flags => ({ ...flags, seed });

/** @throws Error, one sentence, for a flag that is unknown or a value that makes no sense */
export function readOptions<F extends Flags, T extends string>(
  program: Program<F, T>,
  args: readonly string[],
): Options<F, T> | 'help' {
  const values = parse(program, args);
  if (values['help'] === true) return 'help';
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const number = (name: string, flag: Flag): [string, number][] => {
    const given = text(name);
    return given === undefined ? [] : [[name, checkFlag(name, flag, given.trim() === '' ? NaN : Number(given), given)]];
  };
  return {
    program,
    given: Object.fromEntries(
      Object.entries(settingFlags(program)).flatMap(([name, flag]) => number(name, flag)),
    ) as Partial<Settings<F>>,
    texts: Object.fromEntries(Object.keys(program.texts ?? {}).map((name) => [name, text(name)])) as Partial<
      Record<T, string>
    >,
    device: (text('device') ?? 'cpu') as DeviceName | 'auto',
    threads: number('threads', threads)[0]?.[1],
    run: text('run'),
    resume: values['resume'] === true,
  };
}

/** The value. @throws Error, one sentence, unless it is one that the flag takes */
export function checkFlag(name: string, { isWhole, min, max }: Flag, value: unknown, typed = value): number {
  const fits = typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isSafeInteger(value));
  if (fits) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `>= ${min}` : `from ${min} to ${max}`;
  throw new Error(`--${name} is '${String(typed)}'; it must be ${isWhole ? 'an integer' : 'a number'} ${range}`);
}

function parse(program: Program, args: readonly string[]): Record<string, string | boolean | undefined> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const named = [
    ...Object.keys(settingFlags(program)),
    ...Object.keys(program.texts ?? {}),
    'device',
    'threads',
    'run',
  ];
  try {
    const options = { ...Object.fromEntries(named.map((name) => [name, text])), resume: flag, help: flag };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split(/\.\s/); // Node's own advice takes up to two more sentences
    throw new Error(`${reason}; --help lists the flags`, { cause: error });
  }
}

/** What `--help` prints. */
export function usage(program: Program): string {
  const rows = [
    ...Object.entries(settingFlags(program)).map(([name, { about, preset, isWhole }]) => [
      `--${name} ${isWhole ? 'N' : 'X'}`,
      `${about} (${preset})`,
    ]),
    ['--device NAME', 'cpu, webgpu, or auto for the best that starts (cpu)'],
    ['--threads N', threads.about],
    ['--run FOLDER', 'where the run is kept (out/run-1, out/run-2 ...; with --resume the newest)'],
    ['--resume', 'go on from the newest checkpoint, bit for bit'],
    ...Object.entries(program.texts ?? {}).map(([name, [value, about]]) => [`--${name} ${value}`, about]),
    ['--help', 'this text'],
  ];
  const lines = rows.map(([flag, about]) => `  ${flag!.padEnd(18)}${about}`);
  return [
    program.about,
    `  ${program.command} [flags]`,
    lines.join('\n'),
    'Ctrl-C stops after the step in progress and leaves a checkpoint to resume from.',
  ].join('\n\n');
}
