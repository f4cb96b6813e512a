import type { Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { Block } from '../block.ts';

/**
 * Takes the noise out of a picture of any even size: [B, 3, Y, X] → same. Tokens are 2 × 2 pixels. What is learned is the noise, as
 * in DnCNN (Zhang et al., arXiv 1608.03981).
 */
export class Denoiser extends nn.Module {
  stem: nn.Conv2d;
  tokenizer: nn.Conv2d;
  blocks: nn.ModuleList<Block>;
  norm: nn.LayerNorm;
  head: nn.Linear;
  shuffle: nn.PixelShuffle;
  last: nn.Conv2d;

  constructor({ dim = 48, heads = 4, depth = 3 }: { dim?: number; heads?: number; depth?: number } = {}) {
    super();
    this.stem = new nn.Conv2d(3, 16, 3, { padding: 1 });
    this.tokenizer = new nn.Conv2d(16, dim, 2, { stride: 2 });
    const attention = (): nn.NeighborhoodAttention2d =>
      new nn.NeighborhoodAttention2d(dim, heads, { kernelSize: 7, relPosBias: true });
    this.blocks = new nn.ModuleList(Array.from({ length: depth }, () => new Block(dim, attention())));
    this.norm = new nn.LayerNorm(dim);
    this.head = new nn.Linear(dim, 16 * 4);
    this.shuffle = new nn.PixelShuffle(2);
    this.last = new nn.Conv2d(16, 3, 3, { padding: 1 });
    nn.init.zeros(this.last.weight); // at first there is no noise
  }

  forward(noisy: Tensor): Tensor {
    const stem = this.stem.forward(noisy.sub(0.5)).relu();
    let x = this.tokenizer.forward(stem).permute(0, 2, 3, 1); // [B, Y/2, X/2, C]
    for (const block of this.blocks) x = block.forward(x);
    const fine = this.shuffle.forward(this.head.forward(this.norm.forward(x)).permute(0, 3, 1, 2)); // [B, 16, Y, X]
    return noisy.sub(this.last.forward(stem.add(fine).relu()));
  }
}
