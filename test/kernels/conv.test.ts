import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conv2d, full, memory, tensor } from '../../index.ts';
import { conv2dInputGrad, conv2dWeightGrad } from '../../kernels/index.ts';
import type { Tensor } from '../../index.ts';
import { resolveConvolution } from '../../kernels/conv/problem.ts';
import { suitsWinograd } from '../../kernels/conv/winograd.cpu.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { convolutions, type ConvolutionProblem } from '../../testing/convolutions.ts';
import { seeds } from '../../testing/seededTensors.ts';
import { draw, errorOf, readScoped, secondOrderError, withThreads } from './operands.ts';

/** Small ones, and some with many channels or wide maps. */
const problems = fc
  .oneof(
    convolutions({ maxLength: 9, maxPadding: 3, maxChannels: 12 }),
    convolutions({ maxLength: 20, maxPadding: 3 }),
    convolutions({ maxLength: 9, maxPadding: 3, maxChannels: 40 }),
  )
  .filter(({ shapes: { output, weight } }) => sizeOf(output) * sizeOf(weight.slice(1)) < 200_000);

type Shapes = ConvolutionProblem['shapes'];

async function errors({ shapes, options: attrs }: ConvolutionProblem, seed: number): Promise<number[]> {
  const { x, weight, output } = shapes;
  const generator = new Generator(seed);
  const host = (shape: number[]) => ({ shape, data: draw(generator, shape) });
  const bias = shapes.bias && host(shapes.bias);
  const [image, kernel, gradient] = [host(x), host(weight), host(output)];
  const inputAttrs = { ...attrs, size: x.slice(2) };
  return Promise.all([
    errorOf(conv2d, { x: image, weight: kernel, bias }, attrs, (t) => conv2d(t['x']!, t['weight']!, t['bias'], attrs)),
    errorOf(conv2dInputGrad, { gradient, weight: kernel }, inputAttrs, (t) =>
      conv2dInputGrad(t['gradient']!, t['weight']!, inputAttrs),
    ),
    weightGradError(shapes, attrs, generator),
  ]);
}

function weightGradError({ x, weight, output }: Shapes, attrs: object, generator: Generator): Promise<number> {
  const host = (shape: number[]) => ({ shape, data: draw(generator, shape) });
  const weightAttrs = { ...attrs, kernelSize: weight.slice(2) };
  return errorOf(conv2dWeightGrad, { x: host(x), gradient: host(output) }, weightAttrs, (t) =>
    conv2dWeightGrad(t['x']!, t['gradient']!, weightAttrs),
  );
}

/** 3×3 taps over enough channels and tiles for winograd.as.ts, most with odd maps and with blocks that end early. */
const deep = fc
  .record({
    images: fc.integer({ min: 1, max: 4 }),
    groups: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 13, max: 40 }),
    rows: fc.integer({ min: 13, max: 80 }),
    height: fc.integer({ min: 7, max: 24 }),
    width: fc.integer({ min: 7, max: 24 }),
    padding: fc.integer({ min: 0, max: 3 }),
    hasBias: fc.boolean(),
  })
  .map(({ images, groups, channels, rows, height, width, padding, hasBias }) => {
    const options = { stride: [1, 1], padding: [padding, padding], dilation: [1, 1], groups };
    const weight = [groups * rows, channels, 3, 3];
    const x = [images, groups * channels, height, width];
    const output = [images, groups * rows, height + 2 * padding - 2, width + 2 * padding - 2];
    return { shapes: { x, weight, ...(hasBias && { bias: weight.slice(0, 1) }), output }, options };
  })
  .filter(({ shapes: { x, weight, output }, options }) => {
    const grid = resolveConvolution('conv2d', x, weight, options);
    return suitsWinograd(grid, 'forward') && sizeOf(output) * sizeOf(weight.slice(1)) < 6e6;
  });

