// `vicinal profile`: NATTEN's profiler.

import type { TilePair } from '../kernels/neighborhood/natten/nattenTiles.ts';
import type { Profile, ProfileProblem } from '../kernels/neighborhood/tuner/profile.ts';
import type { Operands } from '../kernels/neighborhood/packed.ts';
import type { TileOptions } from '../kernels/neighborhood/tuner/tuner.ts';
import type { Search } from '../kernels/neighborhood/tuner/search.ts';
import type { Tuning } from '../kernels/neighborhood/tuner/tunerCache.ts';
import type { ProfileArguments } from './arguments.ts';
import '../index.ts';
import { configsFor } from '../kernels/neighborhood/tuner/configs.ts';
import { tokenAxesOf } from '../kernels/neighborhood/mask.ts';
import { makeOperands, profile } from '../kernels/neighborhood/tuner/profile.ts';
import { settle } from '../kernels/neighborhood/tuner/search.ts';
import { simulateTiles } from '../kernels/neighborhood/tuner/simulate.ts';
import { searchBackward, searchForward } from '../kernels/neighborhood/tuner/tunerTimings.ts';
import { setThreads } from '../kernels/runtime/cpu/threads.ts';
import { storedDtype } from '../tensor/create.ts';
import { ArgumentError } from '../tensor/errors.ts';
import { device, resolveDevice } from '../tensor/runtime.ts';
import { readArguments } from './arguments.ts';
import { formatTable } from './table.ts';

export const profileUsage = `Usage: vicinal profile -i 56 56 -n 2 -d 32 -w 7 7 [options]

The problem, one value per token axis or one for all:
  -i, --input-size       tokens along each axis, 1 to 3 of them
  -w, --window-size      kernel size; default: the input size
  -s, --stride           default 1
      --dilation         default 1
  -c, --causal           true or false; alone: true
The tensors:
  -b, --batch            default 1
  -n, --heads            default 1
      --heads-kv         heads of keys and values; default: as many
  -d, --dim              head dim; default 64
      --dim-value        head dim of values; default: the same
      --add-kv           additional keys and values; default 0
      --dtype            fp32 (default), fp16, fp64
      --device           cpu (default), or another that is installed
      --threads          of the cpu; default: as many as the machine has
The kernels:
      --backprop         backward too
      --q-tile, --kv-tile, --backward-q-tile, --backward-kv-tile, --backward-kv-splits
                         how their work is cut; default: their own choice
      --dry-run          list the tiles that the tuner would try, and run nothing
      --optimize         find the fastest tiles first
      --optimize-warmup-steps   default 5
      --warmup-steps     default 10
      --steps            calls of which the median is shown; default 10
`;

/** @param print gets whole lines */
export async function profileCommand(argv: readonly string[], print: (text: string) => void): Promise<void> {
  const given = readArguments(argv);
  if (given.help) return print(profileUsage.trimEnd());
  const { info } = await device(given.problem.device);
  const runtime = resolveDevice(given.problem.device);
  const problem = { ...given.problem, dtype: storedDtype('profile', runtime, given.problem.dtype) };
  const args = { ...given, problem };
  if (args.optimize && runtime.interpret)
    throw new ArgumentError(`--optimize: '${runtime.name}' has no tiles to choose from`, { op: 'profile' });
  tokenAxesOf('profile', problem.tokens, rulesOf(problem)); // whose errors come before anything is shown
  if (args.threads > 0) setThreads(args.threads);
  print(title(problem, info['threads']));
  if (args.dryRun) return print(candidates(args));
  const operands = makeOperands(problem);
  try {
    const tiles = args.optimize ? await optimized(args, operands, print) : args.options.tiles;
    print(`\n${profileTable(await profile(problem, operands, { ...args.options, tiles }))}`);
  } finally {
    for (const x of Object.values(operands) as (Operands['query'] | undefined)[]) x?.dispose();
  }
}

