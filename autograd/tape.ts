// The tape: one node per recorded op, walked from the newest to the oldest. Nodes are counted, so that a graph that
// nobody walks backward is freed with its last reachable output.

import type { Dtype } from '../tensor/dtype.ts';
import type { Runtime } from '../tensor/runtime.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Storage } from '../tensor/storage.ts';
import type { Layout } from '../tensor/tensor.ts';
import type { GraphNode } from '../tensor/variable.ts';
import type { AnyOpDefinition } from './types.ts';
import { GradError } from '../tensor/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Variable } from '../tensor/variable.ts';

let gradEnabled = true;
let nodesMade = 0;

export function isGradEnabled(): boolean {
  return gradEnabled;
}

/**
 * Runs `body` without recording.
 *
 * @example
 * const logits = noGrad(() => model.forward(image));
 */
export function noGrad<T>(body: () => T): T {
  return withGrad(false, body);
}

/** @internal Runs `body` with recording on or off. */
export function withGrad<T>(enabled: boolean, body: () => T): T {
  const before = gradEnabled;
  gradEnabled = enabled;
  try {
    return body();
  } finally {
    gradEnabled = before;
  }
}

/** A tensor kept for backward: its storage (counted), layout, and the version it had. */
class Saved {
  readonly #storage: Storage;
  readonly #dtype: Dtype;
  readonly #layout: Layout;
  readonly #variable: Variable | null;
  readonly #version: number;

  constructor(tensor: Tensor) {
    const { storage, dtype, shape, strides, offset, variable } = tensor;
    storage.retain();
    this.#storage = storage;
    this.#dtype = dtype;
    this.#layout = { shape, strides, offset };
    this.#variable = variable;
    this.#version = storage.version;
  }

  /** A handle with the identity of the tensor that was saved. */
  unpack(op: string): Tensor {
    const storage = this.#storage;
    if (storage.version !== this.#version) {
      const fields = { op, writer: storage.writer, saved: this.#version, found: storage.version };
      throw new GradError(
        `a tensor that its backward needs was changed in place by ${storage.writer} since forward; go backward before changing it`,
        fields,
      );
    }
    storage.retain();
    return new Tensor(storage, this.#dtype, this.#layout, this.#variable);
  }

  release(): void {
    this.#storage.release();
  }
}

type SavedSlot = Saved | readonly Saved[] | undefined;
interface OutputInfo {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly runtime: Runtime;
  readonly variable: Variable;
}

/** A recorded op. */
export class TapeNode implements GraphNode {
  /** Rises with creation, so descending order is a topological one. */
  readonly order = nodesMade++;
  readonly op: AnyOpDefinition;
  readonly outputs: (OutputInfo | undefined)[] = [];
  /** Per differentiable input, in slot order with lists laid flat: whose gradient it is. */
  edges: (Variable | null)[] = [];
  isWalked = false;
  readonly #attrs: object;
  readonly #shapes: object;
  readonly #savedInputs: Record<string, SavedSlot> = {};
  readonly #savedOutputs: Record<string, Saved> = {};
  /** How many outputs can be reached, and walks in progress. */
  #holds = 0;

  constructor(op: AnyOpDefinition, attrs: object, shapes: object) {
    this.op = op;
    this.#attrs = attrs;
    this.#shapes = shapes;
  }

  /** Declares output `index`. */
  output(index: number, shape: Shape, dtype: Dtype, runtime: Runtime): Variable {
    const variable = new Variable(this, index);
    this.outputs[index] = { shape, dtype, runtime, variable };
    this.#holds++;
    return variable;
  }

  /** Links the node to what it read, and saves what backward needs. */
  record(inputs: Record<string, Tensor | readonly Tensor[] | undefined>, outputs: readonly Tensor[]): void {
    const { op } = this;
    for (const slot of op.slots) {
      const value = inputs[slot.name];
      const list = value === undefined ? [null] : value instanceof Tensor ? [value] : value;
      if (slot.differentiable) {
        for (const tensor of list) {
          const variable = tensor?.variable ?? null;
          if (variable) variable.edges++;
          this.edges.push(variable);
        }
      }
      if (op.saves.includes(slot.name) && value !== undefined) {
        this.#savedInputs[slot.name] =
          value instanceof Tensor ? new Saved(value) : value.map((tensor) => new Saved(tensor));
      }
    }
    op.outputs.forEach((name, i) => {
      if (op.saves.includes(name)) this.#savedOutputs[name] = new Saved(outputs[i]!);
    });
  }

  /** Calls the op's backward. One entry per edge; null where no gradient flows. */
  backward(grads: readonly (Tensor | null)[], needs: readonly boolean[]): (Tensor | null)[] {
    const { op } = this;
    const inputs: Record<string, Tensor | Tensor[] | undefined> = {};
    for (const name in this.#savedInputs) {
      const saved = this.#savedInputs[name];
      inputs[name] = saved instanceof Saved ? saved.unpack(op.name) : saved?.map((item) => item.unpack(op.name));
    }
    const outputs: Record<string, Tensor> = {};
    for (const name in this.#savedOutputs) outputs[name] = this.#savedOutputs[name]!.unpack(op.name);
    const result = op.backward!({
      grads,
      inputs,
      outputs,
      attrs: this.#attrs,
      needs: this.#needsByName(needs),
      shapes: this.#shapes,
    });
    return op.slots.flatMap((slot) => {
      if (!slot.differentiable) return [];
      const value = result[slot.name] as Tensor | null | undefined | readonly (Tensor | null)[];
      return slot.many ? [...(value as readonly (Tensor | null)[])] : [(value ?? null) as Tensor | null];
    });
  }

  #needsByName(needs: readonly boolean[]): Record<string, boolean> {
    const named: Record<string, boolean> = {};
    let next = 0;
    for (const slot of this.op.slots) {
      if (!slot.differentiable) continue;
      const shapes = (this.#shapes as Record<string, unknown>)[slot.name];
      const count = slot.many ? (shapes as readonly unknown[]).length : 1;
      named[slot.name] = needs.slice(next, next + count).some(Boolean);
      next += count;
    }
    return named;
  }

  hold(): void {
    this.#holds++;
  }

  outputUnreachable(): void {
    if (--this.#holds > 0) return;
    pendingFrees.push(this);
    drainFrees();
  }

  /** Lets go of everything saved and read. */
  free(): void {
    for (const name in this.#savedInputs) {
      const saved = this.#savedInputs[name];
      if (saved instanceof Saved) saved.release();
      else saved?.forEach((item) => item.release());
      delete this.#savedInputs[name];
    }
    for (const name in this.#savedOutputs) {
      this.#savedOutputs[name]!.release();
      delete this.#savedOutputs[name];
    }
    const { edges } = this;
    this.edges = [];
    for (const variable of edges) variable?.releaseEdge();
  }
}

/** Nodes are freed in a loop, not by recursion: a graph may be thousands of ops deep. */
const pendingFrees: TapeNode[] = [];
let isDraining = false;

function drainFrees(): void {
  if (isDraining) return;
  isDraining = true;
  try {
    for (let node = pendingFrees.pop(); node; node = pendingFrees.pop()) node.free();
  } finally {
    isDraining = false;
  }
}
