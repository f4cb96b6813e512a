import { describe, expect, test } from 'vitest';
import type { Axis } from '../../../kernels/neighborhood/window.ts';
import { neighbours } from '../../../kernels/neighborhood/reference/neighbours.ts';
import { groupLength, inverseWindowOf, windowOf, windowTable } from '../../../kernels/neighborhood/window.ts';

/** L, K, D, S, causal as in NATTEN's tables. */
function axisOf(length: number, kernelSize: number, dilation: number, stride: number, causal: number): Axis {
  return { length, kernelSize, stride, dilation, isCausal: causal === 1 };
}

function keysOf(axis: Axis, query: number): number[] {
  const group = query % axis.dilation;
  const { start, end } = windowOf(axis, groupLength(axis, group), Math.floor(query / axis.dilation));
  return Array.from({ length: end - start }, (_, n) => group + axis.dilation * (start + n));
}

function queriesOf(axis: Axis, key: number): number[] {
  const group = key % axis.dilation;
  const { start, end } = inverseWindowOf(axis, groupLength(axis, group), Math.floor(key / axis.dilation));
  return Array.from({ length: end - start }, (_, n) => group + axis.dilation * (start + n));
}

/** The reference's rule: distance from the leader. */
function keysByDistance(axis: Axis): number[][] {
  return neighbours([axis.length], axis);
}

/** Every axis up to `longest` tokens. */
function* axes(longest: number): Generator<Axis> {
  for (let length = 1; length <= longest; length++)
    for (let kernelSize = 1; kernelSize <= length; kernelSize++)
      for (let dilation = 1; kernelSize * dilation <= length; dilation++)
        for (let stride = 1; stride <= kernelSize; stride++)
          for (const isCausal of [false, true]) yield { length, kernelSize, stride, dilation, isCausal };
}

const examples: [name: string, axis: Axis, keys: string][] = [
  ['E1', axisOf(6, 3, 1, 1, 0), '012 012 123 234 345 345'],
  ['E2 even size', axisOf(6, 4, 1, 1, 0), '0123 0123 0123 1234 2345 2345'],
  ['E3 dilated', axisOf(7, 3, 2, 1, 0), '024 135 024 135 246 135 246'],
  ['E4 dilated causal', axisOf(9, 3, 2, 1, 1), '0 1 02 13 024 135 246 357 468'],
  ['E5 strided', axisOf(8, 3, 1, 2, 0), '012 012 234 234 456 456 567 567'],
  ['E6', axisOf(10, 4, 1, 3, 0), '0123 0123 0123 2345 2345 2345 5678 5678 5678 6789'],
  ['E7', axisOf(10, 5, 1, 3, 1), '0 01 012 123 1234 12345 456 4567 45678 56789'],
  ['E8', axisOf(11, 3, 3, 2, 0), '036 147 258 036 147 258 369 47a 258 369 47a'],
  ['E8c', axisOf(11, 3, 3, 2, 1), '0 1 2 03 14 25 36 47 258 369 47a'],
  ['E9 the leader is clamped by its group', axisOf(7, 2, 2, 2, 1), '0 1 02 13 4 35 46'],
  ['E10 window attention', axisOf(8, 4, 1, 4, 0), '0123 0123 0123 0123 4567 4567 4567 4567'],
  ['E10 causal', axisOf(8, 4, 1, 4, 1), '0 01 012 0123 4 45 456 4567'],
];

test.each(examples)('worked example %s', (_, axis, keys) => {
  const wanted = keys.split(' ').map((list) => Array.from(list, (digit) => parseInt(digit, 16)));
  expect(wanted.map((_, query) => keysOf(axis, query))).toEqual(wanted);
  expect(keysByDistance(axis)).toEqual(wanted);
});

test('worked example E11: two axes are the product of their windows', () => {
  const rows = axisOf(5, 3, 1, 2, 0);
  const columns = axisOf(6, 2, 2, 1, 1);
  expect([keysOf(rows, 2), keysOf(columns, 3)]).toEqual([
    [2, 3, 4],
    [1, 3],
  ]);
  expect([keysOf(rows, 4), keysOf(columns, 5)]).toEqual([
    [2, 3, 4],
    [3, 5],
  ]);
  const both = neighbours([5, 6], {
    kernelSize: [3, 2],
    dilation: [1, 2],
    stride: [2, 1],
    isCausal: [false, true],
  });
  expect(both[2 * 6 + 3]).toEqual([13, 15, 19, 21, 25, 27]);
  expect(both[4 * 6 + 5]).toEqual([15, 17, 21, 23, 27, 29]);
});

