import type { Tensor } from './tensor.ts';

/** A recorded op, as the tensor floor sees it: held while one of its outputs can be reached. */
export interface GraphNode {
  hold(): void;
  release(): void;
}

/**
 * The autograd identity that a tensor shares with its aliases: a leaf that collects `grad`, or output `index` of `node`.
 * Counted: `handles` are live tensors, `edges` are recorded ops that read it.
 */
export class Variable {
  readonly node: GraphNode | null;
  readonly index: number;
  grad: Tensor | null = null;
  /** What runs when a walk has added all of its gradient to `grad`; null for none. */
  hooks: Set<() => void> | null = null;
  handles = 0;
  edges = 0;

  constructor(node: GraphNode | null, index: number) {
    this.node = node;
    this.index = index;
  }

  retainHandle(): void {
    if (this.handles++ === 0 && this.edges === 0) this.node?.hold();
  }

  retainEdge(): void {
    if (this.edges++ === 0 && this.handles === 0) this.node?.hold();
  }

  releaseHandle(): void {
    if (--this.handles > 0) return;
    this.freeGrad();
    if (this.edges === 0) this.node?.release();
  }

  /** Forgets the gradient, and frees it unless it was kept. */
  freeGrad(): void {
    if (!this.grad?.isKept) this.grad?.dispose();
    this.grad = null;
  }

  releaseEdge(): void {
    if (--this.edges === 0 && this.handles === 0) this.node?.release();
  }
}
