// The spatial functions that are made of other ops, against plain loops over any number of axes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import * as kernels from '../../kernels/index.ts';
import { device, memory, randn, scope, tensor, zeros } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { indices, positionOf } from '../../kernels/runtime/reference/loops.ts';
import { slidingAxis, type SlidingAxis, type SlidingBounds } from '../../testing/convolutions.ts';
import { expectClose } from '../close.ts';
import { draw, readScoped, secondOrderError } from './operands.ts';

await device('webgpu');
const devices = ['cpu', 'webgpu'] as const;

const axes = (rank: number, bounds: SlidingBounds = {}): fc.Arbitrary<SlidingAxis[]> => {
  const axis = slidingAxis({ maxLength: 7, maxKernelSize: 3, maxDilation: 2, ...bounds });
  return fc.array(axis, { minLength: rank, maxLength: rank });
};

/** Calls `visit` with each place of the result, each tap, and the source place under it, where that is inside. */
function forEachTap(
  space: readonly SlidingAxis[],
  visit: (place: readonly number[], tap: readonly number[], source: readonly number[]) => void,
): void {
  for (const place of indices(space.map(({ count }) => count))) {
    for (const tap of indices(space.map(({ kernelSize }) => kernelSize))) {
      const source = space.map((a, i) => place[i]! * a.stride + tap[i]! * a.dilation - a.padding);
      if (source.every((n, i) => n >= 0 && n < space[i]!.length)) visit(place, tap, source);
    }
  }
}

interface Problem {
  readonly space: readonly SlidingAxis[];
  readonly groups: number;
  readonly x: { shape: number[]; data: Float32Array };
  readonly weight: { shape: number[]; data: Float32Array };
}

function problemOf(space: readonly SlidingAxis[], groups: number, seed: number): Problem {
  const generator = new Generator(seed);
  const of = (shape: number[]) => ({ shape, data: draw(generator, shape) });
  const x = of([2, 2 * groups, ...space.map(({ length }) => length)]);
  return { space, groups, x, weight: of([3 * groups, 2, ...space.map(({ kernelSize }) => kernelSize)]) };
}

function convolved({ space, groups, x, weight }: Problem): Float64Array {
  const shape = [2, 3 * groups, ...space.map(({ count }) => count)];
  const y = new Float64Array(shape.reduce((a, b) => a * b, 1));
  forEachTap(space, (place, tap, source) => {
    for (const [n, o, c] of indices([2, 3 * groups, 2])) {
      const from = positionOf([n!, Math.floor(o! / 3) * 2 + c!, ...source], x.shape);
      const at = positionOf([o!, c!, ...tap], weight.shape);
      y[positionOf([n!, o!, ...place], shape)]! += x.data[from]! * weight.data[at]!;
    }
  });
  return y;
}

function attrsOf({ space, groups }: Problem): kernels.ConvolutionAttrs {
  const side = (name: 'stride' | 'padding' | 'dilation'): number[] => space.map((a) => a[name]);
  return { stride: side('stride'), padding: side('padding'), dilation: side('dilation'), groups };
}

/** Of the largest element. */
const nearly = (got: ArrayLike<number>, want: ArrayLike<number>): void =>
  expectClose('result', got, want, { atol: 1e-5 * Math.max(1, ...Array.from(want, Math.abs)) });

const convolutions = { 1: kernels.conv1d, 2: kernels.conv2d, 3: kernels.conv3d } as const;
const transposed = { 1: kernels.convTranspose1d, 2: kernels.convTranspose2d, 3: kernels.convTranspose3d } as const;

describe.each([1, 2, 3] as const)('convolution of %d axes', (rank) => {
  test.each(devices)('equals plain loops on %s, and its transpose is its adjoint', async (name) => {
    await fc.assert(
      fc.asyncProperty(axes(rank), fc.integer({ min: 1, max: 2 }), fc.nat(1e6), async (space, groups, seed) => {
        const problem = problemOf(space, groups, seed);
        const [attrs, want] = [attrsOf(problem), convolved(problem)];
        const on = ({ shape, data }: Problem['x']): Tensor => tensor(data, { shape, device: name });
        const got = await readScoped(() => convolutions[rank](on(problem.x), on(problem.weight), undefined, attrs));
        nearly(got.data, want);
        // ⟨conv x, g⟩ = ⟨x, convᵀ g⟩, with the rows at the end that no window reaches as outputPadding.
        const g = { shape: [...got.shape], data: draw(new Generator(seed + 1), got.shape) };
        const outputPadding = space.map((a) => {
          return a.length + 2 * a.padding - ((a.count - 1) * a.stride + a.dilation * (a.kernelSize - 1) + 1);
        });
        const back = await readScoped(() =>
          transposed[rank](on(g), on(problem.weight), undefined, { ...attrs, outputPadding }),
        );
        expect(back.shape).toEqual(problem.x.shape);
        const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
          Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);
        const size = Math.sqrt(dot(want, want) * dot(g.data, g.data)) + 1;
        expect(Math.abs(dot(want, g.data) - dot(back.data, problem.x.data))).toBeLessThan(1e-5 * size);
      }),
      { numRuns: name === 'cpu' ? 40 : 8 },
    );
  });

  test('can be differentiated twice', () => {
    const line = [4, 3, 3].slice(0, rank);
    const attrs = { stride: 2, padding: 1 };
    const kernel = line.map(() => 2);
    const of = convolutions[rank];
    const back = transposed[rank];
    const shapes = [
      [1, 2, ...line],
      [2, 2, ...kernel],
    ];
    expect(secondOrderError((x: Tensor, w: Tensor) => of(x, w, undefined, attrs), shapes)).toBeLessThan(1e-6);
    expect(secondOrderError((x: Tensor, w: Tensor) => back(x, w, undefined, attrs), shapes)).toBeLessThan(1e-6);
  });
});

