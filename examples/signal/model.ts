import type { Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { Block } from '../block.ts';

/**
 * Forecasts a signal after each of its values: past [B, X, 1] → [B, X, horizon]. In each block a token looks at itself and the
 * 7 before it, `dilation` apart: with dilations 1, 4 and 16 it sees 7 · (1 + 4 + 16) = 147 values back. What is learned is how the future differs from the present value.
 */
export class Forecaster extends nn.Module {
  embedding: nn.Linear;
  blocks: nn.ModuleList<Block>;
  norm: nn.LayerNorm;
  head: nn.Linear;

  constructor({ dim = 32, horizon }: { dim?: number; horizon: number }) {
    super();
    this.embedding = new nn.Linear(1, dim);
    const causal = { kernelSize: 8, isCausal: true, relPosBias: true };
    const lookBack = (dilation: number): nn.NeighborhoodAttention1d =>
      new nn.NeighborhoodAttention1d(dim, 4, { ...causal, dilation });
    this.blocks = new nn.ModuleList([1, 4, 16].map((dilation) => new Block(dim, lookBack(dilation))));
    this.norm = new nn.LayerNorm(dim);
    this.head = new nn.Linear(dim, horizon);
  }

  forward(past: Tensor): Tensor {
    let x = this.embedding.forward(past);
    for (const block of this.blocks) x = block.forward(x);
    return past.add(this.head.forward(this.norm.forward(x)));
  }
}
