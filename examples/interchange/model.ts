import type { Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { Block } from '../block.ts';

/** A network small enough to be written again in a page of NumPy: natten.py. bytes [B, 1, 28, 28] → logits [B, 10]. */
export class Portable extends nn.Module {
  tokenizer: nn.Conv2d;
  blocks: nn.ModuleList<Block>;
  norm: nn.LayerNorm;
  head: nn.Linear;

  constructor({ dim = 48, depth = 2 }: { dim?: number; depth?: number } = {}) {
    super();
    this.tokenizer = new nn.Conv2d(1, dim, 4, { stride: 4 });
    const attention = (): nn.NeighborhoodAttention2d =>
      new nn.NeighborhoodAttention2d(dim, 4, { kernelSize: 3, relPosBias: true });
    this.blocks = new nn.ModuleList(Array.from({ length: depth }, () => new Block(dim, attention())));
    this.norm = new nn.LayerNorm(dim);
    this.head = new nn.Linear(dim, 10);
  }

  forward(image: Tensor): Tensor {
    let x = this.tokenizer.forward(image.div(255)).permute(0, 2, 3, 1); // [B, 7, 7, C]
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x).mean({ axis: [1, 2] }));
  }
}
