// npm test: the whole suite on this Node: in Node, then in a page of a browser. Beside the page, which keeps one core busy, the suite
// runs on a newer Node where npm has it (see scripts/node24), then there the kernels' tests with V8's revectorisation (see
// test/revectorized.ts). Flags after -- go to vitest. The last line sums all runs: `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { newerNode } from './newer-node.ts';

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/** What another version of Node cannot change, as it cannot the tests in a page. */
const onceOnly = [
  'test/structure.test.ts',
  'test/package.test.ts',
  'test/digits.test.ts',
  'test/training/*.test.ts',
  'test/command.test.ts',
  'test/mpi/*.test.ts',
  'test/browser/{digits,playground,playgroundDevices}.test.ts',
  'test/gpu/{attention,compile,digits,elementwise,functions,golden,lines,matmul,natten,plans,properties,tiles,wgsl}.test.ts',
];

/** Ops are tried on the cpu alone then. */
const cpuKernels = { VICINAL_KERNELS: 'cpu' };

/** What revectorisation can change: all kernels of the cpu device. */
const revectorized = ['test/ops.test.ts', 'test/kernels', 'test/parity', '--testNamePattern=^(?!.*webgpu)'];

/** Runs vitest under `node`. A run that fails without a failed test (a file that does not load, a crash) counts as one failure. */
async function run(node: string, name: string, flags: readonly string[], env = {}): Promise<Counts> {
  const report = `temp/tests-${name}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(node, ['node_modules/vitest/vitest.mjs', 'run', '--passWithNoTests', ...reporters, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }), ...env },
  });
  let rest = '';
  const show = (text: string): void => console.log(text.replaceAll(/^/gm, `${name} | `));
  const print = (chunk: string): void => {
    const end = (rest + chunk).lastIndexOf('\n');
    if (end >= 0) show((rest + chunk).slice(0, end));
    rest = (rest + chunk).slice(end + 1);
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', print);
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (rest) show(rest);
  const counts = readCounts(report);
  return { ...counts, numFailedTests: status === 0 ? counts.numFailedTests : Math.max(counts.numFailedTests, 1) };
}

function readCounts(report: string): Counts {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Counts;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}

mkdirSync('temp', { recursive: true });
const flags = process.argv.slice(2);
const [inNode, inPage] = ['--project=node', '--project=page'];
/** Whether the flags say in which of them. */
const isChosen = flags.some((flag) => flag.startsWith('--project'));
const isOld = Number(process.versions.node.split('.')[0]) < 24;

/** One file at a time while the page has the other core; it is done about when the revectorised run begins. */
async function onNewerNode(node: string): Promise<Counts[]> {
  const beside = { ...cpuKernels, VICINAL_WORKERS: '1', VICINAL_EXCLUDE: JSON.stringify(onceOnly) };
  const plain = await run(node, 'node-24', [...flags, inNode], beside);
  if (process.arch !== 'x64') return [plain];
  const cpuOnly = [...flags, inNode, ...revectorized];
  return [plain, await run(node, 'node-24-revectorized', cpuOnly, { ...cpuKernels, VICINAL_REVECTORIZE: '1' })];
}

const first = await run(process.execPath, `node-${process.versions.node}`, isChosen ? flags : [...flags, inNode]);
const others = await Promise.all([
  isChosen ? [] : run(process.execPath, 'page', [...flags, inPage]),
  isOld && newerNode ? onNewerNode(newerNode) : [],
]);
const all = [first, ...others.flat()];
const sum = (count: keyof Counts): number => all.reduce((total, counts) => total + counts[count], 0);
const [passed, failed] = [sum('numPassedTests'), sum('numFailedTests')];
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
