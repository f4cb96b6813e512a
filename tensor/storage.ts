import type { Dtype } from './dtype.ts';
import type { Runtime } from './runtime.ts';
import { startedDevices } from './runtime.ts';

export interface Count {
  tensors: number;
  bytes: number;
  peak: number;
}

const counts = new WeakMap<Runtime, Count>();

/** The live counts of one device; one that is started again under its name counts anew. */
export function countOf(runtime: Runtime): Count {
  let count = counts.get(runtime);
  if (!count) counts.set(runtime, (count = { tensors: 0, bytes: 0, peak: 0 }));
  return count;
}

/**
 * A device buffer, counted: one for each handle (a tensor or a view of it) and one for each thing that the tape saved.
 * `version` rises with every op that writes in place.
 */
export class Storage {
  readonly runtime: Runtime;
  readonly dtype: Dtype;
  /** In elements. */
  readonly length: number;
  readonly handle: unknown;
  version = 0;
  /** The op that wrote last in place. */
  writer = '';
  #owners = 1;
  readonly #bytes: number;
  /** Its device's counts. */
  readonly count: Count;

  constructor(runtime: Runtime, dtype: Dtype, length: number) {
    this.runtime = runtime;
    this.dtype = dtype;
    this.length = length;
    this.handle = runtime.allocate(dtype, length);
    this.#bytes = length * elementBytes(runtime, dtype);
    const count = (this.count = countOf(runtime));
    count.bytes += this.#bytes;
    if (count.bytes > count.peak) count.peak = count.bytes;
  }

  retain(): void {
    this.#owners++;
  }

  release(): void {
    if (--this.#owners > 0) return;
    this.count.bytes -= this.#bytes;
    this.runtime.free(this.handle, this.dtype, this.length);
  }

  /** Notes that `op` wrote in place, so that backward refuses what was saved before. */
  written(op: string): void {
    this.version++;
    this.writer = op;
  }
}

function elementBytes(runtime: Runtime, dtype: Dtype): number {
  if (dtype === 'float64') return 8;
  if (dtype === 'float16') return 2;
  const isByte = dtype === 'bool' || dtype === 'uint8';
  return isByte && (runtime.name === 'cpu' || runtime.name === 'reference') ? 1 : 4;
}

/** One device's memory. */
export interface MemoryReport {
  /** Live handles: tensors and views that were not freed. */
  tensors: number;
  /** Bytes of live buffers. */
  bytes: number;
  /** Bytes taken from the system. */
  reserved: number;
  /** The most bytes that were live at once since the start, or since `resetPeak()`. */
  peak: number;
}

/**
 * What lives on each started device.
 *
 * @example
 * const before = memory().cpu?.bytes ?? 0;
 */
export function memory(): Record<string, MemoryReport> {
  const report: Record<string, MemoryReport> = {};
  for (const runtime of startedDevices()) report[runtime.name] = { ...countOf(runtime), reserved: runtime.reserved() };
  return report;
}

/** Starts a new measurement of `memory().peak`: of a training step, say. */
export function resetPeak(): void {
  for (const runtime of startedDevices()) {
    const count = countOf(runtime);
    count.peak = count.bytes;
  }
}
