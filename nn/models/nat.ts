import type { Tensor } from '../../index.ts';
import type { Layer } from '../sequential.ts';
import type { NatModelOptions, Resolved } from './options.ts';
import { scope, ShapeError } from '../../index.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkSize } from '../check.ts';
import { Identity } from '../identity.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import { LayerNorm } from '../norm.ts';
import { ConvDownsampler, ConvTokenizer, dropPathRates, initializeLinear, NatBlock, NatLevel } from './layers.ts';
import { modelOptions, resolveOptions } from './options.ts';

export interface NatOptions extends NatModelOptions {
  /** Features of a token in the first level; twice as many in each after it. */
  embedDim: number;
  /** Blocks of each level. */
  depths: readonly number[];
  /** Heads of each level. */
  numHeads: readonly number[];
  /** Of each block, by level. Default 1 everywhere. */
  dilations?: readonly (readonly number[])[];
}

/**
 * Neighborhood Attention Transformer: an image classifier of four levels, each of half the resolution of the one before. With
 * dilations it is DiNAT. `natMini`, `dinatBase` and the others make the published ones.
 *
 * Shape: images `[B, inChannels, Y, X]` → logits `[B, numClasses]`. Maps smaller than a window are padded.
 *
 * Parameters have the keys of the authors' checkpoints: `patch_embed.proj.0.weight`, `levels.0.blocks.0.attn.qkv.weight`,
 * `levels.0.downsample.reduction.weight`, `norm.weight`, `head.weight`; `natFromHuggingFace` renames the others'.
 *
 * @throws ShapeError when the lists differ in length or heads do not divide the features; ArgumentError for a rate that is none
 * @source Hassani et al., "Neighborhood Attention Transformer", arXiv 2204.07143; DiNAT: arXiv 2209.15001
 * @example
 * const model = new nn.models.NAT({ embedDim: 8, depths: [1, 2], numHeads: [2, 4], kernelSize: 3, numClasses: 10, inChannels: 1 });
 * model.forward(zeros([2, 1, 28, 28])).shape; // [2, 10]
 */
export class NAT extends Module {
  patchEmbed: ConvTokenizer;
  levels: NatLevel[];
  norm: LayerNorm;
  head: Layer;

  constructor(options: NatOptions) {
    super();
    const required = ['embedDim', 'depths', 'numHeads'] as const;
    const given = checkOptions('NAT', options, [...modelOptions, ...required, 'dilations'], required);
    const { embedDim, depths, numHeads, dilations = depths.map((depth) => Array<number>(depth).fill(1)) } = given;
    const shared = resolveOptions('NAT', given);
    checkLevels(embedDim, depths, numHeads, dilations);
    const features = embedDim * 2 ** (depths.length - 1);
    this.patchEmbed = new ConvTokenizer(shared.inChannels, embedDim);
    this.levels = levelsOf(embedDim, numHeads, dilations, shared);
    this.norm = new LayerNorm(features);
    this.head = shared.numClasses > 0 ? new Linear(features, shared.numClasses) : new Identity();
    initializeLinear(this);
  }

  /** The last level's tokens, normalised: images `[B, inChannels, Y, X]` → `[B, Y / 32, X / 32, 8 embedDim]` with four levels. */
  forwardFeatures(x: Tensor): Tensor {
    return scope(() => {
      const tokens = this.levels.reduce((y, level) => level.forward(y), this.patchEmbed.forward(x));
      return this.norm.forward(tokens);
    });
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.head.forward(this.forwardFeatures(x).mean({ axis: [1, 2] })));
  }
}

function levelsOf(
  embedDim: number,
  numHeads: readonly number[],
  dilations: readonly (readonly number[])[],
  shared: Resolved,
): NatLevel[] {
  const rates = dropPathRates(dilations.flat().length, shared.dropPath);
  let at = 0;
  return dilations.map((level, i) => {
    const dim = embedDim * 2 ** i;
    const blocks = level.map((dilation) => new NatBlock(dim, numHeads[i]!, dilation, rates[at++]!, shared));
    return new NatLevel(blocks, i === dilations.length - 1 ? undefined : new ConvDownsampler(dim));
  });
}

