// What a loader and its workers tell one another.

import type { BatchTask, HostBatch } from '../makeBatch.ts';
import type { ErrorRecord } from './errorRecord.ts';

/** From the loader: make this batch. */
export interface BatchRequest {
  readonly vicinal: 'batch';
  readonly id: number;
  readonly task: BatchTask;
}

/** From a worker, once: it can be asked. What it has must be what the loader has. */
export interface Ready {
  readonly vicinal: 'ready';
  readonly size: number;
  readonly hasTransform: boolean;
  readonly hasCollate: boolean;
}

/** From a worker: the batch with this number, or why there is none. */
export interface BatchReply {
  readonly vicinal: 'made';
  readonly id: number;
  readonly batch: HostBatch<object> | null;
  readonly broken: readonly string[];
}

export interface FailedReply {
  readonly vicinal: 'failed';
  readonly id: number;
  readonly error: ErrorRecord;
}

export type WorkerReply = Ready | BatchReply | FailedReply;

/** Whether a message is one of these: a worker's module may send its own too. */
export function isOurs(message: unknown): message is BatchRequest | WorkerReply {
  return typeof message === 'object' && message !== null && 'vicinal' in message;
}
