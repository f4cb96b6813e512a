import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { adaptiveAvgPool2d, avgPool2d, maxPool2d, scope, tensor } from '../../index.ts';
import { avgPool2dBackward, maxPool2dBackward, maxPool2dWithIndices } from '../../kernels/index.ts';
import { Generator } from '../../tensor/philox.ts';
import { slidingAxis } from '../../testing/convolutions.ts';
import { seeds } from '../../testing/seededTensors.ts';
import { draw, errorOf, readScoped, secondOrderError } from './operands.ts';

const axis = slidingAxis({ maxLength: 19, maxDilation: 1 }).filter(
  ({ kernelSize, padding }) => 2 * padding <= kernelSize,
);
const problems = fc.record({
  vertical: axis,
  horizontal: axis,
  ceilMode: fc.boolean(),
  countIncludePad: fc.boolean(),
  seed: seeds(),
});

async function readBoth(body: () => Tensor[]): Promise<number[][]> {
  let pending: Promise<ArrayLike<number>[]>;
  scope(() => {
    pending = Promise.all(body().map((x) => x.data()));
  });
  return (await pending!).map((data) => [...(data as Float32Array)]);
}

describe('pooling', () => {
  test('equals the reference for any kernel, stride and padding', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async ({ vertical, horizontal, ceilMode, countIncludePad, seed }) => {
        const shape = [2, 2, vertical.length, horizontal.length];
        const x = { shape, data: draw(new Generator(seed), shape) };
        const sides = (name: 'kernelSize' | 'stride' | 'padding') => [vertical[name], horizontal[name]];
        const shared = {
          kernelSize: sides('kernelSize'),
          stride: sides('stride'),
          padding: sides('padding'),
          ceilMode,
        };
        const attrs = { ...shared, countIncludePad };
        const error = await errorOf(avgPool2d, { x }, attrs, (t) => avgPool2d(t['x']!, attrs));
        expect(error).toBeLessThan(1e-6);
        const most = { ...shared, dilation: 1 };
        const best = await readScoped(() => maxPool2d(tensor(x.data, { shape }), most));
        const [want] = maxPool2dWithIndices.definition.reference({ x }, most) as unknown as [typeof best];
        expect([...best.data]).toEqual([...want.data]);
      }),
      { numRuns: 150 },
    );
  });

  test('the maximum is the first of equals, or NaN', async () => {
    const [values, indices] = await readBoth(() => {
      const x = tensor([
        [
          [
            [1, NaN, 5, 5, -Infinity, -Infinity],
            [NaN, 3, -Infinity, 5, -Infinity, -Infinity],
          ],
        ],
      ]);
      return maxPool2dWithIndices(x, { kernelSize: 2 });
    });
    expect(values).toEqual([NaN, 5, -Infinity]);
    expect(indices).toEqual([6, 2, 4]);
    // The same by the path that takes four windows at a time.
    const [wide, places] = await readBoth(() => {
      const row = [1, NaN, 5, 5, -Infinity, -Infinity, 0, 1];
      return maxPool2dWithIndices(tensor([[[row, [NaN, 3, -Infinity, 5, -Infinity, -Infinity, 1, 1]]]]), {
        kernelSize: 2,
      });
    });
    expect(wide).toEqual([NaN, 5, -Infinity, 1]);
    expect(places).toEqual([8, 2, 4, 7]);
  });

  test('a window that sees nothing gives −∞, index −1 and no gradient', async () => {
    const [values, indices, gradient] = await readBoth(() => {
      const x = tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]);
      const [best, places] = maxPool2dWithIndices(x, { kernelSize: 2, padding: 1, dilation: 3 });
      return [best, places, maxPool2dBackward(tensor([[[[7]]]]), places, { size: [2, 2] })];
    });
    expect(values).toEqual([-Infinity]);
    expect(indices).toEqual([-1]);
    expect(gradient).toEqual([0, 0, 0, 0]);
  });

  test('overlapping windows add their gradients', async () => {
    const { data } = await readScoped(() =>
      avgPool2dBackward(tensor([[[[1, 2]]]]), { kernelSize: [1, 2], stride: 1, size: [1, 3] }),
    );
    expect([...data]).toEqual([0.5, 1.5, 1]);
  });

  test('can be differentiated twice', () => {
    const bodies: ((t: Tensor) => Tensor)[] = [
      (t) => maxPool2d(t, { kernelSize: 3, stride: 2 }),
      (t) => avgPool2d(t, { kernelSize: 3, stride: 2, padding: 1 }),
      (t) => adaptiveAvgPool2d(t, { outputSize: [2, 3] }),
    ];
    for (const body of bodies) {
      expect(secondOrderError(body, [[1, 2, 5, 7]])).toBeLessThan(1e-6);
    }
  });
});
