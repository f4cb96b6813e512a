// npm run bench -- cpu: measures the cases and prints a table. bench/README.md says what the rows are.

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Row } from './report.ts';
import { device, setDefaultDevice, setThreads } from '../index.ts';
import { cases } from './cases.ts';
import { measure } from './measure.ts';
import { memoryTable } from './memory.ts';
import { header, memoryText, rowsOf, rowText } from './report.ts';
import { threadCases } from './threads.ts';

const usage = `npm run bench -- [cpu] [options]
  --only=REGEX      the rows whose name matches
  --seconds=NUMBER  time for each row, default 2
  --json=FILE       keep the rows and what they ran on`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
});

async function run(): Promise<void> {
  const name = positionals[0] ?? 'cpu';
  if (name !== 'cpu') throw new Error(`there are no figures for '${name}'; run: npm run bench -- cpu`);
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds=${values.seconds} is no time; give a number above 0`);
  const cpu = await device('cpu');
  setDefaultDevice(cpu);
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), info: cpu.info };
  console.log(
    `Node ${machine.node}, ${machine.cores} × ${machine.cpu}, ${JSON.stringify(machine.info)}\n\n${header()}`,
  );

  const isWanted = ({ name }: { name: string }): boolean => new RegExp(values.only, 'i').test(name);
  const rows: Row[] = [];
  for (const entry of [...cases, ...threadCases].filter(isWanted)) {
    const body = entry.setup();
    const variants = (entry.threads ?? [1]).map((count) => () => {
      setThreads(count);
      body();
    });
    const measured = rowsOf(entry, await measure(variants, seconds));
    measured.forEach((row, i) => console.log(rowText(row, i === 0)));
    rows.push(...measured);
  }
  const memory = memoryTable().filter(isWanted);
  if (memory.length > 0) console.log(`\n${memoryText(memory)}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, rows, memory }, null, 2)}\n`);
}

if (values.help) {
  console.log(usage);
} else {
  await run().catch((error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 1;
  });
}