function checkLevels(
  embedDim: number,
  depths: readonly number[],
  numHeads: readonly number[],
  dilations: readonly (readonly number[])[],
): void {
  const op = 'NAT';
  checkSize(op, 'embedDim', embedDim);
  if (embedDim % 2 !== 0) throw new ShapeError(`embedDim ${embedDim} must be even: it is halved`, { op, embedDim });
  if (depths.length === 0) throw new ShapeError('depths is []; give at least one level', { op });
  depths.forEach((depth) => checkSize(op, 'depths', depth));
  numHeads.forEach((heads) => checkSize(op, 'numHeads', heads));
  dilations.flat().forEach((dilation) => checkSize(op, 'dilations', dilation));
  const fits = numHeads.length === depths.length && dilations.length === depths.length;
  if (fits && dilations.every((level, i) => level.length === depths[i])) return;
  const got = `depths ${formatShape(depths)}, numHeads ${formatShape(numHeads)}, dilations of ${formatShape(dilations.map((level) => level.length))}`;
  throw new ShapeError(`${got}; they must have one entry for each level, and dilations one for each block`, {
    op,
    depths,
    numHeads,
    dilations,
  });
}

/** What distinguishes the published sizes. */
interface Size {
  readonly embedDim: number;
  readonly depths: readonly number[];
  readonly numHeads: readonly number[];
  readonly mlpRatio: number;
  readonly dropPath: number;
}

const sizes = {
  mini: { embedDim: 64, depths: [3, 4, 6, 5], numHeads: [2, 4, 8, 16], mlpRatio: 3, dropPath: 0.2 },
  tiny: { embedDim: 64, depths: [3, 4, 18, 5], numHeads: [2, 4, 8, 16], mlpRatio: 3, dropPath: 0.2 },
  small: { embedDim: 96, depths: [3, 4, 18, 5], numHeads: [3, 6, 12, 24], mlpRatio: 2, dropPath: 0.3 },
  base: { embedDim: 128, depths: [3, 4, 18, 5], numHeads: [4, 8, 16, 32], mlpRatio: 2, dropPath: 0.5 },
  large: { embedDim: 192, depths: [3, 4, 18, 5], numHeads: [6, 12, 24, 48], mlpRatio: 2, dropPath: 0.35 },
} satisfies Record<string, Size>;

export interface DinatOptions extends NatModelOptions {
  /** Pixels of a side of the images that it is for; it sets the dilations. Default 224. */
  imageSize?: number;
}

function nat(size: Size, options: NatModelOptions, layerScale: number | null): NAT {
  return new NAT({ layerScale, ...size, ...checkOptions('NAT', options, modelOptions) });
}

/** In each level, every second block has windows as wide as the map. */
function dinat(size: Size, options: DinatOptions, layerScale: number | null): NAT {
  const { imageSize = 224, ...rest } = checkOptions('DiNAT', options, [...modelOptions, 'imageSize']);
  const { kernelSize = 7 } = rest;
  checkSize('DiNAT', 'imageSize', imageSize);
  const dilations = size.depths.map((depth, level) => {
    const widest = Math.max(1, Math.floor(Math.floor(imageSize / 2 ** (level + 2)) / kernelSize));
    return Array.from({ length: depth }, (_, i) => (i % 2 === 0 ? 1 : widest));
  });
  return new NAT({ layerScale, ...size, ...rest, dilations });
}

/** NAT-Mini, 20 million parameters, 81.8 % of ImageNet-1k by its authors. */
export function natMini(options: NatModelOptions = {}): NAT {
  return nat(sizes.mini, options, null);
}

/** NAT-Tiny, 28 million parameters, 83.2 %. */
export function natTiny(options: NatModelOptions = {}): NAT {
  return nat(sizes.tiny, options, null);
}

/** NAT-Small, 51 million parameters, 83.7 %. */
export function natSmall(options: NatModelOptions = {}): NAT {
  return nat(sizes.small, options, 1e-5);
}

/** NAT-Base, 90 million parameters, 84.3 %. */
export function natBase(options: NatModelOptions = {}): NAT {
  return nat(sizes.base, options, 1e-5);
}

/** DiNAT-Mini: NAT-Mini with dilation in every second block; 81.8 %. */
export function dinatMini(options: DinatOptions = {}): NAT {
  return dinat(sizes.mini, options, null);
}

/** DiNAT-Tiny, 82.7 %. */
export function dinatTiny(options: DinatOptions = {}): NAT {
  return dinat(sizes.tiny, options, null);
}

/** DiNAT-Small, 83.8 %; without layer scale, unlike NAT-Small. */
export function dinatSmall(options: DinatOptions = {}): NAT {
  return dinat(sizes.small, options, null);
}

/** DiNAT-Base, 84.4 %. */
export function dinatBase(options: DinatOptions = {}): NAT {
  return dinat(sizes.base, options, 1e-5);
}

/**
 * DiNAT-Large, 200 million parameters: 86.6 %, with `imageSize` 384 87.4 %, with `kernelSize` 11 besides 87.5 %, after training on
 * ImageNet-22k.
 */
export function dinatLarge(options: DinatOptions = {}): NAT {
  return dinat(sizes.large, options, null);
}
