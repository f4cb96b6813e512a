import type { Tensor } from '../index.ts';
import { dropout, dropPath } from '../index.ts';
import { checkShare } from '../tensor/range.ts';
import { Module } from './module.ts';

/**
 * While training, each element is 0 with probability p and x / (1 − p) otherwise; in `eval()` x itself.
 *
 * Shape: any → the same.
 *
 * @param p - the probability; default 0.5
 * @throws ArgumentError unless p is of 0..1
 * @source Srivastava et al. 2014. PyTorch: `torch.nn.Dropout`
 * @example
 * new nn.Dropout(0.1).eval().forward(tensor([1, 2])); // [1, 2]
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    checkShare('Dropout', { p });
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }

  override describe(): string {
    return String(this.p);
  }
}

/**
 * While training, whole samples (along the first axis) are 0 with probability p and x / (1 − p) otherwise: for the
 * branch of a residual block. In `eval()` x itself.
 *
 * Shape: x `[B, ...]` → the same.
 *
 * @param p - the probability; default 0
 * @throws ArgumentError unless p is of 0..1
 * @source Huang et al. 2016 (arXiv 1603.09382). timm: `DropPath`
 */
export class DropPath extends Module {
  readonly p: number;

  constructor(p = 0) {
    super();
    checkShare('DropPath', { p });
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return dropPath(x, { p: this.p, training: this.training });
  }

  override describe(): string {
    return String(this.p);
  }
}
