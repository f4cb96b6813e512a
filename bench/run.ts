// npm run bench -- cpu: measures the cases and prints a table. bench/README.md says what the rows are.

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Case } from './case.ts';
import type { MemoryRow } from './memory.ts';
import type { Row } from './report.ts';
import { device, setThreads } from '../index.ts';
import { runGpu } from './gpu/run.ts';
import { runAttention } from './attention/run.ts';
import { writeTable } from './attention/table.ts';
import { cases } from './cases.ts';
import { measure } from './measure.ts';
import { memoryTable } from './memory.ts';
import { opCases } from './ops.ts';
import { header, memoryText, rowsOf, rowText } from './report.ts';
import { threadCases } from './threads.ts';

const usage = `npm run bench -- [cpu|attention|gpu] [options]
  --only=REGEX      the rows whose name matches
  --ops             also every op on the first of its samples (cpu)
  --table           only measure again what 'auto' chooses by, and write it (attention)
  --seconds=NUMBER  time for each row, default 2
  --json=FILE       keep the rows and what they ran on`;

interface Options {
  suite: string;
  only: RegExp;
  ops: boolean;
  table: boolean;
  seconds: number;
  json: string | undefined;
  help: boolean;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      ops: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '2' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [suite = 'cpu'] = positionals;
  if (!['cpu', 'attention', 'gpu'].includes(suite))
    throw new Error(`there are no figures for '${suite}', only for cpu, attention and gpu`);
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds=${values.seconds} is no time; give a number above 0`);
  return { ...values, suite, seconds, only: new RegExp(values.only, 'i'), json: values.json };
}

/** Measures one case on its numbers of threads, and prints its rows. */
async function runCase(entry: Case, seconds: number): Promise<Row[]> {
  const body = entry.setup();
  const variants = (entry.threads ?? [1]).map((count) => () => {
    setThreads(count);
    body();
  });
  const rows = rowsOf(entry, await measure(variants, seconds));
  rows.forEach((row, i) => console.log(rowText(row, i === 0)));
  return rows;
}

async function run(): Promise<void> {
  const options = readOptions();
  if (options.help) return console.log(usage);
  if (options.suite === 'gpu') return runGpu(options.only);
  const { info } = await device('cpu');
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), info };
  console.log(`Node ${machine.node}, ${machine.cores} × ${machine.cpu}, ${JSON.stringify(info)}\n`);
  const { only, seconds, json } = options;
  if (options.table) return writeTable(seconds);
  const found = options.suite === 'attention' ? await runAttention(only, seconds) : await runSuite(options);
  if (json) writeFileSync(json, `${JSON.stringify({ machine, ...found }, null, 2)}\n`);
}

async function runSuite({ only, ops, seconds }: Options): Promise<{ rows: Row[]; memory: MemoryRow[] }> {
  console.log(header());
  const isWanted = ({ name }: { name: string }): boolean => only.test(name);
  const rows: Row[] = [];
  for (const entry of [...cases, ...threadCases, ...(ops ? opCases : [])].filter(isWanted)) {
    rows.push(...(await runCase(entry, seconds)));
  }
  const memory = memoryTable().filter(isWanted);
  if (memory.length > 0) console.log(`\n${memoryText(memory)}`);
  return { rows, memory };
}

await run().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
});
