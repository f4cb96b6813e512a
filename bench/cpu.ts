// npm run bench -- cpu: ours, its limits and, with --peers, other libraries.

import { loadavg } from 'node:os';
import type { Case } from './case.ts';
import type { Figure, Refusal } from './compare.ts';
import type { Verdict } from './judge.ts';
import type { MemoryRow } from './memory.ts';
import type { Options } from './run.ts';
import { allCases, cases } from './cases.ts';
import { compare } from './compare.ts';
import { judge } from './judge.ts';
import { memoryTable } from './memory.ts';
import { opCases } from './ops.ts';
import { allSeats, engineOf, installPeers, oursOn } from './peers/seats.ts';
import { Player } from './player.ts';
import { figureHeader, figureText, memoryText, refusalText, verdictHeader, verdictText } from './report.ts';
import { threadCases } from './threads.ts';

interface Found {
  readonly players: readonly string[];
  readonly figures: Figure[];
  readonly refusals: Refusal[];
  readonly verdicts: Verdict[];
  readonly memory: MemoryRow[];
}

/** Starts those who take part, and says who does not. */
async function gather(peers: boolean, olderNode: string | undefined): Promise<Player[]> {
  const engines = [process.execPath, ...(olderNode ? [olderNode] : [])].map(engineOf);
  if (peers) installPeers();
  const players: Player[] = [];
  for (const seat of peers ? allSeats(engines) : [oursOn(engines[0]!)]) {
    const found = await Player.start(seat);
    if (typeof found !== 'string') players.push(found);
    const where = `${seat.library}${seat.node ? ` on Node ${seat.node}` : ''}${seat.isWide ? ', revectorised' : ''}`;
    if (peers) console.log(`${where}: ${typeof found === 'string' ? `absent, ${found}` : found.hello}`);
  }
  return players;
}

export async function runCpu({ only, ops, seconds, peers, olderNode }: Options): Promise<Found> {
  const started = performance.now();
  const [load] = loadavg();
  if (load! > 0.5)
    console.log(`the machine is busy (load ${load!.toFixed(1)}): trust ratios, and nothing of two threads\n`);
  const players = await gather(peers, olderNode);
  const isWanted = ({ name }: { name: string }): boolean => only.test(name);
  const wanted = [...cases, ...(peers ? [] : threadCases), ...(ops ? opCases : [])].filter(isWanted);
  const found: Found = {
    players: players.map(({ hello }) => hello),
    figures: [],
    refusals: [],
    verdicts: [],
    memory: [],
  };
  console.log(`\n${figureHeader()}`);
  for (const entry of wanted) await runCase(entry, { players, seconds }, found);
  for (const player of players) player.close();
  if (found.verdicts.length > 0) console.log(`\n${verdictHeader()}`);
  for (const verdict of found.verdicts) console.log(verdictText(verdict));
  found.memory.push(...memoryTable().filter(isWanted));
  if (found.memory.length > 0) console.log(`\n${memoryText(found.memory)}`);
  console.log(`\n${Math.round((performance.now() - started) / 1e3)} s`);
  return found;
}

/** Measures one case, judges it, and prints what was measured. */
async function runCase(entry: Case, how: { players: readonly Player[]; seconds: number }, found: Found): Promise<void> {
  const { figures, refusals } = await compare(entry, allCases, how);
  figures.forEach((figure, i) => console.log(figureText(figure, i === 0 || figure.case !== figures[i - 1]!.case)));
  for (const refusal of refusals) console.log(refusalText(refusal));
  found.figures.push(...figures);
  found.refusals.push(...refusals);
  if (refusals.some(({ reason }) => reason.startsWith('WRONG'))) process.exitCode = 1;
  found.verdicts.push(...judge(entry, figures));
}
