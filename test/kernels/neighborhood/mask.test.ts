// Three forms of who attends to whom must agree: naMask goes by windows, this file by inverse windows, and, for a few
// problems, by lists written down by hand.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NaProblem } from '../../../kernels/neighborhood/problem.ts';
import type { Axis } from '../../../kernels/neighborhood/window.ts';
import type { Device, Tensor } from '../../../index.ts';
import { ArgumentError, ShapeError, scope } from '../../../index.ts';
import { naFlops } from '../../../kernels/neighborhood/flops.ts';
import { naMask } from '../../../kernels/neighborhood/mask.ts';
import { hasUnseen, offsetTable, seenTable, slotKeys } from '../../../kernels/neighborhood/pairTables.ts';
import { resolveProblem } from '../../../kernels/neighborhood/problem.ts';
import { groupLength, inverseWindowOf } from '../../../kernels/neighborhood/window.ts';
import { resolveDevice } from '../../../tensor/runtime.ts';
import { neighborhoods } from '../../../testing/attentions.ts';
import { indexAt } from '../../../testing/closeness.ts';

const cpu = (): Device => resolveDevice('cpu');

/** Whether query i sees key j along one axis: i lies among the queries that see j. */
function isSeen(axis: Axis, i: number, j: number): boolean {
  const group = j % axis.dilation;
  if (i % axis.dilation !== group) return false;
  const { start, end } = inverseWindowOf(axis, groupLength(axis, group), Math.floor(j / axis.dilation));
  const p = Math.floor(i / axis.dilation);
  return start <= p && p < end;
}

const problems = neighborhoods({ longest: [9, 9, 6] });

function maskOf(shape: number[], problem: NaProblem): boolean[][] {
  return scope(() => {
    const mask = naMask(shape, problem);
    const [rows, columns] = mask.shape as [number, number];
    expect(mask.dtype).toBe('bool');
    const data = mask.dataNow()!;
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (__, j) => data[i * columns + j] === 1),
    );
  });
}

test('windows and inverse windows give one mask', () => {
  fc.assert(
    fc.property(problems, ({ tokens, problem }) => {
      const axes = resolveProblem('naMask', [], problem, tokens);
      maskOf(tokens, problem).forEach((row, i) => {
        const query = indexAt(i, tokens);
        const wanted = row.map((_, j) => indexAt(j, tokens).every((x, a) => isSeen(axes[a]!, query[a]!, x)));
        expect(row).toEqual(wanted);
      });
    }),
    { numRuns: 60 },
  );
});

test('slots hold the keys of the mask in order, and the distance of each', () => {
  fc.assert(
    fc.property(problems, ({ tokens, problem }) => {
      const axes = resolveProblem('naMask', [], problem, tokens);
      const mask = maskOf(tokens, problem);
      const read = (make: (device: Device) => Tensor): number[] => scope(() => Array.from(make(cpu()).dataNow()!));
      const keys = read((device) => slotKeys(axes, device));
      const seen = read((device) => seenTable(axes, 'slots', device));
      const bySlot = read((device) => offsetTable(axes, 'slots', device));
      const byKey = read((device) => offsetTable(axes, 'keys', device));
      const slots = keys.length / mask.length;
      expect(hasUnseen(axes, 'slots') || seen.every((x) => x === 1)).toBe(true);
      expect(hasUnseen(axes, 'keys')).toBe(mask.some((row) => row.includes(false)) || axes.some((a) => a.isCausal));
      mask.forEach((row, i) => {
        const places = Array.from({ length: slots }, (_, slot) => i * slots + slot).filter((at) => seen[at] === 1);
        expect(places.map((at) => keys[at])).toEqual(row.flatMap((isOne, j) => (isOne ? [j] : [])));
        for (const at of places) {
          const [query, other] = [indexAt(i, tokens), indexAt(keys[at]!, tokens)];
          const offset = axes.reduce((sum, { kernelSize, dilation }, a) => {
            return sum * (2 * kernelSize - 1) + (other[a]! - query[a]!) / dilation + kernelSize - 1;
          }, 0);
          expect([bySlot[at], byKey[i * mask.length + keys[at]!]]).toEqual([offset, offset]);
        }
      });
    }),
    { numRuns: 60 },
  );
});

test('the worked examples', () => {
  const lists = (shape: number[], problem: NaProblem): number[][] =>
    maskOf(shape, problem).map((row) => row.flatMap((seen, j) => (seen ? [j] : [])));
  expect(lists([6], { kernelSize: 4 })).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
    [0, 1, 2, 3],
    [1, 2, 3, 4],
    [2, 3, 4, 5],
    [2, 3, 4, 5],
  ]);
  expect(lists([9], { kernelSize: 3, dilation: 2, isCausal: true })).toEqual([
    [0],
    [1],
    [0, 2],
    [1, 3],
    [0, 2, 4],
    [1, 3, 5],
    [2, 4, 6],
    [3, 5, 7],
    [4, 6, 8],
  ]);
  expect(lists([8], { kernelSize: 3, stride: 2 }).map((row) => row[0])).toEqual([0, 0, 2, 2, 4, 4, 5, 5]);
});

test('naFlops counts the products', () => {
  expect(naFlops([56, 56], { kernelSize: 7, heads: 2, dim: 32 })).toEqual({
    forward: 39_337_984,
    backward: 98_344_960,
  });
  const given = { kernelSize: [3, 5], stride: 2, dilation: [2, 1], isCausal: true, heads: 3, dim: 8, dimValue: 4 };
  expect(naFlops([7, 9], given)).toEqual({ forward: 2 * 63 * 15 * 3 * 12, backward: 2 * 63 * 15 * 3 * 32 });
});

test('what does not fit is refused with a sentence', () => {
  expect(() => naMask([4, 4, 4, 4], { kernelSize: 2 })).toThrow(
    'naMask: shape [4, 4, 4, 4] has 4 token axes; give the lengths of 1 to 3',
  );
  expect(() => naMask([4], { kernelSize: 5 })).toThrow(ShapeError);
  expect(() => naMask([4], { kernelSize: 2, kernel: 2 } as NaProblem)).toThrow("has no option 'kernel'");
  expect(() => naMask([70_000], { kernelSize: 2 })).toThrow('an array holds 4 GiB');
  expect(() => naFlops([4], { kernelSize: 2, heads: 0, dim: 3 })).toThrow(ArgumentError);
  expect(() => naFlops([4], { kernelSize: 2, heads: 1, dim: 3, dimValue: 1.5 })).toThrow(
    'dimValue must be an integer >= 1, got 1.5',
  );
  expect(() => naFlops([4], { kernelSize: 2, heads: 1 } as never)).toThrow("needs the option 'dim'");
});
