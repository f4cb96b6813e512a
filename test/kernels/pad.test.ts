// Borders of every mode, by an index for each place and by the gradient of what they repeat.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PadMode, Tensor } from '../../index.ts';
import { arange, gradientCheck, pad, randn, ShapeError, tensor, zeros } from '../../index.ts';
import { devices } from '../devices.ts';
import { readScoped } from './operands.ts';

/** Which of n elements lies at place i, counted from the first of them. */
const source: Record<Exclude<PadMode, 'constant'>, (i: number, n: number) => number> = {
  reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => (i + n) % n,
};
const modes = Object.keys(source) as (keyof typeof source)[];

/** 1 to 3 axes, the last of which have a border that fits each mode. */
const problems = fc
  .array(fc.record({ n: fc.integer({ min: 1, max: 5 }), before: fc.nat(4), after: fc.nat(4) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((axes) => axes.map(({ n, before, after }) => ({ n, border: [before % n, after % n] as const })));

describe.each(devices)('on %s', (device) => {
  test.each(modes)('%s takes what its index says', async (mode) => {
    await fc.assert(
      fc.asyncProperty(problems, fc.nat(2), async (axes, lead) => {
        const shape = [...new Array<number>(lead).fill(2), ...axes.map(({ n }) => n)];
        const size = shape.reduce((a, b) => a * b, 1);
        const turned = (): Tensor =>
          arange(size, { device })
            .reshape(shape.toReversed())
            .permute(...order(shape));
        const got = await readScoped(() =>
          pad(
            turned(),
            axes.map(({ border }) => border),
            { mode },
          ),
        );
        const wanted = axes.reduce<readonly number[]>((lengths, { border }, i) => {
          const axis = lead + i;
          return lengths.with(axis, lengths[axis]! + border[0] + border[1]);
        }, shape);
        expect(got.shape).toEqual(wanted);
        const places = Array.from(got.data, (_, at) => {
          let rest = at;
          const index = wanted.toReversed().map((n) => {
            const i = rest % n;
            rest = Math.floor(rest / n);
            return i;
          });
          // x is turned: its first axis is the one whose neighbours lie side by side.
          return index.toReversed().reduceRight((sum, i, axis) => {
            const border = axes[axis - lead]?.border ?? [0, 0];
            return sum + source[mode](i - border[0], shape[axis]!) * strideOf(shape, axis);
          }, 0);
        });
        expect(Array.from(got.data)).toEqual(places);
      }),
      { numRuns: device === 'webgpu' ? 6 : 25 },
    );
  });
});

/** Axes from last to first. */
function order(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.length - 1 - axis);
}

/** Of the turned x. */
function strideOf(shape: readonly number[], axis: number): number {
  return shape.slice(0, axis).reduce((a, b) => a * b, 1);
}

test.each(modes)('the gradient of %s', async (mode) => {
  const x = randn([2, 3, 4], { device: 'reference' });
  await gradientCheck(
    (t) =>
      pad(
        t,
        [
          [1, 2],
          [3, 0],
        ],
        { mode },
      ),
    [x],
  );
});

test('an empty axis and an empty border', () => {
  expect(
    pad(
      zeros([0, 3]),
      [
        [0, 0],
        [1, 1],
      ],
      { mode: 'reflect' },
    ).shape,
  ).toEqual([0, 5]);
  expect(pad(tensor(3), [], { mode: 'circular' }).shape).toEqual([]);
});

test.each([
  ['reflect', [3, 0], "pad: [3, 0] around axis 1 of [2, 3] is too much for mode 'reflect'; use at most 2 on each side"],
  ['circular', [0, 4], 'use at most 3 on each side'],
] as const)('a border that %s cannot fill', (mode, border, message) => {
  expect(() => pad(zeros([2, 3]), [border], { mode })).toThrow(ShapeError);
  expect(() => pad(zeros([2, 3]), [border], { mode })).toThrow(message);
});

test('options that mean nothing', () => {
  expect(() => pad(zeros([3]), [[1, 1]], { mode: 'edge' as PadMode })).toThrow(
    "mode 'edge' is unknown; use one of constant",
  );
  expect(() => pad(zeros([3]), [[1, 1]], { mode: 'reflect', value: 1 })).toThrow("has no meaning in mode 'reflect'");
  expect(() => pad(zeros([0]), [[1, 1]], { mode: 'replicate' })).toThrow('use at most 0 on each side');
});
