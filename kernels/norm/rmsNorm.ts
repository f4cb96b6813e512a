import type { Op } from '../../autograd/types.ts';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LayerNormAxes } from './layerNorm.ts';
import { defineOp } from '../../autograd/op.ts';
import { wideDtype } from '../../autograd/types.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { sumTo } from '../reduce/sumTo.ts';
import { checkShapes } from './checks.ts';
import { splitAxes } from './layerNorm.ts';
import { rmsNormBackwardCpu, rmsNormForwardCpu } from './rmsNorm.cpu.ts';

/** The rows of an array whose last axes, as many as those of `lead` leave, make one each. */
function rowsOf({ data }: NdArray, lead: readonly number[]): number[][] {
  const rows = lead.reduce((a, b) => a * b, 1);
  const n = data.length / rows;
  return Array.from({ length: rows }, (_, row) => Array.from(data.slice(row * n, (row + 1) * n)));
}

/** What broadcasts as rstd beside x: its shape with 1 for each normalised axis. */
function besideRows(x: readonly number[], axes: number): number[] {
  return x.map((n, axis) => (axis < x.length - axes ? n : 1));
}

/** `rmsNorm` with 1 / √(mean x² + eps) of each row, which its backward needs: float32 where x is float16. */
export const rmsNormForward: Op<['x', 'weight?'], LayerNormAxes & { eps?: number }, ['output', 'rstd']> = defineOp({
  name: 'rmsNormForward',
  inputs: ['x', 'weight?'],
  autocast: 'float32',
  outputs: ['output', 'rstd'],
  attrs: { axes: 1, eps: 2 ** -23 },
  dtype: (dtype) => [dtype, wideDtype(dtype)],
  shape({ x, weight }, { axes, eps }) {
    const { lead, normal } = splitAxes('rmsNorm', x, axes);
    checkShapes('rmsNorm', { weight }, normal);
    checkNonNegative('rmsNorm', { eps });
    return [x, lead];
  },
  reference({ x, weight }, { axes, eps }) {
    const lead = x.shape.slice(0, x.shape.length - axes);
    const n = x.shape.slice(lead.length).reduce((a, b) => a * b, 1);
    const rstd = rowsOf(x, lead).map((row) => 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / n + eps));
    const data = Float64Array.from(x.data, (v, i) => v * rstd[Math.floor(i / n)]! * (weight?.data[i % n] ?? 1));
    return [
      { shape: x.shape, data },
      { shape: lead, data: Float64Array.from(rstd) },
    ];
  },
  kernels: { cpu: rmsNormForwardCpu },
  saves: ['x', 'weight', 'rstd'],
  backward({ grads: [g, gr], inputs: { x, weight }, outputs: { rstd }, attrs: { axes }, needs, shapes }) {
    const [dx, dweight] = g ? rmsNormBackward(x, weight, rstd, g, { axes }) : [null, null];
    const beside = besideRows(shapes.x, axes);
    const n = shapes.x.slice(shapes.x.length - axes).reduce((a, b) => a * b, 1);
    // dr = −r³ x / n
    const rest =
      gr &&
      x.mul(
        gr
          .mul(rstd.mul(rstd).mul(rstd))
          .mul(-1 / n)
          .reshape(beside),
      );
    return { x: dx && rest ? dx.add(rest) : (dx ?? rest), weight: needs.weight ? dweight : null };
  },
});