function title(problem: ProfileArguments['problem'], threads: unknown): string {
  const { tokens, batch, heads, headsKv, dim, dimValue, additional, device, dtype } = problem;
  const perAxis = (value: unknown): string => {
    const values = Array.isArray(value) ? (value as unknown[]) : tokens.map(() => value);
    return values.map((x) => (x === true ? 'yes' : x === false ? 'no' : String(x))).join(' x ');
  };
  const onThreads = typeof threads === 'number' ? ` (${threads} thread${threads === 1 ? '' : 's'})` : '';
  const rules = (['kernelSize', 'stride', 'dilation', 'isCausal'] as const).map(
    (name) => `${name} ${perAxis(problem[name])}`,
  );
  return [
    `Neighborhood attention on ${device}${onThreads}, ${dtype}: tokens ${perAxis(tokens)}, ${rules.join(', ')},`,
    `batch ${batch}, heads ${heads} (${headsKv} of keys), dim ${dim} (${dimValue} of values), ${additional} additional keys`,
  ].join('\n');
}

/** The kernels with their times, and the whole step. */
function profileTable({ rows, flops }: Profile): string {
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const line = (kernel: string, calls: number, milliseconds: number, products: number): string[] => [
    kernel,
    String(calls),
    milliseconds.toFixed(3),
    (products / milliseconds / 1e6).toFixed(1),
    `${((100 * milliseconds) / total).toFixed(1)} %`,
  ];
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  return formatTable(
    ['Kernel', 'Calls', 'ms', 'Useful GFLOP/s', 'Share'],
    rows.map((row) => line(row.kernel, row.calls, row.milliseconds, row.flops)),
    line('Total', calls, total, flops),
  );
}

/** The tiles that the tuner would try, with the key tiles that each visits. */
function candidates({ problem, options }: ProfileArguments): string {
  const { tokens, dim } = problem;
  const rules = rulesOf(problem);
  const configs = configsFor(tokens, { ...rules, dim, device: problem.device });
  const passes = options.backprop ? (['forward', 'backward'] as const) : (['forward'] as const);
  const line = (pass: string, { queryTileSize, keyTileSize }: TilePair): string[] => {
    const { visitedExact, usefulShare } = simulateTiles(tokens, { ...rules, queryTileSize, keyTileSize });
    const share = `${(100 * usefulShare).toFixed(1)} %`;
    return [pass, queryTileSize.join('x'), keyTileSize.join('x'), String(visitedExact), share];
  };
  const own = (pass: string): string[] => [pass, "the kernel's own", "the kernel's own", '', ''];
  const rows = passes.flatMap((pass) => [own(pass), ...configs[pass].map((pair) => line(pass, pair))]);
  return `\n${formatTable(['Pass', 'Query tile', 'Key tile', 'Tiles visited', 'Useful'], rows)}`;
}

/** The fastest tiles, found without the tuner's cache: what was asked for is a search. */
async function optimized(
  { problem, options, optimizeWarmupSteps }: ProfileArguments,
  operands: Operands,
  print: (text: string) => void,
): Promise<TileOptions> {
  const steps = { warmupSteps: optimizeWarmupSteps, steps: options.steps };
  const fastest = (search: Search): Promise<Tuning> => settle(search, steps, operands.query.storage.runtime);
  const forward = await fastest(searchForward(operands, rulesOf(problem)));
  const backward = options.backprop
    ? await fastest(searchBackward(operands, rulesOf(problem), (tile) => [tile.map(() => 1)]))
    : undefined;
  const line = (pass: string, { queryTileSize, keyTileSize, milliseconds }: Tuning): string[] => [
    pass,
    queryTileSize?.join('x') ?? "the kernel's own",
    keyTileSize?.join('x') ?? "the kernel's own",
    milliseconds.toFixed(3),
  ];
  const rows = [line('forward', forward), ...(backward ? [line('backward', backward)] : [])];
  print(`\n${formatTable(['Fastest', 'Query tile', 'Key tile', 'ms'], rows)}`);
  return {
    queryTileSize: forward.queryTileSize,
    keyTileSize: forward.keyTileSize,
    backwardQueryTileSize: backward?.queryTileSize ?? null,
    backwardKeyTileSize: backward?.keyTileSize ?? null,
    numSplitsKey: backward?.numSplitsKey ?? null,
  };
}

/** Who attends to whom. */
function rulesOf({ kernelSize, stride = 1, dilation = 1, isCausal = false }: Omit<ProfileProblem, 'device'>) {
  return { kernelSize, stride, dilation, isCausal };
}