test('unfold gives the patches channel by channel, and fold is its adjoint', async () => {
  await fc.assert(
    fc.asyncProperty(axes(2), fc.nat(1e6), async (space, seed) => {
      const { x } = problemOf(space, 1, seed);
      const counts = space.map(({ count }) => count);
      const taps = space.map(({ kernelSize }) => kernelSize);
      const columns = new Float64Array(4 * [...counts, ...taps].reduce((a, b) => a * b, 1));
      forEachTap(space, (place, tap, source) => {
        for (const [n, c] of indices([2, 2])) {
          const to = positionOf([n!, c!, ...tap, ...place], [2, 2, ...taps, ...counts]);
          columns[to] = x.data[positionOf([n!, c!, ...source], x.shape)]!;
        }
      });
      const [a, b] = space as [SlidingAxis, SlidingAxis];
      const options = {
        kernelSize: taps,
        stride: [a.stride, b.stride],
        padding: [a.padding, b.padding],
        dilation: [a.dilation, b.dilation],
      };
      const got = await readScoped(() => kernels.unfold(tensor(x.data, { shape: x.shape }), options));
      nearly(got.data, columns);
      const g = draw(new Generator(seed + 1), got.shape);
      const outputSize = [a.length, b.length];
      const back = await readScoped(() =>
        kernels.fold(tensor(g, { shape: [...got.shape] }), { ...options, outputSize }),
      );
      const dot = (p: ArrayLike<number>, q: ArrayLike<number>): number =>
        Array.from(p).reduce((sum, v, i) => sum + v * q[i]!, 0);
      expect(dot(got.data, g)).toBeCloseTo(dot(x.data, back.data), 3);
    }),
    { numRuns: 40 },
  );
});

describe('pooling of three axes', () => {
  const problem = fc.tuple(
    axes(3, { maxDilation: 1 }).filter((space) => space.every(({ kernelSize, padding }) => 2 * padding <= kernelSize)),
    fc.nat(1e6),
  );
  const attrsFor = (space: readonly SlidingAxis[]): kernels.MaxPoolAttrs => ({
    kernelSize: space.map(({ kernelSize }) => kernelSize),
    stride: space.map(({ stride }) => stride),
    padding: space.map(({ padding }) => padding),
  });

  test('equals plain loops', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ([space, seed]) => {
        const { x } = problemOf(space, 1, seed);
        const shape = [2, 2, ...space.map(({ count }) => count)];
        const most = new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(-Infinity);
        const sums = most.map(() => 0);
        forEachTap(space, (place, _tap, source) => {
          for (const [n, c] of indices([2, 2])) {
            const to = positionOf([n!, c!, ...place], shape);
            const value = x.data[positionOf([n!, c!, ...source], x.shape)]!;
            most[to] = Math.max(most[to]!, value);
            sums[to]! += value / space.reduce((taps, { kernelSize }) => taps * kernelSize, 1);
          }
        });
        const on = (): Tensor => tensor(x.data, { shape: x.shape });
        nearly((await readScoped(() => kernels.maxPool3d(on(), attrsFor(space)))).data, most);
        nearly((await readScoped(() => kernels.avgPool3d(on(), attrsFor(space)))).data, sums);
      }),
      { numRuns: 60 },
    );
  });

  test('of equals the first wins, in the order of depth, rows and columns', () => {
    scope(() => {
      const x = tensor(new Float32Array(8).fill(1), { shape: [1, 1, 2, 2, 2], requiresGrad: true });
      kernels.maxPool3d(x, { kernelSize: 2 }).sum().backward();
      expect([...x.grad!.dataNow()!]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    });
  });
});

