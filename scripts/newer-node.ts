import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('node24/node_modules/node24/bin/node', import.meta.url));

/** The optional Node 24 of scripts/node24, or undefined where npm has none for this platform or it does not start. */
export const newerNode = spawnSync(path, ['--version']).status === 0 ? path : undefined;
