// npm run bench -- cpu: runs bench/run.ts on the newest Node at hand, because relaxed SIMD needs one newer than 20.
import { spawnSync } from 'node:child_process';
import { newerNode } from './newer-node.ts';

const major = Number(process.versions.node.split('.')[0]);
const node = major >= 24 ? process.execPath : (newerNode ?? process.execPath);
const { status } = spawnSync(node, ['--import', 'tsx', 'bench/run.ts', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
