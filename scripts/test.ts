// npm test: the whole suite on this Node, then again on a newer one where npm has it (see scripts/node24), then there the
// kernels' tests with V8's revectorisation (see test/revectorized.ts).
// Flags after -- go to vitest. The last line sums all runs: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
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
function run(node: string, name: string, flags: readonly string[], env = {}): { passed: number; failed: number } {
  const report = `temp/tests-${name}.json`;
  rmSync(report, { force: true });
  console.log(`\nTests on Node ${name}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...flags], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const { numPassedTests: passed, numFailedTests: failed } = readCounts(report);
  return { passed, failed: status === 0 ? failed : Math.max(failed, 1) };
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
const runs = [run(process.execPath, process.versions.node, flags)];
const isOld = Number(process.versions.node.split('.')[0]) < 24;
if (isOld && newerNode) {
  const others = ['--project=node', '--passWithNoTests'];
  const env = { ...cpuKernels, VICINAL_EXCLUDE: JSON.stringify(onceOnly) };
  runs.push(run(newerNode, '24', [...flags, ...others], env));
  if (process.arch === 'x64') {
    const cpuOnly = ['--project=node', '--passWithNoTests', ...revectorized];
    runs.push(run(newerNode, '24-revectorized', [...flags, ...cpuOnly], { ...cpuKernels, VICINAL_REVECTORIZE: '1' }));
  }
}

const passed = runs.reduce((sum, result) => sum + result.passed, 0);
const failed = runs.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
