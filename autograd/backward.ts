import type { TapeNode } from './tape.ts';
import type { Variable } from '../tensor/variable.ts';
import { ArgumentError, GradError, ShapeError } from '../tensor/errors.ts';
import { scope } from '../tensor/scope.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { checkTensor, Tensor } from '../tensor/tensor.ts';
import { withoutAutocast } from './autocast.ts';
import { withGrad } from './tape.ts';
import { checkOptions } from '../tensor/options.ts';

export interface GradOptions {
  /** The gradient of `output`, when it is not a scalar. Default: 1. */
  gradOutput?: Tensor;
  /** Record the walk, so that the result can be differentiated again. */
  createGraph?: boolean;
  /** Keep what the ops saved, so that the same output can be walked again. Default: `createGraph`. */
  keepTape?: boolean;
  /** Give zeros for an input that had no part in the output, instead of a GradError. */
  allowUnused?: boolean;
}

/**
 * Adds d output / d leaf to the `.grad` of every leaf that `output` was computed from, and frees the tape.
 *
 * @throws GradError when nothing requires a gradient, when the tape was already walked, or when a saved tensor was
 *   changed in place since forward; ShapeError when `output` is not a scalar and no `gradOutput` is given.
 */
export function backward(output: Tensor, gradOutput?: Tensor): void {
  checkSeed('backward', output, gradOutput);
  new Walk('backward', output.variable!, null).run(output, gradOutput ? { gradOutput } : {});
}

/**
 * d output / d input for each of `inputs`; leaves every `.grad` alone, and the tape that does not lie between.
 *
 * @throws as `backward`; GradError when an input has no influence on `output`.
 * @example
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * const [dx] = grad(x.square().sum(), [x]);         // [2, 4, 6]
 */
export function grad(output: Tensor, inputs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  checkOptions('grad', options, ['gradOutput', 'createGraph', 'keepTape', 'allowUnused']);
  checkSeed('grad', output, options.gradOutput);
  const targets: Targets = new Map();
  for (const variable of variablesOf(inputs)) targets.set(variable, null);
  try {
    new Walk('grad', output.variable!, targets).run(output, options);
    return inputs.map((input, index) => {
      const gradient = targets.get(input.variable!);
      if (gradient) return gradient.alias();
      if (options.allowUnused) return filled(input, 0);
      const message = `input ${index} of shape ${formatShape(input.shape)} had no part in the output`;
      throw new GradError(message, { op: 'grad', index });
    });
  } finally {
    targets.forEach((gradient) => gradient?.dispose());
  }
}

function variablesOf(inputs: readonly Tensor[]): Variable[] {
  if (!Array.isArray(inputs)) throw new ArgumentError(`inputs must be an array of tensors`, { op: 'grad', inputs });
  return (inputs as readonly Tensor[]).map((input, index) => {
    checkTensor('grad', `input ${index}`, input);
    if (input.variable) return input.variable;
    const message = `input ${index} of shape ${formatShape(input.shape)} does not require a gradient`;
    throw new GradError(message, { op: 'grad', index });
  });
}

/** Whose gradients are wanted, and what has arrived. Null in place of the map: every leaf's, into its `.grad`. */
type Targets = Map<Variable, Tensor | null>;

/** One walk over the tape. */
class Walk {
  readonly #root: Variable;
  readonly #targets: Targets | null;
  /** What lies between the root and the targets, newest first. */
  readonly #nodes: ReadonlySet<TapeNode>;
  /** Gradients of recorded ops that were not visited yet. */
  readonly #pending = new Map<Variable, Tensor>();
  /** Of each leaf with hooks: how many edges that lead to it were not walked yet, and whether a gradient came. */
  readonly #awaited = new Map<Variable, { edges: number; isReached: boolean }>();

  constructor(op: string, root: Variable, targets: Targets | null) {
    this.#root = root;
    this.#targets = targets;
    this.#nodes = between(op, root, targets);
    if (!targets) this.#awaitLeaves();
  }

