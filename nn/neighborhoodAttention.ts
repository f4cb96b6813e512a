import type { Tensor } from '../index.ts';
import type { NaProblem } from '../kernels/neighborhood/problem.ts';
import { ArgumentError, attentionWeights, neighborhoodAttention, scope, ShapeError, split } from '../index.ts';
import { resolveAxes } from '../kernels/neighborhood/problem.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkFinite, checkShare } from '../tensor/range.ts';
import { checkSize, describeCall } from './check.ts';
import { Dropout } from './dropout.ts';
import { truncNormal } from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { cropTokens, padTokens } from './smallInputs.ts';

const implementations = ['auto', 'fused', 'unfused', 'dense'] as const;

export interface NeighborhoodAttentionOptions extends NaProblem {
  /** Add a trained number to each score by head and distance: the parameter `rpb`. Default false. */
  relPosBias?: boolean;
  /** Add a bias to queries, keys and values. Default true. */
  qkvBias?: boolean;
  /** By what the products of queries and keys are multiplied. Default (embedDim / numHeads) ** -0.5. */
  qkScale?: number;
  /** Dropout of the attention's weights. Default 0. */
  attnDrop?: number;
  /** Dropout of the result. Default 0. */
  projDrop?: number;
  /** Heads of keys and values, of which each serves numHeads / numHeadsKv heads of queries. Default numHeads. */
  numHeadsKv?: number;
  /**
   * Whether an axis shorter than kernelSize · dilation is filled up at its end with tokens of zeros, which are attended like
   * any other, instead of being refused: NATTEN's rule before 0.17. Default false.
   */
  padSmallInputs?: boolean;
  /** How the attention is computed; see `neighborhoodAttention`. Default 'auto'. */
  implementation?: (typeof implementations)[number];
}

const known = [
  'kernelSize',
  'stride',
  'dilation',
  'isCausal',
  'relPosBias',
  'qkvBias',
  'qkScale',
  'attnDrop',
  'projDrop',
  'numHeadsKv',
  'padSmallInputs',
  'implementation',
] as const;

/** What `toString` leaves out. */
const defaults = {
  stride: 1,
  dilation: 1,
  isCausal: false,
  relPosBias: false,
  qkvBias: true,
  attnDrop: 0,
  projDrop: 0,
  padSmallInputs: false,
  implementation: 'auto',
};

/** The one body: how many token axes there are is all that the three classes say. */
abstract class NeighborhoodAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly numHeadsKv: number;
  readonly problem: Required<NaProblem>;
  readonly scale: number;
  readonly attnDrop: number;
  readonly padSmallInputs: boolean;
  readonly implementation: (typeof implementations)[number];
  qkv: Linear;
  proj: Linear;
  projDrop: Dropout;
  /** [numHeads, 2 · kernelSize − 1, ...], by the key's place less the query's, from −(kernelSize − 1) on, in steps of dilation. */
  rpb: Parameter | undefined;
  /** kernelSize · dilation along each token axis. */
  readonly #spans: readonly number[];

  constructor(tokenAxes: number, embedDim: number, numHeads: number, options: NeighborhoodAttentionOptions) {
    super();
    const op = new.target.name;
    const given = checkOptions(op, options, known, ['kernelSize']);
    const { kernelSize, stride = 1, dilation = 1, isCausal = false } = given;
    const { relPosBias = false, qkvBias = true, qkScale, attnDrop = 0, projDrop = 0 } = given;
    const { numHeadsKv = numHeads, padSmallInputs = false, implementation = 'auto' } = given;
    this.embedDim = checkSize(op, 'embedDim', embedDim);
    this.numHeads = checkSize(op, 'numHeads', numHeads);
    this.numHeadsKv = checkSize(op, 'numHeadsKv', numHeadsKv);
    checkHeads(op, embedDim, numHeads, numHeadsKv);
    this.problem = structuredClone({ kernelSize, stride, dilation, isCausal }); // a caller's list may change
    const axes = resolveAxes(op, tokenAxes, this.problem);
    this.#spans = axes.map((axis) => axis.kernelSize * axis.dilation);
    const drop = new Dropout(projDrop); // its rate is checked before the maps take memory
    checkShare(op, { attnDrop });
    if (qkScale !== undefined) checkFinite(op, { qkScale });
    checkImplementation(op, implementation);
    this.scale = qkScale ?? (embedDim / numHeads) ** -0.5;
    this.attnDrop = attnDrop;
    this.padSmallInputs = padSmallInputs;
    this.implementation = implementation;
    this.qkv = new Linear(embedDim, (embedDim / numHeads) * (numHeads + 2 * numHeadsKv), { bias: qkvBias });
    this.proj = new Linear(embedDim, embedDim);
    this.projDrop = drop;
    const sizes = axes.map((axis) => 2 * axis.kernelSize - 1);
    this.rpb = relPosBias
      ? truncNormal(new Parameter([numHeads, ...sizes]), { std: 0.02, low: -2, high: 2 })
      : undefined;
  }

  /** x `[B, *X, embedDim]` → the same shape. */
  forward(x: Tensor): Tensor {
    this.#check(x);
    return scope(() => {
      const [query, key, value] = this.#project(x);
      const attended = neighborhoodAttention(query, key, value, {
        ...this.#options(),
        dropout: this.training ? this.attnDrop : 0,
      });
      const merged = attended.reshape([...attended.shape.slice(0, -2), this.embedDim]);
      return this.projDrop.forward(this.proj.forward(cropTokens(merged, x.shape.slice(1, -1))));
    });
  }

  /**
   * By how much each token takes of its neighbours' values, without dropout: x `[B, *X, embedDim]` → `[B, *X, numHeads, ΠK]`,
   * neighbours in row-major order from the window's first. Those that a causal axis hides have 0.
   */
  attentionWeights(x: Tensor): Tensor {
    this.#check(x);
    return scope(() => {
      const [query, key] = this.#project(x);
      return cropTokens(attentionWeights(query, key, this.#options()), x.shape.slice(1, -1));
    });
  }

  /** Queries [B, *X, N, D], keys and values [B, *X, Nkv, D]: views of one tensor. */
  #project(x: Tensor): [query: Tensor, key: Tensor, value: Tensor] {
    const tokens = this.padSmallInputs ? padTokens(x, this.#spans) : x;
    const lead = tokens.shape.slice(0, -1); // [B, *X]
    const dim = this.embedDim / this.numHeads;
    const heads = [this.numHeads, this.numHeadsKv, this.numHeadsKv];
    const all = this.qkv.forward(tokens).reshape([...lead, this.numHeads + 2 * this.numHeadsKv, dim]);
    return split(all, { sizes: heads, axis: -2 }) as [Tensor, Tensor, Tensor];
  }

  #options() {
    const { problem, scale, rpb, implementation } = this;
    return { ...problem, scale, implementation, ...(rpb && { rpb }) };
  }

  #check({ shape }: Tensor): void {
    const fields = { op: this.constructor.name, shape };
    const tokenAxes = this.#spans.length;
    const axes = ['X', 'Y', 'Z'].slice(0, tokenAxes).join(', ');
    if (shape.length !== tokenAxes + 2) {
      const got = `${formatShape(shape)} of rank ${shape.length}`;
      throw new ShapeError(`x has shape ${got}; it must be [B, ${axes}, C], of rank ${tokenAxes + 2}`, fields);
    }
    if (shape.at(-1) === this.embedDim) return;
    const got = `${formatShape(shape)}, its last axis ${shape.at(-1)}`;
    throw new ShapeError(`x has shape ${got}; it must be [B, ${axes}, ${this.embedDim}], embedDim last`, fields);
  }

  override describe(): string {
    const { problem, qkv, rpb, scale, embedDim, numHeads, attnDrop, padSmallInputs, implementation } = this;
    const options = {
      ...problem,
      relPosBias: rpb !== undefined,
      qkvBias: qkv.bias !== undefined,
      qkScale: scale === (embedDim / numHeads) ** -0.5 ? undefined : scale,
      attnDrop,
      projDrop: this.projDrop.p,
      numHeadsKv: this.numHeadsKv === numHeads ? undefined : this.numHeadsKv,
      padSmallInputs,
      implementation,
    };
    return describeCall([embedDim, numHeads], options, defaults);
  }
}

