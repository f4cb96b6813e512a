import type { Tensor } from '../index.ts';
import type { Layer } from './sequential.ts';
import { scope } from '../index.ts';
import { GELU } from './activation.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkSize } from './check.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';

export interface MLPOptions {
  /** Default inFeatures. */
  hiddenFeatures?: number;
  /** Default inFeatures. */
  outFeatures?: number;
  /** Between the two. Default GELU. */
  act?: Layer;
  /** Dropout after each. Default 0. */
  drop?: number;
}

/**
 * Two linear layers with an activation between them: fc2(act(fc1(x))).
 *
 * Shape: x `[..., inFeatures]` → `[..., outFeatures]`.
 *
 * @source timm: `Mlp`, the block of vision transformers
 * @example
 * new nn.MLP(8, { hiddenFeatures: 16 }).forward(zeros([2, 7, 7, 8])).shape; // [2, 7, 7, 8]
 */
export class MLP extends Module {
  fc1: Linear;
  act: Layer;
  fc2: Linear;
  drop: Dropout;

  constructor(inFeatures: number, options: MLPOptions = {}) {
    super();
    checkOptions('MLP', options, ['hiddenFeatures', 'outFeatures', 'act', 'drop']);
    const { hiddenFeatures = inFeatures, outFeatures = inFeatures, act = new GELU(), drop = 0 } = options;
    const dropout = new Dropout(drop); // like outFeatures, checked before the first layer takes memory
    checkSize('MLP', 'outFeatures', outFeatures);
    this.fc1 = new Linear(inFeatures, hiddenFeatures);
    this.act = act;
    this.fc2 = new Linear(hiddenFeatures, outFeatures);
    this.drop = dropout;
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const hidden = this.drop.forward(this.act.forward(this.fc1.forward(x)));
      return this.drop.forward(this.fc2.forward(hidden));
    });
  }
}
