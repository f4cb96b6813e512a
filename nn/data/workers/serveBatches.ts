import type { HostTensor } from '../../../tensor/io/elements.ts';
import type { MadeBatch, SampleSource } from '../makeBatch.ts';
import type { WorkerReply } from './messages.ts';
import { ArgumentError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { checkDataset } from '../checkDataset.ts';
import { makeBatch } from '../makeBatch.ts';
import { recordError } from './errorRecord.ts';
import { isOurs } from './messages.ts';

/** This thread's end of the line to the one that made it. */
interface Port {
  post(reply: WorkerReply, transfer?: ArrayBuffer[]): void;
  listen(heard: (message: unknown) => void): void;
}

/**
 * Makes a worker's module answer a `DataLoader`: it makes batches of these samples in the worker's thread. The loader is to have
 * the same dataset, transform and collate, so both import them from one module:
 *
 * ```js
 * // samples.js
 * export const dataset = new nn.data.ImageFolder('photographs');
 * export const transform = ({ image, label }, generator) => ({ image: augment(image, generator), label });
 * // samples.worker.js
 * nn.data.serveBatches({ dataset, transform });
 * // train.js
 * const worker = new URL('./samples.worker.js', import.meta.url);
 * const loader = new nn.data.DataLoader(dataset, { transform, batchSize: 64, numWorkers: 2, worker });
 * ```
 *
 * In Node the modules may be TypeScript, run by tsx or by Node itself. In a page that is bundled (Vite, webpack, esbuild) `worker` is
 * `() => new Worker(new URL('./samples.worker.js', import.meta.url), { type: 'module' })`, written out, so that the bundler finds the module.
 *
 * What `collate` gives is handed over: arrays that fill their buffer are moved, and can no longer be used in the worker.
 *
 * @throws ArgumentError on the main thread, or for no dataset
 */
export function serveBatches<S extends object, T extends object = S>(source: SampleSource<S, T>): void {
  const op = 'serveBatches';
  checkOptions(op, source, ['dataset', 'transform', 'collate'], ['dataset']);
  checkDataset(op, source.dataset);
  const port = ownPort(op);
  port.listen((message) => {
    if (!isOurs(message) || message.vicinal !== 'batch') return;
    const { id, task } = message;
    makeBatch(source, task).then(
      (made) => send(port, id, made),
      (error: unknown) => port.post({ vicinal: 'failed', id, error: recordError(error) }),
    );
  });
  const { dataset, transform, collate } = source;
  port.post({ vicinal: 'ready', size: dataset.size, hasTransform: !!transform, hasCollate: !!collate });
}

function send<T extends object>(port: Port, id: number, { batch, broken }: MadeBatch<T>): void {
  const moved = new Set<ArrayBuffer>();
  const whole: Record<string, HostTensor> = {};
  for (const [key, tensor] of Object.entries<HostTensor>(batch ?? {})) {
    const isPart = tensor.data.byteLength < tensor.data.buffer.byteLength;
    // Not by its own `slice`: that of a Node Buffer copies nothing.
    const data = isPart ? (Uint8Array.prototype.slice.call(tensor.data) as typeof tensor.data) : tensor.data;
    if (data.buffer instanceof ArrayBuffer) moved.add(data.buffer);
    whole[key] = { ...tensor, data };
  }
  try {
    port.post({ vicinal: 'made', id, batch: batch && whole, broken }, [...moved]);
  } catch (error) {
    port.post({ vicinal: 'failed', id, error: recordError(error) });
  }
}

function ownPort(op: string): Port {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (node) {
    return {
      post: (reply, transfer = []) => node.postMessage(reply, transfer),
      listen: (heard) => node.on('message', heard),
    };
  }
  if (!('WorkerGlobalScope' in globalThis)) {
    throw new ArgumentError('is for the module of a worker; a DataLoader starts it by its option `worker`', { op });
  }
  const page = globalThis as unknown as Worker;
  return {
    post: (reply, transfer = []) => page.postMessage(reply, transfer),
    listen: (heard) => page.addEventListener('message', ({ data }) => heard(data)),
  };
}