describe('conv2d and its gradients', () => {
  test('equal the reference for any stride, padding, dilation and groups', async () => {
    await fc.assert(
      fc.asyncProperty(problems, seeds(), async (problem, seed) => {
        for (const error of await errors(problem, seed)) expect(error).toBeLessThan(5e-6);
      }),
      { numRuns: 150 },
    );
  });

  test('equal the reference where tiles are transformed', async () => {
    await fc.assert(
      fc.asyncProperty(deep, seeds(), async (problem, seed) => {
        for (const error of await errors(problem, seed)) expect(error).toBeLessThan(5e-6);
      }),
      { numRuns: 12 },
    );
  });

  test.each([
    ['more channels than a block of taps holds', [2, 70, 9, 11], [20, 70, 3, 3], [2, 20, 9, 11]],
    ['more rows than a block has', [1, 5, 9, 9], [110, 5, 3, 3], [1, 110, 9, 9]],
    ['more positions than a block has', [1, 3, 37, 41], [9, 3, 3, 3], [1, 9, 37, 41]],
    ['wide maps of few rows', [1, 2, 3, 700], [3, 2, 3, 3], [1, 3, 3, 700]],
  ])('equal the reference with %s', async (_name, x, weight, output) => {
    const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
    const shapes = { x, weight, bias: weight.slice(0, 1), output };
    for (const error of await errors({ shapes, options }, 2)) expect(error).toBeLessThan(1e-5);
  });

  test.each([
    ['wide', [4, 160, 8, 18]],
    ['high', [4, 160, 18, 8]],
  ])('equal the reference where a block of tiles is full of several maps that are %s', async (_name, x) => {
    const [images, depth, height, width] = x as [number, number, number, number];
    const attrs = { padding: [1, 1], groups: 16 };
    const weight = [256, depth / 16, 3, 3];
    const grid = resolveConvolution('conv2d', x, weight, { stride: 1, dilation: 1, ...attrs });
    expect(suitsWinograd(grid, 'weights')).toBe(true);
    const output = [images, 256, height, width];
    expect(await weightGradError({ x, weight, output }, attrs, new Generator(4))).toBeLessThan(5e-6);
  });

  test('give the same bits for any number of threads, and temporary memory back', async () => {
    const generator = new Generator(6);
    const [x, weight] = [draw(generator, [20, 16, 15, 17]), draw(generator, [24, 16, 3, 3])];
    const image = () => tensor(x, { shape: [20, 16, 15, 17] });
    const kernel = () => tensor(weight, { shape: [24, 16, 3, 3] });
    const before = memory()['cpu']?.bytes ?? 0;
    const deepX = tensor(draw(generator, [5, 32, 15, 17]), { shape: [5, 32, 15, 17] }).keep();
    const deepWeight = tensor(draw(generator, [70, 32, 3, 3]), { shape: [70, 32, 3, 3] }).keep();
    const bodies = [
      () => conv2d(deepX, deepWeight, undefined, { padding: 1 }),
      () => conv2dWeightGrad(deepX, conv2d(deepX, deepWeight), { kernelSize: [3, 3] }),
      () => conv2dInputGrad(conv2d(deepX, deepWeight), deepWeight, { size: [15, 17] }),
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
    deepX.dispose();
    deepWeight.dispose();
    expect(memory()['cpu']!.bytes).toBe(before);
  });

  test('can be differentiated twice', () => {
    const attrs = { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 };
    const body = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => conv2d(x, weight, bias, attrs);
    expect(secondOrderError(body, [[2, 4, 5, 6], [6, 2, 3, 2], [6]])).toBeLessThan(1e-6);
  });

  test('a NaN stays where the kernel sees it where tiles are transformed', async () => {
    const at = { image: 1, row: 6, column: 9 };
    const isNear = (i: number): boolean => {
      const [image, row, column] = [Math.floor(i / (16 * 15 * 15)), Math.floor(i / 15) % 15, i % 15];
      return image === at.image && Math.abs(row - at.row) < 2 && Math.abs(column - at.column) < 2;
    };
    const { data } = await readScoped(() => {
      const x = new Float32Array(2 * 24 * 15 * 15).fill(1);
      x[((at.image * 24 + 5) * 15 + at.row) * 15 + at.column] = NaN;
      return conv2d(tensor(x, { shape: [2, 24, 15, 15] }), full([16, 24, 3, 3], 1), undefined, { padding: 1 });
    });
    expect(Array.from(data, Number.isNaN)).toEqual(Array.from(data, (_, i) => isNear(i)));
  });

  test('infinite inputs stay where the kernel sees them', async () => {
    const { data } = await readScoped(() => conv2d(tensor([[[[0, 0, 0, Infinity]]]]), tensor([[[[1, 1]]]])));
    expect([...data]).toEqual([0, 0, Infinity]);
  });
});
