import { defineOp, elements, ShapeError, wgsl, type Op } from 'vicinal';

/** The kernel of the `webgpu` device: an invocation for each element. `load_x` and `store_y` know of dtypes and offsets. */
const snakeWgsl = wgsl({
  name: 'snake',
  reads: ['x', 'alpha'],
  writes: ['y'],
  params: { count: 'u32', channels: 'u32' },
  workgroupSize: [64],
  body: `
  if (item >= params.count) { return; }
  let x = load_x(item);
  let a = load_alpha(item % params.channels);
  let s = sin(a * x);
  store_y(item, x + s * s / a);`,
});

/**
 * snake(x)ᵢ = xᵢ + sin²(αxᵢ) / α with a frequency α for each channel: an activation that goes on to oscillate where a network has
 * seen no data. x [..., C], alpha [C] → the shape of x.
 *
 * @source Ziyin et al., "Neural Networks Fail to Learn Periodic Functions and How to Fix It", arXiv 2006.08195, eq. 3
 */
export const snake: Op<['x', 'alpha']> = defineOp({
  name: 'snake',
  inputs: ['x', 'alpha'],
  shape({ x, alpha }) {
    if (alpha.length === 1 && alpha[0] === x.at(-1)) return x;
    const got = `x has shape [${x.join(', ')}] and alpha [${alpha.join(', ')}]`;
    throw new ShapeError(`${got}; alpha must have the size of x's last axis`, { op: 'snake', x, alpha });
  },
  // The definition, in float64: what the kernels are held to.
  reference({ x, alpha }) {
    const channels = alpha.data.length;
    const data = Float64Array.from(x.data, (v, i) => {
      const a = alpha.data[i % channels]!;
      return v + Math.sin(a * v) ** 2 / a;
    });
    return { shape: x.shape, data };
  },
  kernels: {
    // In JavaScript: contiguous inputs, elements in place.
    cpu({ x, alpha }, _attrs, [y]) {
      const [from, rates, to] = [elements(x), elements(alpha), elements(y!)];
      for (let i = 0, c = 0; i < to.length; i++, c = c + 1 === rates.length ? 0 : c + 1) {
        const s = Math.sin(rates[c]! * from[i]!);
        to[i] = from[i]! + (s * s) / rates[c]!;
      }
    },
    webgpu({ x, alpha }, _attrs, [y]) {
      snakeWgsl({ x, alpha, y: y! }, { count: x.size, channels: alpha.size }, Math.ceil(x.size / 64));
    },
  },
  tolerance: 1e-3, // WGSL asks no more of sin than 2⁻¹¹
  saves: ['x', 'alpha'],
  // ∂/∂x = 1 + sin(2αx), ∂/∂α = x sin(2αx) / α − sin²(αx) / α²: in tensor methods, which run on every device and differentiate again.
  backward({ grads: [g], inputs: { x, alpha }, needs }) {
    const double = x.mul(alpha).mul(2);
    const dx = needs.x ? g.mul(double.sin().add(1)) : null;
    if (!needs.alpha) return { x: dx, alpha: null };
    const sinSquared = double.cos().neg().add(1).div(2);
    const slope = x.mul(double.sin()).sub(sinSquared.div(alpha)).div(alpha);
    const rows = g.mul(slope).reshape([-1, alpha.size]);
    return { x: dx, alpha: rows.sum({ axis: 0 }) };
  },
  samples: [
    { x: [5], alpha: { shape: [5], values: [0.5, 1, 2, 3, 0.7] } },
    { x: [7, 3], alpha: { shape: [3], values: [1, 2, 0.5] } },
    { x: [2, 33, 2], alpha: { shape: [2], values: [1, 1.5] } },
    { x: [0, 2], alpha: { shape: [2], values: [1, 1] } },
  ],
  errors: [{ x: [2, 3], alpha: [2], throws: "alpha must have the size of x's last axis" }],
});
