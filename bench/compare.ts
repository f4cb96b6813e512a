// One case by all who take part, in turns: a slow moment of the machine meets them all.

import type { Case } from './case.ts';
import type { Player } from './player.ts';
import type { Task } from './serve.ts';
import { units } from './case.ts';
import { limits } from './limits.ts';

/** What was measured: one case, by one library, on one number of threads. */
export interface Figure {
  readonly case: string;
  readonly library: string;
  readonly node: number;
  readonly isWide: boolean;
  readonly threads: number;
  readonly unit: Case['unit'];
  readonly best: number;
  readonly median: number;
  readonly runs: number;
  /** The share of the time that the runs waited for a processor, which is taken off. */
  readonly waited: number;
}

/** Why a library has no figure for a case. */
export interface Refusal {
  readonly case: string;
  readonly library: string;
  readonly node: number;
  readonly isWide: boolean;
  readonly reason: string;
}

interface Turn {
  readonly player: Player;
  readonly entry: Case;
  readonly task: Task;
  readonly times: number[];
  /** Seconds of all runs, with those in which they waited for a processor. */
  wall: number;
  /** Seconds of the first run. */
  first: number;
}

const rounds = 8;
/** Seconds of a first run above which a turn gets few runs, in few rounds. */
const slow = 0.5;
const roundsOfSlow = 3;
/** The share of a turn's time that goes into warming up: compiling, growing memory. */
const warmUp = 0.3;

/** Numbers of two libraries that are to be equal may differ by so much of their size. */
const tolerance = 2e-4;

/** Who does what for a case: ours and its limits on each Node, the peers where the case is a job for them. */
function turnsOf(entry: Case, cases: ReadonlyMap<string, Case>, players: readonly Player[]): Turn[] {
  const marks = entry.marks ?? [];
  const turn = (player: Player, of: Case, threads: number): Turn => {
    return { player, entry: of, task: { name: of.name, job: of.job ?? null, threads }, times: [], wall: 0, first: 0 };
  };
  const newest = Math.max(...players.map(({ seat }) => seat.node));
  return players.flatMap((player) => {
    const { library, node, isWide } = player.seat;
    if (library !== 'vicinal' || isWide) return entry.job ? [turn(player, entry, 1)] : [];
    const threads = node === newest ? (entry.threads ?? [1]) : [1];
    const beside = new Set(marks.flatMap((mark) => cases.get(mark.beside ?? '') ?? []));
    return [...threads.map((count) => turn(player, entry, count)), ...[...beside].map((each) => turn(player, each, 1))];
  });
}

/** Makes a turn ready: what its library must get, or why it cannot take part. */
async function open(turn: Turn, wanted: readonly number[] | undefined): Promise<readonly number[] | string> {
  const { check, cannot } = await turn.player.ask({ do: 'open', task: turn.task });
  if (!check) return cannot ?? 'no answer';
  const isOwn = turn.player.seat.library === 'vicinal';
  if (wanted && check.length > 0 && (!isOwn || turn.entry.job)) {
    const differs = check.findIndex((x, i) => Math.abs(x - wanted[i]!) > tolerance * Math.max(1, Math.abs(wanted[i]!)));
    if (differs >= 0) return `WRONG: number ${differs} is ${check[differs]}, ours ${wanted[differs]}`;
  }
  return check;
}

/** Runs a turn for some time, at least once; an error ends its part. */
async function run(turn: Turn, seconds: number): Promise<void> {
  const { times = [], wall = 0 } = await turn.player.ask({ do: 'run', task: turn.task, seconds });
  turn.times.push(...times);
  turn.wall += wall;
}

/** First runs, which compile, and more of the same. They do not count. */
async function warm(turn: Turn, seconds: number): Promise<void> {
  await run(turn, 0);
  turn.first = turn.times[0] ?? 0;
  if (turn.first < slow) await run(turn, seconds);
  turn.times.length = turn.wall = 0;
}

/** Measures one case for about `seconds` a turn. */
export async function compare(
  entry: Case,
  cases: ReadonlyMap<string, Case>,
  { players, seconds }: { players: readonly Player[]; seconds: number },
): Promise<{ figures: Figure[]; refusals: Refusal[] }> {
  const refusals: Refusal[] = [];
  const turns: Turn[] = [];
  let wanted: readonly number[] | undefined;
  for (const turn of turnsOf(entry, cases, players)) {
    const found = await open(turn, turn.entry === entry ? wanted : undefined);
    const { library, node, isWide } = turn.player.seat;
    if (typeof found === 'string') {
      refusals.push({ case: turn.entry.name, library, node, isWide, reason: found });
      continue;
    }
    if (turn.entry === entry && found.length > 0) wanted ??= found;
    await warm(turn, seconds * warmUp);
    turns.push(turn);
  }
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      if (turn.first < slow) await run(turn, seconds / rounds);
      else if (round < roundsOfSlow) await run(turn, 0);
    }
  }
  return { figures: turns.filter(({ times }) => times.length > 0).map(figureOf), refusals };
}

function figureOf({ player, entry, task, times, wall }: Turn): Figure {
  times.sort((a, b) => a - b);
  const { value } = units[entry.unit];
  const { library, node, isWide } = player.seat;
  return {
    case: entry.name,
    library: limits.includes(entry) ? 'limit' : library,
    node,
    isWide,
    threads: task.threads,
    unit: entry.unit,
    best: value(times[0]!, entry.amount ?? 1),
    median: value(times[times.length >> 1]!, entry.amount ?? 1),
    runs: times.length,
    waited: 1 - times.reduce((sum, time) => sum + time, 0) / wall,
  };
}
