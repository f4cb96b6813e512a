// npm run bench -- attention --table: measures again what 'auto' chooses by, and writes the table.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Measured, Milliseconds } from '../../kernels/neighborhood/chooseTable.ts';
import type { Result } from './ways.ts';
import { setThreads } from '../../index.ts';
import { measured } from '../../kernels/neighborhood/chooseTable.ts';
import { compare } from './ways.ts';

const file = new URL('../../kernels/neighborhood/chooseTable.ts', import.meta.url);

async function measureRow([device, tokens, kernelSize, dim]: Measured, seconds: number): Promise<Measured> {
  const problem = { name: 'table', batch: 1, tokens, heads: 2, dim, problem: { kernelSize } };
  const results = await compare(problem, ['fused', 'unfused', 'dense'], seconds);
  const costs = (of: (result: Result) => number): Milliseconds =>
    results.map((result) => Number((of(result) * 1e3).toPrecision(3))) as unknown as Milliseconds;
  return [device, tokens, kernelSize, dim, costs(({ forward }) => forward.best), costs(({ step }) => step.best)];
}

function rowText(row: Measured): string {
  const list = (values: readonly number[]): string => `[${values.join(', ')}]`;
  const [device, tokens, kernelSize, dim, forward, step] = row;
  return `  ['${device}', ${list(tokens)}, ${list(kernelSize)}, ${dim}, ${list(forward)}, ${list(step)}],`;
}

/** Measures all rows on one thread, prints them, and writes them in the place of the old ones. */
export async function writeTable(seconds: number): Promise<void> {
  setThreads(1);
  const lines: string[] = [];
  for (const row of measured) {
    lines.push(rowText(await measureRow(row, seconds)));
    console.log(lines.at(-1)!);
  }
  const source = readFileSync(file, 'utf8');
  const start = source.indexOf('[\n', source.indexOf('export const measured')) + 2;
  writeFileSync(file, `${source.slice(0, start)}${lines.join('\n')}\n${source.slice(source.lastIndexOf('];'))}`);
}
