// The parts of NAT and DiNAT. Maps of tokens are channels last: [B, Y, X, C].

import type { Tensor } from '../../index.ts';
import { scope } from '../../index.ts';
import { Conv2d } from '../conv.ts';
import { DropPath } from '../dropout.ts';
import * as init from '../init.ts';
import { Linear } from '../linear.ts';
import { MLP } from '../mlp.ts';
import { Module } from '../module.ts';
import { NeighborhoodAttention2d } from '../neighborhoodAttention.ts';
import { LayerNorm } from '../norm.ts';
import { Parameter } from '../parameter.ts';
import { Sequential } from '../sequential.ts';

/** Two convolutions of stride 2, nothing between them. x [B, inChannels, Y, X] → [B, ⌈Y / 4⌉, ⌈X / 4⌉, dim]. */
export class ConvTokenizer extends Module {
  proj: Sequential;
  norm: LayerNorm;

  constructor(inChannels: number, dim: number) {
    super();
    const options = { stride: 2, padding: 1 };
    this.proj = new Sequential(new Conv2d(inChannels, dim / 2, 3, options), new Conv2d(dim / 2, dim, 3, options));
    this.norm = new LayerNorm(dim);
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.norm.forward(this.proj.forward(x).permute(0, 2, 3, 1)));
  }
}

/** Pixels of a patch to one token. x [B, inChannels, Y, X] → [B, ⌊Y / patchSize⌋, ⌊X / patchSize⌋, dim]. */
export class PatchEmbed extends Module {
  proj: Conv2d;
  norm: LayerNorm;

  constructor(inChannels: number, dim: number, patchSize: number) {
    super();
    this.proj = new Conv2d(inChannels, dim, patchSize, { stride: patchSize });
    this.norm = new LayerNorm(dim);
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.norm.forward(this.proj.forward(x).permute(0, 2, 3, 1)));
  }
}

/** x [B, Y, X, dim] → [B, ⌈Y / 2⌉, ⌈X / 2⌉, 2 dim]. */
export class ConvDownsampler extends Module {
  reduction: Conv2d;
  norm: LayerNorm;

  constructor(dim: number) {
    super();
    this.reduction = new Conv2d(dim, 2 * dim, 3, { stride: 2, padding: 1, bias: false });
    this.norm = new LayerNorm(2 * dim);
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.norm.forward(this.reduction.forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)));
  }
}

/** What all blocks of a model share. */
export interface BlockOptions {
  readonly kernelSize: number;
  readonly mlpRatio: number;
  readonly relPosBias: boolean;
  readonly qkvBias: boolean;
  readonly drop: number;
  readonly attnDrop: number;
  /** What each branch is multiplied by at first; trained. Null for none. */
  readonly layerScale: number | null;
}

/** Attention, then two maps of each token, each on what it adds to. x [B, Y, X, dim] → the same. */
export class NatBlock extends Module {
  norm1: LayerNorm;
  attn: NeighborhoodAttention2d;
  norm2: LayerNorm;
  mlp: MLP;
  dropPath: DropPath;
  gamma1: Parameter | undefined;
  gamma2: Parameter | undefined;

  constructor(dim: number, heads: number, dilation: number, dropPath: number, options: BlockOptions) {
    super();
    const { kernelSize, mlpRatio, relPosBias, qkvBias, drop, attnDrop, layerScale } = options;
    this.norm1 = new LayerNorm(dim);
    const attention = { kernelSize, dilation, relPosBias, qkvBias, attnDrop, projDrop: drop, padSmallInputs: true };
    this.attn = new NeighborhoodAttention2d(dim, heads, attention);
    this.norm2 = new LayerNorm(dim);
    this.mlp = new MLP(dim, { hiddenFeatures: Math.floor(mlpRatio * dim), drop });
    this.dropPath = new DropPath(dropPath);
    if (layerScale === null) return;
    this.gamma1 = init.constant(new Parameter([dim]), layerScale);
    this.gamma2 = init.constant(new Parameter([dim]), layerScale);
  }

  forward(x: Tensor): Tensor {
    const scaled = (branch: Tensor, gamma: Parameter | undefined): Tensor =>
      this.dropPath.forward(gamma ? branch.mul(gamma) : branch);
    return scope(() => {
      const attended = x.add(scaled(this.attn.forward(this.norm1.forward(x)), this.gamma1));
      return attended.add(scaled(this.mlp.forward(this.norm2.forward(attended)), this.gamma2));
    });
  }
}

/** One resolution. x [B, Y, X, C] → [B, ⌈Y / 2⌉, ⌈X / 2⌉, 2 C], or the same shape in the last level. */
export class NatLevel extends Module {
  blocks: NatBlock[];
  downsample: ConvDownsampler | undefined;

  constructor(blocks: NatBlock[], downsample: ConvDownsampler | undefined) {
    super();
    this.blocks = blocks;
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const y = this.blocks.reduce((y, block) => block.forward(y), x);
      return this.downsample ? this.downsample.forward(y) : y.alias();
    });
  }
}

/** Rates of dropped branches, from 0 in the first of `count` blocks to `last` in the last. */
export function dropPathRates(count: number, last: number): number[] {
  return Array.from({ length: count }, (_, i) => (count > 1 ? (last * i) / (count - 1) : 0));
}

/** The authors' initial values: linear maps normal within two of their standard deviations of 0.02, without bias. */
export function initializeLinear(model: Module): void {
  for (const layer of model.modules()) {
    if (!(layer instanceof Linear)) continue;
    init.truncNormal(layer.weight, { std: 0.02 });
    if (layer.bias) init.zeros(layer.bias);
  }
}
