// npm run bench -- attention: the ways to compute neighborhood attention beside each other. bench/README.md says what the columns are.

import type { Problem } from './problems.ts';
import type { Result } from './ways.ts';
import { noGrad, scope, setThreads } from '../../index.ts';
import { measure } from '../measure.ts';
import { made } from '../models.ts';
import { describe, problems, tokenCount, windowOf } from './problems.ts';
import { compare, measurePeak, ways, whyNot } from './ways.ts';

export interface Row extends Result {
  readonly name: string;
  /** Useful floating-point operations of forward: 4 for each pair that a window of all K keys has, and each of the head's dims. */
  readonly flops: number;
}

const widths = [46, 9, 9, 9, 9, 9, 9, 8];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)))
    .join(' ')
    .trimEnd();
}

/** Significant digits, never an exponent. */
function digits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** Backward has five products to forward's two. */
const stepFlops = 3.5;

function rowText({ way, forward, step, flops, peak }: Row, fused: Row, rate: number): string {
  const useful = (seconds: number, times: number): number => (flops * times) / seconds / 1e9;
  return line([
    `  ${way}`,
    digits(forward.median * 1e3),
    digits(useful(forward.median, 1)),
    digits(step.median * 1e3),
    digits(useful(step.median, stepFlops)),
    (peak / 2 ** 20).toFixed(2),
    `${((100 * useful(step.median, stepFlops)) / rate).toFixed(0)} %`,
    (step.median / fused.step.median).toFixed(2),
  ]);
}

/** What one thread makes of a product of matrices: the limit for all that multiplies. */
async function matmulRate(seconds: number): Promise<number> {
  const [a, b] = [made([512, 512], 1), made([512, 512], 2)];
  const [timing] = await measure([() => scope(() => void noGrad(() => a.matmul(b)))], seconds);
  return (2 * 512 ** 3) / timing!.median / 1e9;
}

async function runProblem(problem: Problem, seconds: number, rate: number): Promise<Row[]> {
  const { batch, heads, dim } = problem;
  const flops = 4 * batch * heads * tokenCount(problem) * windowOf(problem) * dim;
  const results = await compare(problem, ways, seconds);
  const rows = results.map((result): Row => ({ ...result, name: problem.name, flops }));
  console.log(line([`${problem.name}: ${describe(problem)}`]));
  for (const row of rows) console.log(rowText(row, rows[0]!, rate));
  for (const way of ways) {
    const reason = whyNot(problem, way);
    if (reason) console.log(`  ${way.padEnd(10)} ${reason}`);
  }
  const tuned = rows.find(({ way }) => way === 'tuned');
  const tiles = Object.entries(tuned?.tiles ?? {}).map(([name, tile]) => `${name} ${tile.join('×')}`);
  if (tuned) console.log(`  tuned: ${tiles.join(', ') || 'the cut of the kernels'}`);
  return rows;
}

/** The problems on one thread: times, useful work, memory. */
export async function runAttention(only: RegExp, seconds: number): Promise<{ matmul: number; rows: Row[] }> {
  setThreads(1);
  const rate = await matmulRate(seconds);
  console.log(`one thread; a product of 512×512 matrices runs at ${digits(rate)} GFLOP/s\n`);
  console.log(
    line(['ms, useful GFLOP/s, MiB', 'forward', 'GFLOP/s', 'step', 'GFLOP/s', 'peak', 'of matmul', '÷ fused']),
  );
  const rows: Row[] = [];
  for (const problem of problems.filter(({ name }) => only.test(name))) {
    rows.push(...(await runProblem(problem, seconds, rate)));
  }
  verdicts(rows);
  if (only.test('memory')) memoryGrowth();
  return { matmul: rate, rows };
}

/** What a step takes at its peak on ever more tokens: the fused operation's part grows with them, not with their windows. */
function memoryGrowth(): void {
  const among = ways.filter((way) => way !== 'tuned');
  console.log(`\n${line(['memory: bytes of a step per token', ...among])}`);
  for (const side of [28, 56, 112]) {
    for (const kernelSize of [3, 7, 13]) {
      const problem = { name: 'memory', batch: 1, tokens: [side, side], heads: 1, dim: 32, problem: { kernelSize } };
      const cells = among.map((way) =>
        whyNot(problem, way) === null ? (measurePeak(problem, way) / side ** 2).toFixed(0) : '—',
      );
      console.log(line([`  ${side}×${side}, window ${kernelSize}×${kernelSize}`, ...cells]));
    }
  }
}

/** Pairs of problems of which the first may not be slower. */
const pairs = [
  ['the same, causal', 'NAT-Tiny level 1'],
  ['the same, causal in time', 'C/s'],
  ['a long window', 'NAT-Tiny level 2'],
] as const;

function verdicts(rows: readonly Row[]): void {
  const of = (name: string): Row | undefined => rows.find((row) => row.name === name && row.way === 'fused');
  console.log('');
  const level1 = of('NAT-Tiny level 1');
  if (level1) {
    const rate = level1.flops / level1.forward.median / 1e9;
    console.log(`NAT-Tiny level 1 forward: ${digits(rate)} useful GFLOP/s, ≥ 20 ${rate >= 20 ? 'met' : 'MISSED'}`);
  }
  for (const [name, than] of pairs) {
    const [first, second] = [of(name), of(than)];
    if (!first || !second) continue;
    const [forward, step] = [first.forward.median / second.forward.median, first.step.median / second.step.median];
    const verdict = forward <= 1.05 && step <= 1.05 ? 'met' : 'MISSED';
    console.log(
      `${name} takes ${forward.toFixed(2)} × (forward) and ${step.toFixed(2)} × (step) of ${than}: ${verdict}`,
    );
  }
}
