import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conv2d, memory, tensor } from '../../index.ts';
import { conv2dInputGrad, conv2dWeightGrad } from '../../kernels/index.ts';
import type { Tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { draw, errorOf, readScoped, secondOrderError, withThreads } from './operands.ts';

const pair = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));

interface Problem {
  readonly x: number[];
  readonly weight: number[];
  readonly output: number[];
  readonly attrs: { stride: number[]; padding: number[]; dilation: number[]; groups: number };
  readonly seed: number;
}

/** A convolution for which at least one window fits. */
const problems: fc.Arbitrary<Problem> = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    channels: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 })),
    rows: fc.integer({ min: 1, max: 12 }),
    size: fc.oneof(pair(1, 9), pair(1, 20)),
    kernel: pair(1, 4),
    stride: pair(1, 3),
    dilation: pair(1, 3),
    padding: pair(0, 3),
    seed: fc.nat(1e6),
  })
  .map(({ images, groups, channels, rows, size, kernel, stride, dilation, padding, seed }) => {
    const output = size.map((n, i) => {
      const room = n + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1;
      return room < 0 ? 0 : Math.floor(room / stride[i]!) + 1;
    });
    return {
      x: [images, groups * channels, ...size],
      weight: [groups * rows, channels, ...kernel],
      output: [images, groups * rows, ...output],
      attrs: { stride, padding, dilation, groups },
      seed,
    };
  })
  .filter(({ output, weight }) => {
    const products = output.reduce((a, b) => a * b, 1) * weight[1]! * weight[2]! * weight[3]!;
    return products > 0 && products < 200_000;
  });

async function errors({ x, weight, output, attrs, seed }: Problem): Promise<number[]> {
  const generator = new Generator(seed);
  const host = (shape: number[]) => ({ shape, data: draw(generator, shape) });
  const bias = seed % 2 === 0 ? host([weight[0]!]) : undefined;
  const [image, kernel, gradient] = [host(x), host(weight), host(output)];
  const inputAttrs = { ...attrs, size: x.slice(2) };
  const weightAttrs = { ...attrs, kernelSize: weight.slice(2) };
  return Promise.all([
    errorOf(conv2d, { x: image, weight: kernel, bias }, attrs, (t) => conv2d(t['x']!, t['weight']!, t['bias'], attrs)),
    errorOf(conv2dInputGrad, { gradient, weight: kernel }, inputAttrs, (t) =>
      conv2dInputGrad(t['gradient']!, t['weight']!, inputAttrs),
    ),
    errorOf(conv2dWeightGrad, { x: image, gradient }, weightAttrs, (t) =>
      conv2dWeightGrad(t['x']!, t['gradient']!, weightAttrs),
    ),
  ]);
}

describe('conv2d and its gradients', () => {
  test('equal the reference for any stride, padding, dilation and groups', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        for (const error of await errors(problem)) expect(error).toBeLessThan(5e-6);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['more channels than a block of taps holds', [2, 70, 9, 11], [20, 70, 3, 3], [2, 20, 9, 11]],
    ['more rows than a block has', [1, 5, 9, 9], [110, 5, 3, 3], [1, 110, 9, 9]],
    ['more positions than a block has', [1, 3, 37, 41], [9, 3, 3, 3], [1, 9, 37, 41]],
    ['wide maps of few rows', [1, 2, 3, 700], [3, 2, 3, 3], [1, 3, 3, 700]],
  ])('equal the reference with %s', async (_name, x, weight, output) => {
    const attrs = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
    for (const error of await errors({ x, weight, output, attrs, seed: 2 })) expect(error).toBeLessThan(1e-5);
  });

  test('give the same bits for any number of threads, and temporary memory back', async () => {
    const generator = new Generator(6);
    const [x, weight] = [draw(generator, [20, 16, 15, 17]), draw(generator, [24, 16, 3, 3])];
    const image = () => tensor(x, { shape: [20, 16, 15, 17] });
    const kernel = () => tensor(weight, { shape: [24, 16, 3, 3] });
    const before = memory()['cpu']?.bytes ?? 0;
    const bodies = [
      () => conv2d(image(), kernel(), undefined, { stride: 2, padding: 1 }),
      () => conv2dWeightGrad(image(), conv2d(image(), kernel(), undefined), { kernelSize: [3, 3] }),
      () =>
        conv2dInputGrad(conv2d(image(), kernel(), undefined, { stride: 2 }), kernel(), { stride: 2, size: [15, 17] }),
    ];
    for (const body of bodies) {
      const [one, two, four] = await withThreads(body);
      expect(two).toEqual(one);
      expect(four).toEqual(one);
    }
    expect(memory()['cpu']!.bytes).toBe(before);
  });

  test('can be differentiated twice', () => {
    const attrs = { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 };
    const body = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => conv2d(x, weight, bias, attrs);
    expect(secondOrderError(body, [[2, 4, 5, 6], [6, 2, 3, 2], [6]])).toBeLessThan(1e-6);
  });

  test('infinite inputs stay where the kernel sees them', async () => {
    const { data } = await readScoped(() => conv2d(tensor([[[[0, 0, 0, Infinity]]]]), tensor([[[[1, 1]]]])));
    expect([...data]).toEqual([0, 0, Infinity]);
  });
});
