// The arguments of `vicinal profile`.

import { parseArgs } from 'node:util';
import type { ProfileOptions, ProfileProblem } from '../kernels/neighborhood/tuner/profile.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { DeviceName } from '../tensor/runtime.ts';
import { ArgumentError } from '../tensor/errors.ts';

export interface ProfileArguments {
  readonly problem: Omit<ProfileProblem, 'device'> & { readonly device: DeviceName };
  readonly options: ProfileOptions;
  /** 0 for as many as the machine has. */
  readonly threads: number;
  readonly dryRun: boolean;
  readonly optimize: boolean;
  readonly optimizeWarmupSteps: number;
  readonly help: boolean;
}

const op = 'profile';

const flags = {
  'input-size': { type: 'string', short: 'i' },
  batch: { type: 'string', short: 'b', default: '1' },
  heads: { type: 'string', short: 'n', default: '1' },
  'heads-kv': { type: 'string' },
  dim: { type: 'string', short: 'd', default: '64' },
  'dim-value': { type: 'string' },
  'window-size': { type: 'string', short: 'w' },
  stride: { type: 'string', short: 's' },
  dilation: { type: 'string' },
  causal: { type: 'string', short: 'c' },
  dtype: { type: 'string', default: 'fp32' },
  device: { type: 'string', default: 'cpu' },
  threads: { type: 'string', default: '0' },
  'add-kv': { type: 'string', default: '0' },
  'q-tile': { type: 'string' },
  'kv-tile': { type: 'string' },
  'backward-q-tile': { type: 'string' },
  'backward-kv-tile': { type: 'string' },
  'backward-kv-splits': { type: 'string' },
  'warmup-steps': { type: 'string', default: '10' },
  steps: { type: 'string', default: '10' },
  'optimize-warmup-steps': { type: 'string', default: '5' },
  backprop: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  optimize: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const dtypes: Readonly<Record<string, Dtype>> = {
  fp32: 'float32',
  fp16: 'float16',
  fp64: 'float64',
  float32: 'float32',
  float16: 'float16',
  float64: 'float64',
};

/** @throws ArgumentError, or an error of node:util, that names the flag */
export function readArguments(argv: readonly string[]): ProfileArguments {
  const { values } = parseArgs({ args: gathered(argv), options: flags, strict: true });
  const one = (name: keyof typeof values, least: number): number => numbers(name, String(values[name]), least, 1)[0]!;
  const { 'input-size': inputSize, help, backprop, 'dry-run': dryRun, optimize } = values;
  if (inputSize === undefined && !help)
    throw new ArgumentError('--input-size is missing; give the token axes, as in -i 56 56', { op });
  const tokens = numbers('input-size', inputSize ?? '1', 1);
  const perAxis = (name: keyof typeof values): number[] | undefined => {
    const value = values[name] as string | undefined;
    return value === undefined ? undefined : repeated(name, numbers(name, value, 1), tokens.length);
  };
  const heads = one('heads', 1);
  const dim = one('dim', 1);
  const dtype = dtypes[values.dtype];
  if (!dtype) {
    const known = Object.keys(dtypes).join(', ');
    throw new ArgumentError(`--dtype '${values.dtype}' is none that a device here has; use ${known}`, { op });
  }
  const isCausal = values.causal === undefined ? false : repeated('causal', booleans(values.causal), tokens.length);
  const problem = {
    tokens,
    batch: one('batch', 1),
    heads,
    dim,
    dtype,
    isCausal,
    additional: one('add-kv', 0),
    headsKv: values['heads-kv'] === undefined ? heads : one('heads-kv', 1),
    dimValue: values['dim-value'] === undefined ? dim : one('dim-value', 1),
    device: values.device as DeviceName,
    // As in NATTEN, all tokens see each other where no window is given.
    kernelSize: perAxis('window-size') ?? tokens,
    stride: perAxis('stride') ?? 1,
    dilation: perAxis('dilation') ?? 1,
  };
  const tiles = {
    queryTileSize: perAxis('q-tile') ?? null,
    keyTileSize: perAxis('kv-tile') ?? null,
    backwardQueryTileSize: perAxis('backward-q-tile') ?? null,
    backwardKeyTileSize: perAxis('backward-kv-tile') ?? null,
    numSplitsKey: perAxis('backward-kv-splits') ?? null,
  };
  const options = { backprop, tiles, warmupSteps: one('warmup-steps', 0), steps: one('steps', 1) };
  const rest = { threads: one('threads', 0), optimizeWarmupSteps: one('optimize-warmup-steps', 0) };
  return { problem, options, ...rest, dryRun, optimize, help };
}

/** `-i 56 56` as `--input-size=56,56`: a flag takes all values up to the next flag, or none as in `--causal`. */
function gathered(argv: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const name = nameOf(argv[i]!);
    if (name === undefined || flags[name].type === 'boolean') {
      result.push(argv[i]!);
      continue;
    }
    const values: string[] = [];
    while (i + 1 < argv.length && !argv[i + 1]!.startsWith('-')) values.push(argv[++i]!);
    if (values.length === 0 && name === 'causal') values.push('true');
    if (values.length === 0) throw new ArgumentError(`${argv[i]!} needs a value`, { op });
    result.push(`--${name}=${values.join(',')}`);
  }
  return result;
}

function nameOf(argument: string): keyof typeof flags | undefined {
  const names = Object.keys(flags) as (keyof typeof flags)[];
  return names.find((name) => {
    const flag = flags[name];
    return argument === `--${name}` || ('short' in flag && argument === `-${flag.short}`);
  });
}

function numbers(name: string, text: string, least: number, count?: number): number[] {
  const values = text.split(/[,x]/).map(Number);
  const isFine = values.every((value) => Number.isInteger(value) && value >= least);
  if (isFine && values.length === (count ?? values.length)) return values;
  const wanted = count === 1 ? `an integer >= ${least}` : `integers >= ${least}, one per token axis`;
  throw new ArgumentError(`--${name} must be ${wanted}, got '${text}'`, { op, [name]: text });
}

function booleans(text: string): boolean[] {
  return text.split(',').map((word) => {
    if (['true', '1', 'yes'].includes(word.toLowerCase())) return true;
    if (['false', '0', 'no'].includes(word.toLowerCase())) return false;
    throw new ArgumentError(`--causal takes true or false for each token axis, got '${word}'`, { op, causal: text });
  });
}

function repeated<T>(name: string, values: readonly T[], count: number): T[] {
  if (values.length === count) return [...values];
  if (values.length === 1) return new Array<T>(count).fill(values[0]!);
  const axes = `${count} token ${count === 1 ? 'axis' : 'axes'}`;
  throw new ArgumentError(`--${name} has ${values.length} values for ${axes}; give one for each, or one for all`, {
    op,
    [name]: values,
  });
}