/** The gradients of rmsNorm's output for x and weight, the last also where there is none; float32 where x is float16. */
export const rmsNormBackward: Op<['x', 'weight?', 'rstd:wide', 'g'], LayerNormAxes, ['dx', 'dweight']> = defineOp({
  name: 'rmsNormBackward',
  inputs: ['x', 'weight?', 'rstd:wide', 'g'],
  outputs: ['dx', 'dweight'],
  attrs: { axes: 1 },
  dtype: (dtype) => [dtype, wideDtype(dtype)],
  shape({ x, weight, rstd, g }, { axes }) {
    const { lead, normal } = splitAxes('rmsNormBackward', x, axes);
    checkShapes('rmsNormBackward', { weight }, normal);
    checkShapes('rmsNormBackward', { rstd }, lead);
    checkShapes('rmsNormBackward', { g }, x);
    return [x, normal];
  },
  reference({ x, weight, rstd, g }, { axes }) {
    const normal = x.shape.slice(x.shape.length - axes);
    const n = normal.reduce((a, b) => a * b, 1);
    const dweight = new Float64Array(n);
    const gradients = rowsOf(g, rstd.shape);
    const dx = rowsOf(x, rstd.shape).flatMap((row, i) => {
      const r = rstd.data[i]!;
      const u = gradients[i]!.map((v, k) => v * (weight?.data[k] ?? 1));
      const mean = row.reduce((sum, v, k) => sum + u[k]! * v * r, 0) / n;
      row.forEach((v, k) => (dweight[k]! += gradients[i]![k]! * v * r));
      return row.map((v, k) => r * (u[k]! - v * r * mean));
    });
    return [
      { shape: x.shape, data: Float64Array.from(dx) },
      { shape: normal, data: dweight },
    ];
  },
  kernels: { cpu: rmsNormBackwardCpu },
  saves: ['x', 'weight', 'rstd', 'g'],
  // dx = r u − r³ x ⟨u, x⟩ / n and dweight = Σ g x r: the gradients of ⟨h, dx⟩ + ⟨k, dweight⟩.
  backward({ grads: [h, k], inputs: { x, weight, rstd, g }, attrs: { axes }, shapes }) {
    const beside = besideRows(shapes.x, axes);
    const n = shapes.x.slice(shapes.x.length - axes).reduce((a, b) => a * b, 1);
    const over = { axis: beside.map((_, axis) => axis).slice(beside.length - axes), keepDims: true };
    const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum(over);
    const r = rstd.reshape(beside);
    const cube = r
      .mul(r)
      .mul(r)
      .mul(1 / n);
    const v = h ?? x.mul(0);
    const u = weight ? g.mul(weight) : g;
    const [vx, ux] = [dot(v, x), dot(u, x)];
    const q = v.mul(r).sub(x.mul(cube.mul(vx)));
    let [dg, dx] = [weight ? q.mul(weight) : q, v.mul(ux).add(u.mul(vx)).mul(cube).neg()];
    let dr = dot(v, u).sub(
      r
        .mul(r)
        .mul(3 / n)
        .mul(vx)
        .mul(ux),
    );
    if (k) {
      dg = dg.add(x.mul(k).mul(r));
      dx = dx.add(g.mul(k).mul(r));
      dr = dr.add(dot(g.mul(k), x));
    }
    const dweight = weight ? sumTo(q.mul(g), shapes.weight!) : null;
    return { x: dx, weight: dweight, rstd: dr.reshape(shapes.rstd), g: dg };
  },
});

export interface RmsNormOptions {
  /** The sizes of the last axes, normalised together. Default: weight's shape, else the last axis. */
  normalizedShape?: number | readonly number[];
  /** Added to the mean of squares. Default: the distance from 1 to the next float32, 2⁻²³, as in PyTorch. */
  eps?: number;
}

/**
 * Each row divided by the root of the mean of its squares, then scaled: x / √(mean x² + eps) ⊙ weight, over the last axes,
 * `normalizedShape`. x [..., *normalizedShape] → the same shape.
 *
 * @throws ShapeError when x does not end in `normalizedShape`, or weight has another shape.
 * @source Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019 (arXiv 1910.07467), eq. 4
 * @example
 * rmsNorm(tensor([[3, 4]])); // [[0.8485, 1.1314]]
 */
export function rmsNorm(x: Tensor, weight?: Tensor, options?: RmsNormOptions): Tensor {
  const op = 'rmsNorm';
  checkTensor(op, 'x', x);
  const given = checkOptions(op, options, ['normalizedShape', 'eps']);
  const { normalizedShape = weight?.shape ?? x.shape.slice(-1), eps = 2 ** -23 } = given;
  const normal = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  if (!sameShape(x.shape.slice(x.rank - normal.length), normal)) {
    const message = `x of shape ${formatShape(x.shape)} must end in normalizedShape ${formatShape(normal)}`;
    throw new ShapeError(message, { op, x: x.shape, normalizedShape: normal });
  }
  const [output, rstd] = rmsNormForward(x, weight, { axes: normal.length, eps });
  rstd.dispose();
  return output;
}
