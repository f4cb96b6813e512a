import type { Tensor } from '../../index.ts';

/** What an optimizer remembers of one parameter. */
export interface Memory {
  /** Steps taken. */
  step: number;
  /** By name, each of the parameter's shape. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** [0, steps that a GradScaler had skipped before the first step]; null where it was none. */
  readonly joined: Tensor | null;
}

/** Parameters that take their step in one op: alike in device, dtype, the number of the step and what is remembered. */
export interface Batch {
  readonly params: readonly Tensor[];
  /** Entry i is of parameter i. */
  readonly grads: readonly Tensor[];
  /** By name, entry i of parameter i. */
  readonly tensors: Readonly<Record<string, readonly Tensor[]>>;
  /** Counted from 1. */
  readonly step: number;
  /** Of parameter i: its steps are counted once this one is done. @internal */
  readonly memories: readonly Memory[];
  /** As `Memory.joined`. */
  readonly joined: Tensor | null;
}

/** The fewest batches of parameters with a gradient each. */
export function batchesOf(entries: Iterable<readonly [param: Tensor, grad: Tensor, memory: Memory]>): readonly Batch[] {
  const batches: Growing[] = [];
  for (const [param, grad, memory] of entries) {
    let batch = batches.find((one) => isOf(one, param, memory));
    if (!batch) {
      const { joined } = memory;
      const step = memory.step + 1;
      const tensors = Object.fromEntries(Object.keys(memory.tensors).map((name) => [name, []]));
      batches.push((batch = { params: [], grads: [], memories: [], tensors, step, joined }));
    }
    batch.params.push(param);
    batch.grads.push(grad);
    batch.memories.push(memory);
    for (const name in memory.tensors) batch.tensors[name]!.push(memory.tensors[name]!);
  }
  return batches;
}

interface Growing extends Batch {
  readonly params: Tensor[];
  readonly grads: Tensor[];
  readonly memories: Memory[];
  readonly tensors: Readonly<Record<string, Tensor[]>>;
}

function isOf({ params: [first], tensors, step, joined }: Batch, param: Tensor, memory: Memory): boolean {
  return (
    step === memory.step + 1 &&
    joined === memory.joined &&
    first!.dtype === param.dtype &&
    first!.device === param.device &&
    Object.keys(memory.tensors).join() === Object.keys(tensors).join()
  );
}