/** [L, K, D, S, causal, number of pairs, Σ (i+1)(j+1)(slot+1), Σ (j+1)(start + 3 end) over the inverse windows]: NATTEN's, computed by its own mask code. */
const checksums = [
  [6, 3, 1, 1, 0, 18, 558, 377],
  [6, 4, 1, 1, 0, 24, 890, 396],
  [7, 3, 2, 1, 0, 21, 832, 308],
  [9, 3, 2, 1, 1, 21, 1316, 704],
  [8, 3, 1, 2, 0, 24, 1302, 814],
  [10, 4, 1, 3, 0, 40, 3750, 1692],
  [10, 5, 1, 3, 1, 35, 3914, 1836],
  [11, 3, 3, 2, 0, 33, 3000, 762],
  [11, 3, 3, 2, 1, 22, 1946, 846],
  [7, 2, 2, 2, 1, 11, 320, 320],
  [128, 63, 1, 31, 0, 8064, 1481985792, 3257342],
  [128, 63, 1, 31, 1, 5175, 773607188, 3624464],
  [128, 3, 5, 2, 0, 384, 4411644, 573595],
  [128, 3, 10, 2, 1, 304, 3244289, 321392],
  [128, 8, 5, 7, 0, 1024, 25583004, 636568],
  [125, 3, 1, 1, 1, 372, 3921743, 2673753],
  [256, 255, 1, 82, 0, 65280, 183523339520, 25305836],
  [84, 7, 5, 3, 0, 588, 5841080, 181050],
  [19, 3, 1, 3, 1, 39, 9383, 10272],
  [48, 24, 2, 1, 0, 1152, 11352000, 84672],
  [67, 12, 5, 8, 0, 804, 7864090, 94814],
  [80, 7, 11, 4, 1, 320, 2458409, 84940],
  [37, 16, 2, 8, 0, 592, 2443512, 39968],
  [44, 28, 1, 4, 0, 1232, 12359452, 135832],
  [80, 56, 1, 8, 0, 4480, 286654368, 811456],
  [29, 8, 3, 5, 0, 232, 308520, 13104],
] as const;

test.each(checksums)(
  'checksums of L %i K %i D %i S %i causal %i',
  (length, kernelSize, dilation, stride, causal, pairs, forward, inverse) => {
    const axis = axisOf(length, kernelSize, dilation, stride, causal);
    const lists = Array.from({ length }, (_, i) => keysOf(axis, i));
    expect(lists.flat().length).toBe(pairs);
    expect(
      lists.reduce((sum, keys, i) => sum + keys.reduce((part, j, slot) => part + (i + 1) * (j + 1) * (slot + 1), 0), 0),
    ).toBe(forward);
    const table = windowTable(axis, inverseWindowOf);
    expect(lists.reduce((sum, _, j) => sum + (j + 1) * (table[2 * j]! + 3 * table[2 * j + 1]!), 0)).toBe(inverse);
  },
);

describe('three formulations agree on every axis of up to 14 tokens', () => {
  test('window = distance from the leader, inverse window = its transpose', () => {
    for (const axis of axes(14)) {
      const wanted = keysByDistance(axis);
      const name = JSON.stringify(axis);
      expect(
        wanted.map((_, i) => keysOf(axis, i)),
        name,
      ).toEqual(wanted);
      expect(
        wanted.map((_, j) => queriesOf(axis, j)),
        name,
      ).toEqual(wanted.map((_, j) => wanted.flatMap((keys, i) => (keys.includes(j) ? [i] : []))));
    }
  });

  test('a token is in both its windows; windows never move back and leave no gap; without causality each has kernelSize keys', () => {
    for (const axis of axes(14)) {
      for (const rule of [windowOf, inverseWindowOf]) {
        for (let group = 0; group < axis.dilation; group++) {
          const length = groupLength(axis, group);
          let before = { start: 0, end: 0 };
          for (let position = 0; position < length; position++) {
            const now = rule(axis, length, position);
            const name = `${rule.name} ${JSON.stringify(axis)} position ${position}`;
            expect(now.start <= position && position < now.end && now.end <= length, name).toBe(true);
            expect(before.start <= now.start && now.start <= before.end && before.end <= now.end, name).toBe(true);
            if (!axis.isCausal && rule === windowOf) expect(now.end - now.start, name).toBe(axis.kernelSize);
            before = now;
          }
        }
      }
    }
  });
});
