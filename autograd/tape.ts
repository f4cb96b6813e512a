// The tape: one node per recorded op, walked from the newest to the oldest. Nodes are counted, so that a graph that
// nobody walks backward is freed with its last reachable output.

import type { Dtype } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Storage } from '../tensor/storage.ts';
import type { Layout } from '../tensor/layout.ts';
import type { GraphNode } from '../tensor/variable.ts';
import type { AnyOpDefinition } from './types.ts';
import { GradError } from '../tensor/errors.ts';
import { isThenable, refuseAsync } from '../tensor/scope.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
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
 * @throws ArgumentError when the body is async: what it computes after its first `await` would be recorded.
 * @example
 * const model = new nn.Linear(3, 2);
 * noGrad(() => model.forward(ones([1, 3]))).requiresGrad; // false
 */
export function noGrad<T>(body: () => T): T {
  const result = withGrad(false, body);
  return isThenable(result) ? refuseAsync('noGrad', result) : result;
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

/** Of a node that holds nothing: not recorded yet, or freed. */
const none: readonly never[] = [];

/** A recorded op. */
export class TapeNode implements GraphNode {
  /** Rises with creation, so descending order is a topological one. */
  readonly order = nodesMade++;
  readonly op: AnyOpDefinition;
  /** One per output; null for one that takes no gradient. */
  readonly outputs: (Variable | null)[];
  /** Per differentiable input, in slot order with lists laid flat: whose gradient it is. */
  edges: readonly (Variable | null)[] = none;
  isWalked = false;
  readonly #attrs: object;
  readonly #shapes: Record<string, Shape | readonly Shape[] | undefined>;
  /** Per edge: the dtype of what was read. */
  #dtypes: readonly (Dtype | undefined)[] = none;
  /** In slot order, and in output order: what backward needs. */
  #savedInputs: readonly (Saved | readonly Saved[] | undefined)[] = none;
  #savedOutputs: readonly (Saved | undefined)[] = none;
  /** How many outputs can be reached, and walks in progress. */
  #holds = 0;

  constructor(op: AnyOpDefinition, attrs: object, shapes: Record<string, Shape | readonly Shape[] | undefined>) {
    this.op = op;
    this.outputs = op.outputs.map(() => null);
    this.#attrs = attrs;
    this.#shapes = shapes;
  }

  /** Declares that output `index` takes a gradient. */
  output(index: number): Variable {
    return (this.outputs[index] = new Variable(this, index));
  }

  /** Links the node to what it read, and saves what backward needs. */
  record(inputs: Record<string, Tensor | readonly Tensor[] | undefined>, outputs: readonly Tensor[]): void {
    const { slots, saves, keeps, outputs: names } = this.op;
    // Arrays of their length: one that grows takes room for sixteen, and there is a node for each op.
    const [edges, dtypes] = [new Array<Variable | null>(slots.length), new Array<Dtype | undefined>(slots.length)];
    const saved = new Array<Saved | readonly Saved[] | undefined>(slots.length);
    let count = 0;
    const link = (input: Tensor | undefined): void => {
      const variable = input?.variable ?? null;
      variable?.retainEdge();
      edges[count] = variable;
      dtypes[count++] = input?.dtype;
    };
    for (let i = 0; i < slots.length; i++) {
      const { name, differentiable } = slots[i]!;
      const value = inputs[name];
      const isSaved = saves.includes(name) && (keeps === undefined || keeps(name, this.#attrs));
      if (value === undefined || value instanceof Tensor) {
        if (differentiable) link(value);
        saved[i] = isSaved && value ? new Saved(value) : undefined;
      } else {
        if (differentiable) value.forEach(link);
        saved[i] = isSaved ? value.map((tensor) => new Saved(tensor)) : undefined;
      }
    }
    edges.length = dtypes.length = count;
    this.edges = edges;
    this.#dtypes = dtypes;
    this.#savedInputs = saved;
    this.#savedOutputs = outputs.map((output, i) => (saves.includes(names[i]!) ? new Saved(output) : undefined));
  }

  /** Calls the op's backward. One entry per edge; null where no gradient flows. */
  backward(grads: readonly (Tensor | null)[], needs: readonly boolean[]): (Tensor | null)[] {
    const { op } = this;
    const inputs: Record<string, Tensor | Tensor[]> = {};
    const outputs: Record<string, Tensor> = {};
    for (let i = 0; i < this.#savedInputs.length; i++) {
      const saved = this.#savedInputs[i];
      if (saved instanceof Saved) inputs[op.slots[i]!.name] = saved.unpack(op.name);
      else if (saved) inputs[op.slots[i]!.name] = saved.map((item) => item.unpack(op.name));
    }
    for (let i = 0; i < this.#savedOutputs.length; i++) {
      const saved = this.#savedOutputs[i];
      if (saved) outputs[op.outputs[i]!] = saved.unpack(op.name);
    }
    const wanted = this.#needsByName(needs);
    return this.#gradientsByEdge(
      op.backward!({ grads, inputs, outputs, attrs: this.#attrs, needs: wanted, shapes: this.#shapes }),
    );
  }

  #needsByName(needs: readonly boolean[]): Record<string, boolean> {
    const named: Record<string, boolean> = {};
    let next = 0;
    for (const slot of this.op.slots) {
      if (!slot.differentiable) continue;
      let count = slot.many ? (this.#shapes[slot.name] as readonly Shape[]).length : 1;
      named[slot.name] = false;
      for (; count > 0; count--) if (needs[next++]) named[slot.name] = true;
    }
    return named;
  }

  #gradientsByEdge(result: Record<string, unknown>): (Tensor | null)[] {
    const gradients: (Tensor | null)[] = [];
    for (const { name, many, differentiable } of this.op.slots) {
      if (!differentiable) continue;
      const value = result[name] as Tensor | readonly (Tensor | null)[] | null | undefined;
      const shape = this.#shapes[name];
      if (!many) gradients.push(this.#checked(gradients.length, value as Tensor | null | undefined, shape as Shape));
      else
        (shape as Shape[]).forEach((one, i) =>
          gradients.push(this.#checked(gradients.length, (value as (Tensor | null)[])[i], one)),
        );
    }
    return gradients;
  }

  /** The gradient in its input's dtype: what flows back through a cast, or meets statistics of another precision, changes it. */
  #checked(edge: number, gradient: Tensor | null | undefined, shape: Shape): Tensor | null {
    if (!gradient) return null;
    const dtype = this.#dtypes[edge] ?? gradient.dtype;
    if (sameShape(gradient.shape, shape)) return gradient.dtype === dtype ? gradient : gradient.cast(dtype);
    throw new GradError(
      `its backward gave a gradient of shape ${formatShape(gradient.shape)} for an input of shape ${formatShape(shape)}`,
      { op: this.op.name, expected: shape, got: gradient.shape },
    );
  }

  get isReachable(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    if (--this.#holds > 0) return;
    pendingFrees.push(this);
    drainFrees();
  }

  /** Lets go of everything saved and read. */
  free(): void {
    const { edges } = this;
    for (const saved of this.#savedInputs) {
      if (saved instanceof Saved) saved.release();
      else saved?.forEach((item) => item.release());
    }
    for (const saved of this.#savedOutputs) saved?.release();
    this.edges = none;
    this.#savedInputs = none;
    this.#savedOutputs = none;
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
