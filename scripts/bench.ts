// npm run bench -- cpu: compiles the bench, then runs it on the newest Node at hand, because relaxed SIMD needs one newer than 20.
import { spawnSync } from 'node:child_process';
import { buildBench } from '../bench/build.ts';
import { newerNode } from './newer-node.ts';

const [suite, ...rest] = process.argv.slice(2);
if (suite === 'webgl') {
  const { runWebgl } = await import('../bench/webgl/run.ts');
  await runWebgl(rest);
  process.exit();
}
await buildBench();
const major = Number(process.versions.node.split('.')[0]);
const node = major >= 24 ? process.execPath : (newerNode ?? process.execPath);
const older = node === process.execPath ? [] : [`--older-node=${process.execPath}`];
const { status } = spawnSync(node, ['bench/dist/run.js', ...process.argv.slice(2), ...older], { stdio: 'inherit' });
process.exitCode = status ?? 1;
