import type { Tensor } from '../index.ts';
import { scope } from '../index.ts';

/** What `layer` makes of x [B, C, *X]; of x [C, *X], with `rank` axes of space, what it makes of a batch of one, without that axis. */
export function batched(x: Tensor, rank: number, layer: (x: Tensor) => Tensor): Tensor {
  if (x.rank !== rank + 1) return layer(x);
  return scope(() => layer(x.unsqueeze(0)).squeeze(0));
}
