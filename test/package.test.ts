import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newerNode } from '../scripts/newer-node.ts';

// What a user gets: the packed package, unpacked into a project of its own and run by plain Node.
const project = mkdtempSync(join(tmpdir(), 'vicinal-package-'));
const installed = join(project, 'node_modules/vicinal');

beforeAll(() => {
  if (!existsSync('dist/index.js')) throw new Error('dist/ is missing; npm run build makes it');
  mkdirSync(installed, { recursive: true });
  const packed = run('npm', ['pack', '--silent', '--pack-destination', project]).trim();
  run('tar', ['-xzf', join(project, packed), '-C', installed, '--strip-components=1']);
}, 60_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Runs a program of the project until it ends by itself, which it must within the time of the test. */
function runProgram(node: string, source: string): Promise<{ code: number | null; output: string }> {
  const path = join(project, 'program.mjs');
  writeFileSync(path, source);
  return new Promise((resolve) => {
    const child = spawn(node, [path], { cwd: project, timeout: 30_000 });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Big enough a product that the worker threads are started: they must not keep the process alive. */
const training = `
import { manualSeed, randn, randint, scope, setThreads } from 'vicinal';
import * as nn from 'vicinal/nn';
import { defineOp } from 'vicinal/kernels';

manualSeed(0);
setThreads(2);
const model = new nn.Linear(256, 256);
const optimizer = new nn.optim.AdamW(model.parameters(), { lr: 1e-2 });
const [x, y] = [randn([512, 256]), randint(0, 256, [512])];
const losses = [];
for (let step = 0; step < 5; step++) {
  const loss = scope(() => {
    optimizer.zeroGrad();
    const loss = nn.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  losses.push(await loss.item());
}
console.log(typeof defineOp, losses.at(-1) < losses[0] ? 'learns' : losses.join(' '));
`;

describe('the packed package', () => {
  const learns = { code: 0, output: 'function learns\n' };
  const trains = (node: string) => async () => expect(await runProgram(node, training)).toEqual(learns);

  test('trains, and the process ends by itself', trains(process.execPath));
  test.runIf(newerNode)('does so on a newer Node', trains(newerNode ?? ''));

  test('does so bundled: what it does on import is not shaken off', async () => {
    const stdin = { contents: training, resolveDir: project };
    const { outputFiles } = await build({ stdin, bundle: true, platform: 'node', format: 'esm', write: false });
    expect(await runProgram(process.execPath, outputFiles[0]?.text ?? '')).toEqual(learns);
  });

  test('has no dependencies and no install script', () => {
    const { dependencies, optionalDependencies, scripts } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string> | undefined>;
    expect([dependencies, optionalDependencies]).toEqual([undefined, undefined]);
    expect(Object.keys(scripts ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
  });
});