test('no function leaves anything behind', () => {
  const x = [randn([1, 4, 6]), randn([1, 4, 6, 6]), randn([1, 4, 6, 6, 6])] as const;
  const weights = [randn([4, 4, 2]), randn([4, 4, 2, 2]), randn([4, 4, 2, 2, 2])] as const;
  const bias = randn([4]);
  const calls: (() => Tensor)[] = [
    () => kernels.conv1d(x[0], weights[0], bias),
    () => kernels.conv3d(x[2], weights[2], bias, { padding: 1 }),
    () => kernels.convTranspose1d(x[0], weights[0], bias),
    () => kernels.convTranspose2d(x[1], weights[1], bias),
    () => kernels.convTranspose3d(x[2], weights[2], bias),
    () => kernels.maxPool1d(x[0], { kernelSize: 2 }),
    () => kernels.maxPool3d(x[2], { kernelSize: 2 }),
    () => kernels.avgPool1d(x[0], { kernelSize: 2 }),
    () => kernels.avgPool3d(x[2], { kernelSize: 2 }),
    () => kernels.adaptiveAvgPool3d(x[2], { outputSize: 4 }),
    () => kernels.adaptiveMaxPool1d(x[0], { outputSize: 4 }),
    () => kernels.adaptiveMaxPool3d(x[2], { outputSize: 4 }),
    () => kernels.unfold(x[1], { kernelSize: 3, padding: 1 }),
    () => kernels.fold(x[0], { kernelSize: 2, outputSize: [3, 4] }),
    () => kernels.pixelShuffle(x[1], 2),
    () => kernels.pixelUnshuffle(x[1], 2),
  ];
  for (const call of calls) {
    const before = memory().cpu!.tensors;
    call().dispose();
    expect(memory().cpu!.tensors, String(call)).toBe(before);
  }
  [...x, ...weights, bias].forEach((t) => t.dispose());
});

describe('refusals name the function and what would fit', () => {
  const map = zeros([1, 4, 6]);
  const image = zeros([1, 4, 6, 6]);
  const volume = zeros([1, 4, 6, 6, 6]);
  test.each<[string, () => Tensor]>([
    ['conv1d: x [1, 4, 6, 6] has rank 4; it must be [N, C, L]', () => kernels.conv1d(image, zeros([2, 4, 3]))],
    [
      'conv1d: x [4, 6] has rank 2; it must be [N, C, L]; x.unsq',
      () => kernels.conv1d(zeros([4, 6]), zeros([2, 4, 3])),
    ],
    ['it must be [O, C / groups, kd, kh, kw]', () => kernels.conv3d(volume, zeros([2, 4, 3]))],
    ['has 4 channels, weight [2, 3, 3] reads 3', () => kernels.conv1d(map, zeros([2, 3, 3]))],
    ['2 groups must divide it', () => kernels.conv1d(map, zeros([3, 2, 3]), undefined, { groups: 2 })],
    ['bias [3] does not fit weight [2, 4, 3]; it must be [2]', () => kernels.conv1d(map, zeros([2, 4, 3]), zeros([3]))],
    ['a kernel that spans [7] does not fit a padded input of [6]', () => kernels.conv1d(map, zeros([2, 4, 7]))],
    [
      'stride [1, 2] must be an integer, or 3 integers, one per axis, each >= 1',
      () => kernels.conv3d(volume, zeros([2, 4, 1, 1, 1]), undefined, { stride: [1, 2] }),
    ],
    [
      "conv1d: has no option 'strides'",
      () => kernels.conv1d(map, zeros([2, 4, 3]), undefined, { strides: 2 } as object),
    ],
    [
      'convTranspose2d: outputPadding [1, 1] must be less than stride [1, 1] or dilation [1, 1] on each axis',
      () => kernels.convTranspose2d(image, zeros([4, 2, 3, 3]), undefined, { outputPadding: 1 }),
    ],
    ['it must be [C, O / groups, k]', () => kernels.convTranspose1d(map, zeros([4, 2, 3, 3]))],
    ['would give sizes [0]', () => kernels.convTranspose1d(map, zeros([4, 2, 1]), undefined, { padding: 3 })],
    ['unfold: a kernel that spans [7, 7]', () => kernels.unfold(image, { kernelSize: 7 })],
    ["unfold: needs the option 'kernelSize'", () => kernels.unfold(image, {} as kernels.UnfoldOptions)],
    ['fold: x [1, 4, 6] must be [N, C · 4, 9]', () => kernels.fold(map, { kernelSize: 2, outputSize: 4 })],
    ['pixelShuffle: x [1, 4, 6, 6] has 4 channels; 9 must divide them', () => kernels.pixelShuffle(image, 3)],
    ['pixelUnshuffle: x [1, 4, 6, 6] has maps of 6 × 6; 4 must', () => kernels.pixelUnshuffle(image, 4)],
    ['pixelShuffle: upscaleFactor 0 must be', () => kernels.pixelShuffle(image, 0)],
    ['maxPool1d: x [1, 4, 6, 6] has rank 4', () => kernels.maxPool1d(image, { kernelSize: 2 })],
    ["maxPool3d: needs the option 'kernelSize'", () => kernels.maxPool3d(volume, {} as kernels.MaxPoolAttrs)],
    ['avgPool3d: kernelSize [2, 2] must be an integer, or 3', () => kernels.avgPool3d(volume, { kernelSize: [2, 2] })],
    ['adaptiveMaxPool3d: outputSize 0 must be', () => kernels.adaptiveMaxPool3d(volume, { outputSize: 0 })],
  ])('%s', (message, call) => {
    expect(() => scope(call)).toThrow(message);
  });
});