  run(output: Tensor, { gradOutput, createGraph = false, keepTape = createGraph }: GradOptions): void {
    const nodes = [...this.#nodes];
    nodes.forEach((node) => node.hold());
    try {
      withoutAutocast(() =>
        withGrad(createGraph, () => {
          scope(() => {
            this.#deliver(this.#root, gradOutput ? seedOf(gradOutput, createGraph) : filled(output, 1));
            this.#passed([this.#root]);
          });
          for (const node of nodes) {
            scope(() => this.#visit(node));
            if (this.#awaited.size > 0) scope(() => this.#passed(node.edges));
            if (keepTape) continue;
            node.isWalked = true;
            node.free();
          }
        }),
      );
    } finally {
      this.#pending.forEach((gradient) => gradient.dispose());
      nodes.forEach((node) => node.release());
    }
  }

  /** Runs one node's backward and hands the results on. */
  #visit(node: TapeNode): void {
    const { outputs, edges } = node;
    const grads: (Tensor | null)[] = [];
    let isReached = false;
    for (const variable of outputs) {
      const gradient = (variable && this.#pending.get(variable)) ?? null;
      isReached ||= gradient !== null;
      grads.push(gradient);
    }
    if (!isReached) return;
    const needs: boolean[] = [];
    for (const variable of edges) needs.push(isWanted(variable, this.#nodes, this.#targets));
    const results = node.backward(grads, needs);
    for (let i = 0; i < edges.length; i++) {
      const gradient = results[i];
      if (gradient && needs[i]) this.#deliver(edges[i]!, gradient);
    }
    for (let i = 0; i < outputs.length; i++) {
      if (grads[i]) this.#pending.delete(outputs[i]!);
      grads[i]?.dispose();
    }
  }

  #awaitLeaves(): void {
    for (const edges of [[this.#root], ...[...this.#nodes].map((node) => node.edges)]) {
      for (const leaf of edges) {
        if (!leaf?.hooks) continue;
        const awaited = this.#awaited.get(leaf);
        if (awaited) awaited.edges++;
        else this.#awaited.set(leaf, { edges: 1, isReached: false });
      }
    }
  }

  /** Runs the hooks of the leaves for which these were the last edges. */
  #passed(edges: readonly (Variable | null)[]): void {
    for (const leaf of edges) {
      const awaited = leaf && this.#awaited.get(leaf);
      if (awaited && --awaited.edges === 0 && awaited.isReached) leaf.hooks?.forEach((hook) => hook());
    }
  }

  #deliver(variable: Variable, gradient: Tensor): void {
    const { node } = variable;
    if (this.#targets?.has(variable)) accumulate(this.#targets, variable, gradient);
    if (node && this.#nodes.has(node as TapeNode)) accumulate(this.#pending, variable, gradient);
    else if (!this.#targets && variable.handles > 0) {
      variable.grad = sumOf(variable.grad, gradient);
      const awaited = this.#awaited.get(variable);
      if (awaited) awaited.isReached = true;
    }
  }
}

function accumulate(sums: Map<Variable, Tensor | null>, variable: Variable, gradient: Tensor): void {
  sums.set(variable, sumOf(sums.get(variable) ?? null, gradient));
}

/** `sum + gradient` as a tensor of its own; `sum` is freed, unless it was kept. Never in place: the two may share storage with others. */
function sumOf(sum: Tensor | null, gradient: Tensor): Tensor {
  if (!sum) return gradient.alias().own();
  const total = sum.add(gradient).own();
  if (!sum.isKept) sum.dispose();
  return total;
}

function isWanted(variable: Variable | null, nodes: ReadonlySet<TapeNode>, targets: Targets | null): boolean {
  if (!variable) return false;
  if (targets?.has(variable)) return true;
  return variable.node ? nodes.has(variable.node as TapeNode) : !targets;
}

/** The nodes that `root` was computed from and that lead to a target, newest first. */
function between(op: string, root: Variable, targets: Targets | null): ReadonlySet<TapeNode> {
  const found = new Set<TapeNode>();
  const stack = root.node ? [root.node as TapeNode] : [];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (found.has(node)) continue;
    if (node.isWalked) {
      throw new GradError(
        `the tape through ${node.op.name} was already walked backward and freed; call backward once, or grad(..., { keepTape: true })`,
        { op },
      );
    }
    found.add(node);
    for (const variable of node.edges) if (variable?.node) stack.push(variable.node as TapeNode);
  }
  const oldestFirst = [...found].sort((a, b) => a.order - b.order);
  const useful = new Set<TapeNode>();
  for (const node of oldestFirst) {
    if (node.edges.some((variable) => isWanted(variable, useful, targets))) useful.add(node);
  }
  return new Set([...useful].toReversed());
}

function checkSeed(op: string, output: Tensor, gradOutput: Tensor | undefined): void {
  checkTensor(op, 'output', output);
  if (!output.variable) {
    throw new GradError(
      `the ${output.dtype} tensor of shape ${formatShape(output.shape)} does not depend on a tensor that requires a gradient`,
      { op },
    );
  }
  if (!gradOutput) {
    if (output.size === 1) return;
    throw new ShapeError(`output has shape ${formatShape(output.shape)}; reduce it to a scalar or pass gradOutput`, {
      op,
      shape: output.shape,
    });
  }
  checkTensor(op, 'gradOutput', gradOutput);
  if (
    sameShape(gradOutput.shape, output.shape) &&
    gradOutput.dtype === output.dtype &&
    gradOutput.device === output.device
  )
    return;
  throw new ArgumentError(`gradOutput must be like the output, ${String(output)}; got ${String(gradOutput)}`, { op });
}

/** The caller's gradient; cut off from its own history unless that is to be differentiated too. */
function seedOf(gradOutput: Tensor, createGraph: boolean): Tensor {
  return createGraph ? gradOutput : gradOutput.detach();
}

function filled({ storage: { runtime }, dtype, shape, size }: Tensor, value: number): Tensor {
  const result = Tensor.empty(runtime, dtype, shape);
  runtime.fill(result.storage.handle, dtype, size, value);
  return result;
}
