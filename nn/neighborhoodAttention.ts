import type { Tensor } from '../index.ts';
import type { NaProblem } from '../kernels/neighborhood/problem.ts';
import { neighborhoodAttention, scope, ShapeError } from '../index.ts';
import { resolveAxes } from '../kernels/neighborhood/problem.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkFinite } from '../tensor/range.ts';
import { checkSize, describeCall } from './check.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';

export interface NeighborhoodAttentionOptions extends NaProblem {
  /** Add a bias to queries, keys and values. Default true. */
  qkvBias?: boolean;
  /** By what the products of queries and keys are multiplied. Default (embedDim / numHeads) ** -0.5. */
  qkScale?: number;
  /** Dropout of the result. Default 0. */
  projDrop?: number;
}

const known = ['kernelSize', 'stride', 'dilation', 'isCausal', 'qkvBias', 'qkScale', 'projDrop'] as const;

/** The one body: how many token axes there are is all that the three classes say. */
abstract class NeighborhoodAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly problem: Required<NaProblem>;
  readonly scale: number;
  qkv: Linear;
  proj: Linear;
  projDrop: Dropout;
  readonly #tokenAxes: number;

  constructor(tokenAxes: number, embedDim: number, numHeads: number, options: NeighborhoodAttentionOptions) {
    super();
    const op = new.target.name;
    const given = checkOptions(op, options, known, ['kernelSize']);
    const { kernelSize, stride = 1, dilation = 1, isCausal = false, qkvBias = true, qkScale, projDrop = 0 } = given;
    this.#tokenAxes = tokenAxes;
    this.embedDim = checkSize(op, 'embedDim', embedDim);
    this.numHeads = checkSize(op, 'numHeads', numHeads);
    if (embedDim % numHeads !== 0) {
      const low = Math.floor(embedDim / numHeads) * numHeads;
      const near = low === 0 ? String(numHeads) : `${low} or ${low + numHeads}`;
      throw new ShapeError(`embedDim ${embedDim} is not a multiple of numHeads ${numHeads}; try embedDim ${near}`, {
        op,
        embedDim,
        numHeads,
      });
    }
    this.problem = { kernelSize, stride, dilation, isCausal };
    resolveAxes(op, tokenAxes, this.problem);
    const drop = new Dropout(projDrop); // its rate is checked before the maps take memory
    if (qkScale !== undefined) checkFinite(op, { qkScale });
    this.scale = qkScale ?? (embedDim / numHeads) ** -0.5;
    this.qkv = new Linear(embedDim, 3 * embedDim, { bias: qkvBias });
    this.proj = new Linear(embedDim, embedDim);
    this.projDrop = drop;
  }

  /** x `[B, *X, embedDim]` → the same shape. */
  forward(x: Tensor): Tensor {
    this.#check(x);
    return scope(() => {
      const lead = x.shape.slice(0, -1); // [B, *X]
      const headDim = this.embedDim / this.numHeads;
      const qkv = this.qkv.forward(x).reshape([...lead, 3, this.numHeads, headDim]);
      const [query, key, value] = qkv.unbind({ axis: -3 }) as [Tensor, Tensor, Tensor]; // views of one tensor, [B, *X, N, D]
      const attended = neighborhoodAttention(query, key, value, { ...this.problem, scale: this.scale });
      return this.projDrop.forward(this.proj.forward(attended.reshape([...lead, this.embedDim])));
    });
  }

  #check({ shape }: Tensor): void {
    const fields = { op: this.constructor.name, shape };
    const axes = ['X', 'Y', 'Z'].slice(0, this.#tokenAxes).join(', ');
    if (shape.length !== this.#tokenAxes + 2) {
      const got = `${formatShape(shape)} of rank ${shape.length}`;
      throw new ShapeError(`x has shape ${got}; it must be [B, ${axes}, C], of rank ${this.#tokenAxes + 2}`, fields);
    }
    if (shape.at(-1) === this.embedDim) return;
    const got = `${formatShape(shape)}, its last axis ${shape.at(-1)}`;
    throw new ShapeError(`x has shape ${got}; it must be [B, ${axes}, ${this.embedDim}], embedDim last`, fields);
  }

  override describe(): string {
    const { problem, qkv, scale, embedDim, numHeads } = this;
    const qkScale = scale === (embedDim / numHeads) ** -0.5 ? undefined : scale;
    const options = { ...problem, qkvBias: qkv.bias !== undefined, qkScale, projDrop: this.projDrop.p };
    const defaults = { stride: 1, dilation: 1, isCausal: false, qkvBias: true, projDrop: 0 };
    return describeCall([embedDim, numHeads], options, defaults);
  }
}

/**
 * Neighborhood attention over one token axis: each token attends to the `kernelSize` tokens nearest to it. Queries, keys
 * and values are one linear map of x; the heads' results are mixed by another.
 *
 * Shape: x `[B, X, embedDim]` → the same; kernelSize · dilation may not exceed X.
 *
 * Parameters: `qkv.weight` [3·embedDim, embedDim], `qkv.bias`, `proj.weight` [embedDim, embedDim], `proj.bias`, all as
 * in Linear: NATTEN's keys.
 *
 * @param options - who attends to whom (kernelSize, stride, dilation, isCausal: one value, or one per axis), qkvBias,
 *   qkScale, projDrop
 * @throws ShapeError when numHeads does not divide embedDim, a tuple has not one entry per axis, or stride exceeds
 *   kernelSize; ArgumentError for a size that is no integer; from `forward` when x has another rank or last axis, or a
 *   window does not fit
 * @source Hassani et al., arXiv 2204.07143; dilation: arXiv 2209.15001; stride: arXiv 2504.16922. NATTEN: `NeighborhoodAttention1D`
 * @example
 * const attention = new nn.NeighborhoodAttention1d(16, 2, { kernelSize: 5, isCausal: true });
 * attention.forward(zeros([2, 9, 16])).shape; // [2, 9, 16]
 */
export class NeighborhoodAttention1d extends NeighborhoodAttention {
  constructor(embedDim: number, numHeads: number, options: NeighborhoodAttentionOptions) {
    super(1, embedDim, numHeads, options);
  }
}

/**
 * Neighborhood attention over two token axes; see NeighborhoodAttention1d.
 *
 * Shape: x `[B, X, Y, embedDim]` → the same.
 *
 * @source NATTEN: `NeighborhoodAttention2D`
 * @example
 * const attention = new nn.NeighborhoodAttention2d(16, 2, { kernelSize: 3, dilation: [1, 2] });
 * attention.forward(zeros([2, 7, 7, 16])).shape; // [2, 7, 7, 16]
 */
export class NeighborhoodAttention2d extends NeighborhoodAttention {
  constructor(embedDim: number, numHeads: number, options: NeighborhoodAttentionOptions) {
    super(2, embedDim, numHeads, options);
  }
}

/**
 * Neighborhood attention over three token axes; see NeighborhoodAttention1d.
 *
 * Shape: x `[B, X, Y, Z, embedDim]` → the same.
 *
 * @source NATTEN: `NeighborhoodAttention3D`
 */
export class NeighborhoodAttention3d extends NeighborhoodAttention {
  constructor(embedDim: number, numHeads: number, options: NeighborhoodAttentionOptions) {
    super(3, embedDim, numHeads, options);
  }
}
