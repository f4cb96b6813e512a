import type { Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';

type Attention = nn.NeighborhoodAttention1d | nn.NeighborhoodAttention2d | nn.NeighborhoodAttention3d;

/** A transformer block around an attention layer, as the examples' models use it. [B, ..., C] → same. */
export class Block extends nn.Module {
  norm1: nn.LayerNorm;
  attn: Attention;
  norm2: nn.LayerNorm;
  mlp: nn.MLP;

  constructor(dim: number, attn: Attention) {
    super();
    this.norm1 = new nn.LayerNorm(dim);
    this.attn = attn;
    this.norm2 = new nn.LayerNorm(dim);
    this.mlp = new nn.MLP(dim, { hiddenFeatures: 2 * dim });
  }

  forward(x: Tensor): Tensor {
    const h = x.add(this.attn.forward(this.norm1.forward(x)));
    return h.add(this.mlp.forward(this.norm2.forward(h)));
  }
}
