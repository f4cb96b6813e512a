// Losses as layers: each keeps its options and calls its function.

import type { BceOptions, BceWithLogitsOptions, KlDivOptions, NllLossOptions, Reduction, Tensor } from '../index.ts';
import {
  bce,
  bceWithLogits,
  cosineEmbeddingLoss,
  cosineSimilarity,
  huber,
  klDiv,
  l1,
  nllLoss,
  smoothL1,
} from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { describeCall } from './check.ts';
import { Module } from './module.ts';
import { Buffer } from './parameter.ts';

/** A layer with options `O`, of which `defaults` are not shown. */
abstract class Loss<O extends object> extends Module {
  readonly options: Required<O>;
  readonly #defaults: Required<O>;

  protected constructor(name: string, options: O, defaults: Required<O>) {
    super();
    this.#defaults = defaults;
    this.options = { ...defaults, ...checkOptions(name, options, Object.keys(defaults) as (keyof O & string)[]) };
  }

  override describe(): string {
    return describeCall([], this.options, this.#defaults);
  }
}

export type ReductionOptions = { reduction?: Reduction };

/** The mean of |x − y|. @source PyTorch: `torch.nn.L1Loss` */
export class L1Loss extends Loss<ReductionOptions> {
  constructor(options: ReductionOptions = {}) {
    super('L1Loss', options, { reduction: 'mean' });
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return l1(x, y, this.options);
  }
}

/** ½ (x − y)² up to a difference of `delta`, a line beyond; averaged. @source PyTorch: `torch.nn.HuberLoss` */
export class HuberLoss extends Loss<ReductionOptions & { delta?: number }> {
  constructor(options: ReductionOptions & { delta?: number } = {}) {
    super('HuberLoss', options, { reduction: 'mean', delta: 1 });
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return huber(x, y, this.options);
  }
}

/** ½ (x − y)² / `beta` up to a difference of beta, a line beyond; averaged. @source PyTorch: `torch.nn.SmoothL1Loss` */
export class SmoothL1Loss extends Loss<ReductionOptions & { beta?: number }> {
  constructor(options: ReductionOptions & { beta?: number } = {}) {
    super('SmoothL1Loss', options, { reduction: 'mean', beta: 1 });
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return smoothL1(x, y, this.options);
  }
}

/** t (ln t − x) of logarithms x and probabilities t, averaged. @source PyTorch: `torch.nn.KLDivLoss` */
export class KLDivLoss extends Loss<KlDivOptions> {
  constructor(options: KlDivOptions = {}) {
    super('KLDivLoss', options, { reduction: 'mean', logTarget: false });
  }

  forward(x: Tensor, target: Tensor): Tensor {
    return klDiv(x, target, this.options);
  }
}

/** Of `CosineSimilarity`. */
export type CosineOptions = { axis?: number; eps?: number };

/** The cosine of the angle between x and y along `axis`. @source PyTorch: `torch.nn.CosineSimilarity` */
export class CosineSimilarity extends Loss<CosineOptions> {
  constructor(options: CosineOptions = {}) {
    super('CosineSimilarity', options, { axis: 1, eps: 1e-8 });
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return cosineSimilarity(x, y, this.options);
  }
}

/** 1 − cos(x, y) of pairs, what exceeds `margin` of the others; averaged. @source PyTorch: `torch.nn.CosineEmbeddingLoss` */
export class CosineEmbeddingLoss extends Loss<ReductionOptions & { margin?: number }> {
  constructor(options: ReductionOptions & { margin?: number } = {}) {
    super('CosineEmbeddingLoss', options, { reduction: 'mean', margin: 0 });
  }

  forward(x: Tensor, y: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(x, y, target, this.options);
  }
}

/** The factors given as a buffer: saved with the state and moved with the layer, as PyTorch's. */
function bufferOf(weight: Tensor | undefined): Buffer | undefined {
  return weight && new Buffer(weight);
}

/** What is given of the two. */
function given(weight: Tensor | undefined, posWeight?: Tensor): { weight?: Tensor; posWeight?: Tensor } {
  return { ...(weight && { weight }), ...(posWeight && { posWeight }) };
}

type Nll = Omit<NllLossOptions, 'weight'>;

/**
 * −x[target] of logarithms x, averaged; `weight` [C] is a factor for each class.
 *
 * Shape: x `[N, C, *]`, target `[N, *]` of integers → a scalar, or `[N, *]` for reduction 'none'.
 *
 * @source PyTorch: `torch.nn.NLLLoss`
 */
export class NLLLoss extends Loss<Nll> {
  readonly weight: Buffer | undefined;

  constructor({ weight, ...options }: NllLossOptions = {}) {
    super('NLLLoss', options, { reduction: 'mean', ignoreIndex: -100 });
    this.weight = bufferOf(weight);
  }

  forward(x: Tensor, target: Tensor): Tensor {
    return nllLoss(x, target, { ...this.options, ...given(this.weight) });
  }
}

/** −y ln x − (1 − y) ln(1 − x), averaged; `weight` is a factor for each element. @source PyTorch: `torch.nn.BCELoss` */
export class BCELoss extends Loss<ReductionOptions> {
  readonly weight: Buffer | undefined;

  constructor({ weight, ...options }: BceOptions = {}) {
    super('BCELoss', options, { reduction: 'mean' });
    this.weight = bufferOf(weight);
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return bce(x, y, { ...this.options, ...given(this.weight) });
  }
}

/**
 * `BCELoss` of sigmoid(x), without the overflow; `weight` is a factor for each element, `posWeight` one for the losses of
 * a yes.
 *
 * @source PyTorch: `torch.nn.BCEWithLogitsLoss`
 * @example
 * new nn.BCEWithLogitsLoss().forward(tensor([0]), tensor([1])); // 0.6931
 */
export class BCEWithLogitsLoss extends Loss<ReductionOptions> {
  readonly weight: Buffer | undefined;
  readonly posWeight: Buffer | undefined;

  constructor({ weight, posWeight, ...options }: BceWithLogitsOptions = {}) {
    super('BCEWithLogitsLoss', options, { reduction: 'mean' });
    this.weight = bufferOf(weight);
    this.posWeight = bufferOf(posWeight);
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return bceWithLogits(x, y, { ...this.options, ...given(this.weight, this.posWeight) });
  }
}
