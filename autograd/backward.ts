import type { TapeNode } from './tape.ts';
import type { Variable } from '../tensor/variable.ts';
import { ArgumentError, GradError, ShapeError } from '../tensor/errors.ts';
import { scope } from '../tensor/scope.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { withGrad } from './tape.ts';

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
  walk('backward', output, null, gradOutput ? { gradOutput } : {});
}

/**
 * d output / d input for each of `inputs`; leaves every `.grad` alone.
 *
 * @throws as `backward`; GradError when an input has no influence on `output`.
 * @example
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * const [dx] = grad(x.square().sum(), [x]);         // [2, 4, 6]
 */
export function grad(output: Tensor, inputs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  const targets = new Map<Variable, Tensor | null>();
  inputs.forEach((input, i) => {
    input.assertLive('grad');
    if (!input.variable)
      throw new GradError(`input ${i} of shape ${formatShape(input.shape)} does not require a gradient`, {
        op: 'grad',
        index: i,
      });
    targets.set(input.variable, null);
  });
  walk('grad', output, targets, options);
  const missing = inputs.findIndex((input) => !targets.get(input.variable!));
  if (missing >= 0 && !options.allowUnused) {
    targets.forEach((value) => value?.dispose());
    const { shape } = inputs[missing]!;
    throw new GradError(`input ${missing} of shape ${formatShape(shape)} had no part in the output`, {
      op: 'grad',
      index: missing,
    });
  }
  const results = inputs.map((input) => targets.get(input.variable!)?.alias() ?? filled(input, 0));
  targets.forEach((value) => value?.dispose());
  return results;
}

type Targets = Map<Variable, Tensor | null>;

function walk(op: string, output: Tensor, targets: Targets | null, options: GradOptions): void {
  checkSeed(op, output, options.gradOutput);
  const root = output.variable!;
  const keepTape = options.keepTape ?? options.createGraph ?? false;
  const { nodes, useful } = collect(op, root, targets);
  const seed = options.gradOutput ?? filled(output, 1).own();
  const pending = new Map<Variable, Tensor>();
  const deliver = (variable: Variable, gradient: Tensor): void => {
    if (targets?.has(variable)) targets.set(variable, accumulate(targets.get(variable) ?? null, gradient));
    if (variable.node) addPending(pending, variable, gradient);
    else if (!targets && variable.handles > 0) variable.grad = accumulate(variable.grad, gradient);
  };
  nodes.forEach((node) => node.hold());
  try {
    withGrad(options.createGraph ?? false, () => {
      scope(() => deliver(root, seed));
      for (const node of nodes) {
        if (useful.has(node)) scope(() => visit(node, pending, useful, targets, deliver));
        if (keepTape) continue;
        node.isWalked = true;
        node.free();
      }
    });
  } finally {
    if (seed !== options.gradOutput) seed.dispose();
    pending.forEach((tensor) => tensor.dispose());
    nodes.forEach((node) => node.outputUnreachable());
  }
}

/** Runs one node's backward and hands the results on. */
function visit(
  node: TapeNode,
  pending: Map<Variable, Tensor>,
  useful: Set<TapeNode>,
  targets: Targets | null,
  deliver: (v: Variable, g: Tensor) => void,
): void {
  const grads = node.outputs.map((info) => (info ? (pending.get(info.variable) ?? null) : null));
  if (grads.every((g) => g === null)) return;
  const needs = node.edges.map((variable) => isWanted(variable, useful, targets));
  const results = node.backward(grads, needs);
  node.edges.forEach((variable, i) => {
    const gradient = results[i];
    if (variable && gradient && needs[i]) deliver(variable, checkGradient(node, variable, gradient));
  });
  for (const info of node.outputs) {
    if (!info) continue;
    pending.get(info.variable)?.dispose();
    pending.delete(info.variable);
  }
}

function isWanted(variable: Variable | null, useful: Set<TapeNode>, targets: Targets | null): boolean {
  if (!variable) return false;
  if (targets?.has(variable)) return true;
  return variable.node ? useful.has(variable.node as TapeNode) : !targets;
}

function checkGradient(node: TapeNode, variable: Variable, gradient: Tensor): Tensor {
  const info = (variable.node as TapeNode | null)?.outputs[variable.index];
  if (info && !sameShape(info.shape, gradient.shape)) {
    const shapes = { expected: info.shape, got: gradient.shape };
    throw new GradError(
      `its backward gave a gradient of shape ${formatShape(gradient.shape)} for an input of shape ${formatShape(info.shape)}`,
      { op: node.op.name, ...shapes },
    );
  }
  return gradient;
}

function addPending(pending: Map<Variable, Tensor>, variable: Variable, gradient: Tensor): void {
  pending.set(variable, accumulate(pending.get(variable) ?? null, gradient));
}

/** `sum + gradient` as a kept tensor of its own; `sum` is freed. Never in place: the two may share storage with others. */
function accumulate(sum: Tensor | null, gradient: Tensor): Tensor {
  if (!sum) return gradient.alias().own();
  const total = sum.add(gradient).own();
  sum.dispose();
  return total;
}

/** The nodes that `root` was computed from, newest first, and those among them that lead to a target. */
function collect(op: string, root: Variable, targets: Targets | null): { nodes: TapeNode[]; useful: Set<TapeNode> } {
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
  const nodes = [...found].sort((a, b) => b.order - a.order);
  if (!targets) return { nodes, useful: found };
  const useful = new Set<TapeNode>();
  for (const node of nodes.toReversed()) {
    if (node.edges.some((variable) => isWanted(variable, useful, targets))) useful.add(node);
  }
  return { nodes, useful };
}

function checkSeed(op: string, output: Tensor, gradOutput: Tensor | undefined): void {
  output.assertLive(op);
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
  gradOutput.assertLive(op);
  if (
    sameShape(gradOutput.shape, output.shape) &&
    gradOutput.dtype === output.dtype &&
    gradOutput.device === output.device
  )
    return;
  throw new ArgumentError(`gradOutput must be like the output, ${String(output)}; got ${String(gradOutput)}`, { op });
}

function filled({ storage: { runtime }, dtype, shape, size }: Tensor, value: number): Tensor {
  const result = Tensor.empty(runtime, dtype, shape);
  runtime.fill(result.storage.handle, dtype, size, value);
  return result;
}
