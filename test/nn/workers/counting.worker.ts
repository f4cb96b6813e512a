// Counts the samples that were made, where the test can see it, and which batches' arrays were moved out of this thread.
import { workerData } from 'node:worker_threads';
import * as nn from '../../../nn/index.ts';
import { stack } from '../../../nn/data/collate.ts';

const made = new Int32Array(workerData as SharedArrayBuffer);
let last: ArrayBufferLike | undefined;

nn.data.serveBatches({
  dataset: {
    size: 12,
    get(index: number) {
      Atomics.add(made, 0, 1);
      Atomics.notify(made, 0);
      return { x: new Float32Array(100).fill(index) };
    },
  },
  collate(samples) {
    if (last?.byteLength === 0) Atomics.add(made, 1, 1);
    const batch = stack(samples);
    last = batch.x.data.buffer;
    return batch;
  },
});