function checkHeads(op: string, embedDim: number, numHeads: number, numHeadsKv: number): void {
  if (embedDim % numHeads !== 0) {
    const low = Math.floor(embedDim / numHeads) * numHeads;
    const near = low === 0 ? String(numHeads) : `${low} or ${low + numHeads}`;
    throw new ShapeError(`embedDim ${embedDim} is not a multiple of numHeads ${numHeads}; try embedDim ${near}`, {
      op,
      embedDim,
      numHeads,
    });
  }
  if (numHeads % numHeadsKv === 0) return;
  const divisors = Array.from({ length: numHeads }, (_, i) => i + 1).filter((count) => numHeads % count === 0);
  const advice = `use ${divisors.join(', ')}`;
  throw new ShapeError(`numHeadsKv ${numHeadsKv} does not divide numHeads ${numHeads}; ${advice}`, {
    op,
    numHeads,
    numHeadsKv,
  });
}

function checkImplementation(op: string, implementation: string): void {
  if (implementations.some((name) => name === implementation)) return;
  const names = implementations.map((name) => `'${name}'`).join(', ');
  throw new ArgumentError(`implementation must be one of ${names}, got ${String(implementation)}`, {
    op,
    implementation,
  });
}

/**
 * Neighborhood attention over one token axis: each token attends to the `kernelSize` tokens nearest to it. Queries, keys
 * and values are one linear map of x; the heads' results are mixed by another.
 *
 * Shape: x `[B, X, embedDim]` → the same; kernelSize · dilation may not exceed X, unless `padSmallInputs`.
 *
 * Parameters, under NATTEN's keys: `qkv.weight` [3·embedDim, embedDim] (queries, keys, values; fewer rows of the last two with
 * numHeadsKv), `qkv.bias`, `proj.weight` [embedDim, embedDim] and `proj.bias` as in Linear; with relPosBias `rpb`
 * [numHeads, 2·kernelSize − 1], normal with standard deviation 0.02, which `decayGroups` keeps from weight decay.
 *
 * @param options - who attends to whom (kernelSize, stride, dilation, isCausal: one value, or one per axis), relPosBias,
 *   qkvBias, qkScale, attnDrop, projDrop, numHeadsKv, padSmallInputs, implementation
 * @throws ShapeError when numHeads does not divide embedDim or numHeadsKv numHeads, a tuple has not one entry per axis, or
 *   stride exceeds kernelSize; ArgumentError for a size that is no integer or a rate that is none; from `forward` when x has
 *   another rank or last axis, or a window does not fit
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
