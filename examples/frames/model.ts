import type { Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { Block } from '../block.ts';

/** Pixels along each side of a token. */
const patch = 4;

/**
 * The frame after each frame: bytes [B, 1, T, Y, X] → logits of the next frames' pixels, the same shape. Causal in time, so that
 * all T predictions are learned at once and none sees what it is to predict.
 */
export class FramePredictor extends nn.Module {
  tokenizer: nn.Conv3d;
  blocks: nn.ModuleList<Block>;
  norm: nn.LayerNorm;
  head: nn.Linear;

  constructor({ dim = 64, heads = 4, depth = 3 }: { dim?: number; heads?: number; depth?: number } = {}) {
    super();
    this.tokenizer = new nn.Conv3d(1, dim, [1, patch, patch], { stride: [1, patch, patch] });
    // A token sees the 5 × 5 around it in its own frame and the two before.
    const window = { kernelSize: [3, 5, 5], isCausal: [true, false, false], relPosBias: true } as const;
    const attention = (): nn.NeighborhoodAttention3d => new nn.NeighborhoodAttention3d(dim, heads, window);
    this.blocks = new nn.ModuleList(Array.from({ length: depth }, () => new Block(dim, attention())));
    this.norm = new nn.LayerNorm(dim);
    this.head = new nn.Linear(dim, patch * patch);
  }

  forward(frames: Tensor): Tensor {
    const [batch, , time, height, width] = frames.shape as [number, number, number, number, number];
    let x = this.tokenizer.forward(frames.div(255)).permute(0, 2, 3, 4, 1); // [B, T, Y/4, X/4, C]
    for (const block of this.blocks) x = block.forward(x);
    return this.head
      .forward(this.norm.forward(x)) // [B, T, Y/4, X/4, 16]
      .reshape([batch, 1, time, height / patch, width / patch, patch, patch])
      .permute(0, 1, 2, 3, 5, 4, 6)
      .reshape([batch, 1, time, height, width]);
  }
}
