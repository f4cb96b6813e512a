import type { Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { Block } from '../block.ts';

/** Bytes as numbers of mean 0 and standard deviation 1 over the training digits. */
const standardize = (image: Tensor): Tensor => image.div(255).sub(0.1307).div(0.3081);

/** A small Neighborhood Attention Transformer: two levels, 14 × 14 and 7 × 7 tokens. bytes [B, 1, 28, 28] → logits [B, 10]. */
export class DigitNat extends nn.Module {
  tokenizer: nn.Conv2d;
  level1: nn.ModuleList<Block>;
  downsampler: nn.Conv2d;
  level2: nn.ModuleList<Block>;
  norm: nn.LayerNorm;
  head: nn.Linear;

  constructor({
    dim = 32,
    depths = [1, 2],
    kernelSize = 5,
  }: { dim?: number; depths?: number[]; kernelSize?: number } = {}) {
    super();
    const attention = (width: number): nn.NeighborhoodAttention2d =>
      new nn.NeighborhoodAttention2d(width, width / 16, { kernelSize });
    const level = (width: number, depth: number): nn.ModuleList<Block> =>
      new nn.ModuleList(Array.from({ length: depth }, () => new Block(width, attention(width))));
    this.tokenizer = new nn.Conv2d(1, dim, 3, { stride: 2, padding: 1 });
    this.level1 = level(dim, depths[0] ?? 1);
    this.downsampler = new nn.Conv2d(dim, 2 * dim, 3, { stride: 2, padding: 1 });
    this.level2 = level(2 * dim, depths[1] ?? 2);
    this.norm = new nn.LayerNorm(2 * dim);
    this.head = new nn.Linear(2 * dim, 10);
  }

  forward(image: Tensor): Tensor {
    let x = this.tokenizer.forward(standardize(image)).permute(0, 2, 3, 1); // [B, 14, 14, C]
    for (const block of this.level1) x = block.forward(x);
    x = this.downsampler.forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1); // [B, 7, 7, 2C]
    for (const block of this.level2) x = block.forward(x);
    return this.head.forward(this.norm.forward(x).mean({ axis: [1, 2] }));
  }
}
