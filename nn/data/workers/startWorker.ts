import type { WorkerLike } from './batchWorker.ts';

/**
 * What a thread of Node runs first, given the module's address. Node 20 does not know TypeScript, and tsx registers itself in the
 * main thread alone: there it is registered here, where the module's package has it. (The form of tsx that is no ES module looks
 * for its hooks in the wrong place.)
 */
const bootstrap = `'use strict';
const { workerData: module } = require('node:worker_threads');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');
async function registerTsx() {
  if (process.features.typescript || !/\\.[cm]?tsx?$/.test(new URL(module).pathname)) return;
  let path;
  try {
    path = createRequire(module).resolve('tsx/esm/api').replace(/\\.cjs$/, '.mjs');
  } catch {
    return; // the import says what Node does not know
  }
  const { register } = await import(pathToFileURL(path));
  register();
}
registerTsx().then(() => import(module));
`;

/** Runs a module in a thread of its own. */
export function startWorker(module: URL): WorkerLike {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (!node) return new Worker(module, { type: 'module' });
  return new node.Worker(bootstrap, { eval: true, workerData: module.href, name: 'vicinal batches' });
}
