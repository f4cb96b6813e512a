import { workerSource } from './workerSource.ts';

/** What a worker is given when it starts. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** 1 and up; 0 is the launching thread. */
  readonly index: number;
}

/** Of the worker's source in a page, the same for all. */
let url: string | undefined;
const notLoaded =
  "the worker's script, a Blob, was not loaded; does the page's Content-Security-Policy allow `worker-src blob:`?";

/**
 * Starts a worker thread that does not keep the process alive, and gives back what ends it. `failed` hears of a worker
 * that could not start.
 */
export function spawn(start: WorkerStart, failed: (reason: string) => void): () => void {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (node) {
    // No execArgv: loaders and flags of the program are not meant for this thread.
    const worker = new node.Worker(workerSource, {
      eval: true,
      workerData: start,
      execArgv: [],
      name: 'vicinal kernels',
    });
    worker.on('error', (error) => failed(String(error)));
    worker.unref();
    return () => void worker.terminate();
  }
  url ??= URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'vicinal kernels' });
  worker.onerror = (event) => failed(event.message || notLoaded); // an event without a message: nothing ran yet
  worker.postMessage(start);
  return () => worker.terminate();
}
