// What layer and batch normalisation share in their derivatives, written in tensor methods.

import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { sumTo } from '../reduce/sumTo.ts';

/** How the statistics and the parameters of a normalisation lie along x. */
export interface Extent {
  /** The axes that a mean is taken over. */
  readonly statistics: readonly number[];
  /** The shape of the parameters, aligned with x so that they broadcast. */
  readonly aligned: Shape;
}

interface Saved {
  x: Tensor;
  mean: Tensor;
  rstd: Tensor;
}

/** Mean and rstd with axes of size 1 where they were taken, and the number of elements in a mean. */
function spread({ x, mean, rstd }: Saved, { statistics }: Extent): { m: Tensor; r: Tensor; n: number } {
  const shape = x.shape.map((size, axis) => (statistics.includes(axis) ? 1 : size));
  const n = statistics.reduce((size, axis) => size * x.shape[axis]!, 1);
  return { m: mean.reshape(shape), r: rstd.reshape(shape), n };
}

/** dx of gradients that arrive at mean and rstd themselves: gm / n − gr · rstd³ (x − mean) / n. */
export function statisticsGradient(saved: Saved, gm: Tensor | null, gr: Tensor | null, extent: Extent): Tensor | null {
  const { m, r, n } = spread(saved, extent);
  const { x } = saved;
  const ofMean = gm
    ?.reshape(m.shape)
    .mul(1 / n)
    .expand(x.shape);
  const ofRstd =
    gr &&
    x.sub(m).mul(
      gr
        .reshape(r.shape)
        .mul(r.mul(r).mul(r))
        .mul(-1 / n),
    );
  return ofMean && ofRstd ? ofMean.add(ofRstd) : (ofMean ?? ofRstd ?? null);
}

/**
 * Gradients of ⟨h, dx⟩ + ⟨hw, dweight⟩ + ⟨hb, dbias⟩, where dx, dweight, dbias are a normalisation's gradients
 *
 *     x̂ = (x − mean) r,  u = g ⊙ weight,  dx = r (u − ū − x̂ \overline{u x̂}),  dweight = Σ g x̂,  dbias = Σ g
 *
 * with mean and r as variables of their own (what they owe to x flows through the forward op). The map from u to dx is
 * symmetric, so h goes through the same one to meet g.
 */
export function secondGradients(
  saved: Saved & { weight: Tensor | undefined; g: Tensor },
  [h, hw, hb]: readonly (Tensor | null)[],
  extent: Extent,
): { x: Tensor; weight: Tensor | null; mean: Tensor; rstd: Tensor; g: Tensor } {
  const { x, weight, g } = saved;
  const { m, r, n } = spread(saved, extent);
  const over = { axis: extent.statistics, keepDims: true };
  const mean = (t: Tensor): Tensor => t.sum(over).mul(1 / n);
  const align = (t: Tensor): Tensor => t.reshape(extent.aligned);
  const w = weight && align(weight);
  const centred = x.sub(m);
  const normal = centred.mul(r);
  const u = w ? g.mul(w) : g;
  const v = h ?? x.mul(0);
  const [vBar, uBar, vx, ux] = [mean(v), mean(u), mean(v.mul(normal)), mean(u.mul(normal))];
  const q = v.sub(vBar).sub(normal.mul(vx)).mul(r);
  let dg = w ? q.mul(w) : q;
  if (hw) dg = dg.add(normal.mul(align(hw)));
  if (hb) dg = dg.add(align(hb));
  let e = v.mul(ux).add(u.mul(vx)).mul(r).neg();
  if (hw) e = e.add(g.mul(align(hw)));
  const inner = mean(v.mul(u)).sub(vBar.mul(uBar)).sub(vx.mul(ux)).mul(n);
  return {
    x: e.mul(r),
    weight: weight ? sumTo(g.mul(q), extent.aligned).reshape(weight.shape) : null,
    mean: e.sum(over).mul(r).neg().reshape(saved.mean.shape),
    rstd: inner.add(e.mul(centred).sum(over)).reshape(saved.rstd.shape),
    g: dg,
  };
}
