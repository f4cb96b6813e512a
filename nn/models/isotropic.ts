import type { Tensor } from '../../index.ts';
import type { Layer } from '../sequential.ts';
import type { NatModelOptions } from './options.ts';
import { scope } from '../../index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkSize } from '../check.ts';
import { Identity } from '../identity.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import { LayerNorm } from '../norm.ts';
import { dropPathRates, initializeLinear, NatBlock, PatchEmbed } from './layers.ts';
import { modelOptions, resolveOptions } from './options.ts';

export interface NatIsotropicOptions extends NatModelOptions {
  /** Features of a token. */
  embedDim: number;
  /** Default 12. */
  depth?: number;
  numHeads: number;
  /** Of every second block. Default 1. */
  dilation?: number;
  /** Pixels along each side of a patch. Default 16. */
  patchSize?: number;
}

/**
 * Neighborhood attention blocks at one resolution, as in a vision transformer: patches, blocks, their mean, a linear head.
 *
 * Shape: images `[B, inChannels, Y, X]` → logits `[B, numClasses]`.
 *
 * Parameters have the keys of the authors' checkpoints: `patch_embed.proj.weight`, `layers.0.attn.qkv.weight`, `norm.weight`, `head.weight`.
 *
 * @throws ShapeError for sizes that are none or do not fit; ArgumentError for a rate that is none
 * @source Hassani and Shi, "Dilated Neighborhood Attention Transformer", arXiv 2209.15001, section 4
 * @example
 * const model = new nn.models.NATIsotropic({ embedDim: 16, numHeads: 2, depth: 2, kernelSize: 3, patchSize: 4, numClasses: 10 });
 * model.forward(zeros([2, 3, 16, 16])).shape; // [2, 10]
 */
export class NATIsotropic extends Module {
  patchEmbed: PatchEmbed;
  layers: NatBlock[];
  norm: LayerNorm;
  head: Layer;

  constructor(options: NatIsotropicOptions) {
    super();
    const op = 'NATIsotropic';
    const required = ['embedDim', 'numHeads'] as const;
    const known = [...modelOptions, ...required, 'depth', 'dilation', 'patchSize'] as const;
    const given = checkOptions(op, options, known, required);
    const { embedDim, numHeads, depth = 12, dilation = 1, patchSize = 16 } = given;
    const shared = resolveOptions(op, given);
    const all = { embedDim, numHeads, depth, dilation, patchSize };
    for (const [name, value] of Object.entries(all)) checkSize(op, name, value);
    const rates = dropPathRates(depth, shared.dropPath);
    this.patchEmbed = new PatchEmbed(shared.inChannels, embedDim, patchSize);
    this.layers = rates.map((rate, i) => new NatBlock(embedDim, numHeads, i % 2 === 0 ? 1 : dilation, rate, shared));
    this.norm = new LayerNorm(embedDim);
    this.head = shared.numClasses > 0 ? new Linear(embedDim, shared.numClasses) : new Identity();
    initializeLinear(this);
  }

  /** The tokens, normalised: images `[B, inChannels, Y, X]` → `[B, Y / patchSize, X / patchSize, embedDim]`. */
  forwardFeatures(x: Tensor): Tensor {
    return scope(() =>
      this.norm.forward(this.layers.reduce((y, layer) => layer.forward(y), this.patchEmbed.forward(x))),
    );
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.head.forward(this.forwardFeatures(x).mean({ axis: [1, 2] })));
  }
}

const small = { embedDim: 384, numHeads: 12, dropPath: 0.1 };
const base = { embedDim: 768, numHeads: 24, dropPath: 0.4 };

function isotropic(size: typeof small, dilation: number, options: NatModelOptions): NATIsotropic {
  return new NATIsotropic({ ...size, dilation, ...checkOptions('NATIsotropic', options, modelOptions) });
}

/** Isotropic NAT, small: 14 × 14 tokens of 384 features at 224 × 224; 80.0 % of ImageNet-1k by its authors. */
export function natIsotropicSmall(options: NatModelOptions = {}): NATIsotropic {
  return isotropic(small, 1, options);
}

/** Isotropic NAT, base: 768 features; 81.6 %. */
export function natIsotropicBase(options: NatModelOptions = {}): NATIsotropic {
  return isotropic(base, 1, options);
}

/** Isotropic DiNAT, small: every second block with dilation 2; 80.8 %. */
export function dinatIsotropicSmall(options: NatModelOptions = {}): NATIsotropic {
  return isotropic(small, 2, options);
}

/** Isotropic DiNAT, base; 82.1 %. */
export function dinatIsotropicBase(options: NatModelOptions = {}): NATIsotropic {
  return isotropic(base, 2, options);
}
