import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../tensor/errors.ts';
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  contiguousStrides,
  isContiguous,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  reshapedStrides,
  sizeOf,
} from '../../tensor/shape.ts';
import type { Layout } from '../../tensor/layout.ts';
import { shapes } from '../../testing/shapes.ts';
import { layouts, positions } from './layouts.ts';

const positionsOf = (shape: readonly number[], strides: readonly number[]): number[] =>
  positions({ shape, strides, offset: 0 });

/** All shapes of `size` elements with up to `rank` axes. */
function factorings(size: number, rank: number): number[][] {
  if (rank === 0) return size === 1 ? [[]] : [];
  const longer = Array.from({ length: size }, (_, i) => i + 1)
    .filter((n) => size % n === 0)
    .flatMap((n) => factorings(size / n, rank - 1).map((rest) => [n, ...rest]));
  return rank > 1 ? [...factorings(size, rank - 1), ...longer] : longer;
}

/** Whether any strides at all read `positions` as `target`: what reshapedStrides must find. */
function canView(wanted: readonly number[], target: readonly number[]): boolean {
  const steps = contiguousStrides(target);
  const strides = target.map((n, axis) => (n > 1 ? wanted[steps[axis]!]! - wanted[0]! : 0));
  return positionsOf(target, strides).every((at, i) => at === wanted[i]! - wanted[0]!);
}

describe('strides', () => {
  property.prop([shapes()])('contiguous strides count elements in row-major order', (shape) => {
    expect(positionsOf(shape, contiguousStrides(shape))).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i));
  });

  property.prop([layouts()])('isContiguous says whether the elements follow one another', ({ shape, strides }) => {
    const isDense = positionsOf(shape, strides).every((at, i) => at === i);
    expect(isContiguous(shape, strides)).toBe(isDense);
  });

  property.prop([layouts(), fc.nat()], { numRuns: 400 })(
    'reshapedStrides finds a view exactly when there is one, and it reads the same elements',
    ({ shape, strides }: Layout, pick) => {
      fc.pre(sizeOf(shape) > 0);
      const targets = factorings(sizeOf(shape), 3);
      const target = targets[pick % targets.length]!;
      const wanted = positionsOf(shape, strides);
      const found = reshapedStrides(shape, strides, target);
      expect(found !== null).toBe(canView(wanted, target));
      if (found) expect(positionsOf(target, found)).toEqual(wanted);
    },
  );

  test.each([
    [[6, 1], [5, 1], [6], [5]], // an axis of size 1 must not lend its stride
    [[1, 6], [1, 5], [6], [5]],
    [[2, 3], [0, 0], [6], [0]],
    [[2, 3], [3, -1], [6], null],
    [[6], [-1], [2, 3], [-3, -1]],
    [
      [0, 3],
      [7, 5],
      [3, 0],
      [1, 1],
    ],
  ])('%j with strides %j as %j has strides %j', (shape, strides, target, wanted) => {
    const found = reshapedStrides(shape, strides, target);
    if (sizeOf(shape) > 0) expect(found).toEqual(wanted);
    else expect(found).not.toBeNull();
  });
});

describe('broadcasting', () => {
  const sizes = fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 4 });

  property.prop([sizes, sizes])('aligns last axes: each size is the other or 1', (a, b) => {
    const rank = Math.max(a.length, b.length);
    const padded = [a, b].map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
    const fits = padded[0]!.every((m, i) => m === padded[1]![i] || m === 1 || padded[1]![i] === 1);
    if (!fits) {
      expect(() => broadcastShapes('add', a, b)).toThrow(ShapeError);
      return;
    }
    const wanted = padded[0]!.map((m, i) => (m === 1 ? padded[1]![i] : m));
    expect(broadcastShapes('add', a, b)).toEqual(wanted);
    expect(broadcastShapes('add', b, a)).toEqual(wanted);
  });

  property.prop([layouts({ empty: false }), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 })])(
    'broadcastStrides repeats elements and invents none',
    ({ shape, strides }, sizesOfTarget) => {
      const lead = sizesOfTarget.length - shape.length;
      const target = sizesOfTarget.map((n, i) => (i >= lead && shape[i - lead] !== 1 ? shape[i - lead]! : n));
      const stretched = broadcastStrides(shape, strides, target);
      stretched.forEach((step, i) => {
        if (i < lead || shape[i - lead] !== target[i]) expect(step).toBe(0);
        else if (target[i] !== 1) expect(step).toBe(strides[i - lead]);
      });
      expect(new Set(positionsOf(target, stretched))).toEqual(new Set(positionsOf(shape, strides)));
    },
  );

  test('the error names both shapes, the sizes and the axis', () => {
    expect(() => broadcastShapes('add', [2, 3], [4, 3])).toThrow(
      'add: shapes [2, 3] and [4, 3] do not broadcast: 2 and 4 at axis -2; sizes must be equal or 1',
    );
  });
});

describe('axes', () => {
  test('negative axes count from the end', () => {
    expect(normalizeAxis('sum', -1, [2, 3])).toBe(1);
    expect(normalizeAxis('sum', -2, [2, 3])).toBe(0);
  });

  test.each([2, -3, 0.5, NaN, Infinity])('axis %d of [2, 3] is refused', (axis) => {
    expect(() => normalizeAxis('sum', axis, [2, 3])).toThrow(ShapeError);
  });

  test('a tensor of rank 0 has no axes', () => {
    expect(() => normalizeAxis('sum', 0, [])).toThrow('sum: axis 0 is out of range for shape [] (rank 0)');
    expect(normalizeAxes('sum', undefined, [])).toEqual([]);
  });

  test('a list comes back ascending; a repeat is refused however it is written', () => {
    expect(normalizeAxes('sum', [-1, 0], [2, 3, 4])).toEqual([0, 2]);
    expect(normalizeAxes('sum', [], [2, 3])).toEqual([0, 1]);
    expect(() => normalizeAxes('sum', [1, -2], [2, 3, 4])).toThrow('sum: axis 1 is named twice');
  });

  test('reducedShape keeps size 1 or drops the axes', () => {
    expect(reducedShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
    expect(reducedShape([2, 3, 4], [0, 2], false)).toEqual([3]);
  });
});

describe('checkShape', () => {
  test.each([[[-1]], [[1.5]], [[NaN]], [[Infinity]], [[2 ** 30, 2 ** 30]], [['2']]])('refuses %j', (shape) => {
    expect(() => checkShape('zeros', shape as number[])).toThrow(ShapeError);
  });

  test('refuses what is not an array', () => {
    expect(() => checkShape('zeros', 3 as unknown as number[])).toThrow(
      'zeros: shape must be an array of sizes, got 3',
    );
  });

  test('allows no axes and empty axes', () => {
    checkShape('zeros', []);
    checkShape('zeros', [0, 3]);
  });
});
