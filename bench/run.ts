// npm run bench -- cpu: measures the cases and prints tables. bench/README.md says what the rows are.

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { device } from '../index.ts';
import { runGpu } from './gpu/run.ts';
import { runAttention } from './attention/run.ts';
import { writeTable } from './attention/table.ts';
import { runCpu } from './cpu.ts';
import { runMpi } from './mpi/run.ts';
import { runOperations } from './operations.ts';

const usage = `npm run bench -- [cpu|ops|attention|gpu|mpi|webgl] [options]
  --only=REGEX      the rows whose name matches
  --peers           beside other libraries, on this Node and a newer one; installs them into bench/ (cpu)
  --ops             also every op on the first of its samples (cpu)
  --table           only measure again what 'auto' chooses by, and write it (attention)
  --seconds=NUMBER  time for each figure, default 1 (ops: 0.3, attention: 2)
  --json=FILE       keep the rows and what they ran on`;

export interface Options {
  readonly suite: string;
  readonly only: RegExp;
  readonly peers: boolean;
  readonly ops: boolean;
  readonly table: boolean;
  readonly seconds: number;
  readonly json: string | undefined;
  /** Another Node, older than this one: scripts/bench.ts says where. */
  readonly olderNode: string | undefined;
  readonly help: boolean;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      peers: { type: 'boolean', default: false },
      ops: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      json: { type: 'string' },
      'older-node': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [suite = 'cpu'] = positionals;
  if (!['cpu', 'ops', 'attention', 'gpu', 'mpi'].includes(suite))
    throw new Error(`there are no figures for '${suite}', only for cpu, ops, attention, gpu, mpi and webgl`);
  const seconds = Number(values.seconds ?? { cpu: 1, ops: 0.3 }[suite] ?? 2);
  if (!(seconds > 0)) throw new Error(`--seconds=${values.seconds} is no time; give a number above 0`);
  return {
    ...values,
    suite,
    seconds,
    only: new RegExp(values.only, 'i'),
    json: values.json,
    olderNode: values['older-node'],
  };
}

async function run(): Promise<void> {
  const options = readOptions();
  if (options.help) return console.log(usage);
  if (options.suite === 'gpu') return runGpu(options.only);
  if (options.suite === 'mpi') return runMpi();
  const { info } = await device('cpu');
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), info };
  console.log(`Node ${machine.node}, ${machine.cores} × ${machine.cpu}, ${JSON.stringify(info)}\n`);
  const { only, seconds, json } = options;
  if (options.table) return writeTable(seconds);
  const suites = {
    cpu: () => runCpu(options),
    ops: () => runOperations(only, seconds),
    attention: () => runAttention(only, seconds),
  };
  const found = await suites[options.suite as keyof typeof suites]();
  if (json) writeFileSync(json, `${JSON.stringify({ machine, ...found }, null, 2)}\n`);
}

await run().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
});
