import { expect, test } from 'vitest';
import type { Runtime } from '../../tensor/runtime.ts';
import type { Tensor } from '../../index.ts';
import { batchNorm, device, grad, layerNorm, logsumexp, scope, sum, tensor } from '../../index.ts';
import { floatsFromHalves, halvesFromFloats } from '../../tensor/io/half.ts';
import { Generator } from '../../tensor/philox.ts';

const runtime = (await device('webgpu')) as Runtime;
const hasHalf = runtime.dtypes.includes('float16');

/** Numbers far from 0, as halves have them: what statistics rounded to float16 would spoil. */
function drawn(shape: readonly number[], seed: number, mean: number): Float32Array {
  const values = new Generator(seed).normal(shape.reduce((a, b) => a * b, 1));
  return floatsFromHalves(halvesFromFloats(values.map((value) => mean + value)));
}

type Body = (x: Tensor) => Tensor;
/** Half of float16's last place, of the largest number. */
const rounding = 2 ** -10.5;
const bodies: [string, number[], number, Body, number][] = [
  ['layerNorm', [6, 300], 30, (x) => layerNorm(x), rounding],
  ['batchNorm', [4, 3, 500], 30, (x) => batchNorm(x), rounding],
  ['sum', [3, 4000], 1, (x) => sum(x, { axis: 1 }), rounding],
  // Its gradient is that of the rounded result, as PyTorch's is.
  ['logsumexp', [3, 4000], 4, (x) => logsumexp(x, { axis: 1 }), 2 ** -8],
];

test.each(bodies)(
  '%s of float16 is its float64 form, rounded once; so is its gradient',
  async (_name, shape, mean, body, tolerance) => {
    const data = drawn(shape, 1, mean);
    const seed = drawn(shape, 2, 0);
    const run = (
      on: 'webgpu' | 'reference',
      dtype: 'float16' | 'float64',
    ): [Promise<ArrayLike<number>>, Promise<ArrayLike<number>>] =>
      scope(() => {
        const x = tensor(data, { shape, dtype, device: on, requiresGrad: true });
        const y = body(x);
        expect(y.dtype).toBe(dtype);
        const g = tensor(seed.slice(0, y.size), { shape: y.shape, dtype, device: on });
        const [dx] = grad(y, [x], { gradOutput: g });
        expect(dx!.dtype).toBe(dtype);
        return [y.data(), dx!.data()];
      });
    if (!hasHalf) {
      expect(() => run('webgpu', 'float16')).toThrow("float16 is not stored on 'webgpu'");
      return;
    }
    const [got, want] = [await Promise.all(run('webgpu', 'float16')), await Promise.all(run('reference', 'float64'))];
    want.forEach((values, k) => {
      const largest = Array.from(values).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      // Half of float16's last place is 2^-11 of a number; of the largest, for differences of numbers.
      for (let i = 0; i < values.length; i++)
        expect(Math.abs(got[k]![i]! - values[i]!) / largest).toBeLessThan(tolerance);
    });
  },
);
