// What the kit draws is legal, and all of it can be drawn: the library itself judges the first, counting the second.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conv1d, conv2d, conv3d, device, neighborhoodAttention, scope, zeros, type Tensor } from '../../index.ts';
import * as kit from '../../testing/index.ts';
import '../matchers.ts';

/** How many of `numRuns` draws are of each kind. */
function census<T>(arbitrary: fc.Arbitrary<T>, kinds: (value: T) => Record<string, boolean>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of fc.sample(arbitrary, 400))
    for (const [name, is] of Object.entries(kinds(value))) counts[name] = (counts[name] ?? 0) + Number(is);
  return counts;
}

describe('shapes', () => {
  test('are within their bounds', () =>
    fc.assert(
      fc.property(kit.shapes({ minRank: 1, maxRank: 2, minLength: 2, maxLength: 3 }), (shape) => {
        expect(shape.length === 1 || shape.length === 2).toBe(true);
        expect(shape.every((n) => n === 2 || n === 3)).toBe(true);
      }),
    ));

  test('that broadcast do, to the result', () =>
    fc.assert(
      fc.property(kit.broadcastableShapes({ count: 3 }), ({ shapes, result }) => {
        const [a, b, c] = shapes.map((shape) => zeros(shape)) as [Tensor, Tensor, Tensor];
        scope(() => expect(a.add(b).add(c)).toHaveShape(result));
        for (const x of [a, b, c]) x.dispose();
      }),
    ));

  test('that broadcast are scalars, empty, shorter and stretched, each often', () => {
    const counts = census(kit.broadcastableShapes(), ({ shapes: [a, b], result }) => ({
      scalar: a!.length === 0,
      empty: result.includes(0),
      shorter: a!.length !== b!.length,
      stretched: result.some((n, i) => n > 1 && (a!.at(i - result.length) === 1 || b!.at(i - result.length) === 1)),
    }));
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
  });
});

test('axes and reductions are those of the rank, from either end', () => {
  fc.assert(
    fc.property(kit.axes(3), kit.reductions(3), (axis, attrs) =>
      scope(() => {
        const x = zeros([2, 3, 4]);
        expect(new Set(axis.map((one) => (one + 3) % 3)).size).toBe(axis.length);
        expect(x.sum({ axis })).toHaveShape([2, 3, 4].filter((_, i) => !axis.some((one) => (one + 3) % 3 === i)));
        expect(x.sum(attrs).rank).toBe(
          attrs.keepDims ? 3 : attrs.axis === undefined ? 0 : 3 - [attrs.axis].flat().length,
        );
      }),
    ),
  );
  for (const { axis = [] } of fc.sample(kit.reductions(0), 20)) expect(axis).toEqual([]);
});

test('dtypes are those of the device', async () => {
  const cpu = await device('cpu');
  expect(new Set(fc.sample(kit.dtypes(cpu), 100))).toEqual(new Set(cpu.dtypes));
  expect(new Set(fc.sample(kit.dtypes(cpu, { real: true }), 100))).toEqual(new Set(['float32']));
});

describe('attentions', () => {
  test('are legal', () =>
    fc.assert(
      fc.property(kit.attentions({ longest: [12, 5, 3], maxDim: 4 }), kit.seeds(), ({ shapes, options }, seed) =>
        scope(() => {
          const { query, key, value, ...more } = kit.seededTensors(shapes, { seed });
          const output = neighborhoodAttention(query, key, value, { ...options, ...more });
          expect(output).toHaveShape([...shapes.query.slice(0, -1), shapes.value.at(-1)!]);
        }),
      ),
      { numRuns: 60 },
    ));

  test('have every option, alone and with others', () => {
    const counts = census(
      kit.attentions(),
      ({ shapes, options: { kernelSize, stride, dilation, isCausal, scale } }) => ({
        even: kernelSize.some((k) => k % 2 === 0),
        odd: kernelSize.some((k) => k % 2 === 1 && k > 1),
        stride: stride.some((s) => s > 1),
        dilation: dilation.some((d, i) => d > 1 && kernelSize[i]! > 1),
        causal: isCausal.includes(true),
        mixed: isCausal.includes(true) && isCausal.includes(false),
        scale: scale !== undefined,
        rpb: shapes.rpb !== undefined,
        additional: (shapes.additionalKeys?.[1] ?? 0) > 0,
        shared: shapes.query.at(-2) !== shapes.key.at(-2),
        axes1: kernelSize.length === 1,
        axes2: kernelSize.length === 2,
        axes3: kernelSize.length === 3,
      }),
    );
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(40);
  });

  test('without bias and tokens, with whole windows, where that is asked for', () => {
    const bounds = { hasRpb: false, hasAdditional: false, wholeWindows: true } as const;
    for (const { shapes, options } of fc.sample(kit.attentions(bounds), 50)) {
      expect(Object.keys(shapes)).toEqual(['query', 'key', 'value']);
      expect(options.kernelSize).toEqual(shapes.query.slice(1, -2));
    }
  });
});

test.each([
  [1, conv1d],
  [2, conv2d],
  [3, conv3d],
] as const)('convolutions of %i axes are legal', (axes, convolve) =>
  fc.assert(
    fc.property(kit.convolutions({ axes, maxLength: 7 }), kit.seeds(), ({ shapes, options }, seed) =>
      scope(() => {
        const { x, weight, bias } = kit.seededTensors(shapes, { seed });
        expect(convolve(x, weight, bias, options as never)).toHaveShape(shapes.output);
      }),
    ),
    { numRuns: 40 },
  ),
);

describe('seeded tensors', () => {
  test('are the same for the same seed, on every device', async () => {
    const options = { seed: 3 };
    const [a] = kit.seededTensors([[2, 5]], options);
    const [b] = kit.seededTensors([[2, 5]], { ...options, device: 'reference' });
    const [c, d] = kit.seededTensors(
      [
        [2, 5],
        [2, 5],
      ],
      { seed: 4 },
    );
    await expect(a).toBeCloseToTensor(b);
    await expect(a).not.toBeCloseToTensor(c, { atol: 0.1 });
    await expect(c).not.toBeCloseToTensor(d, { atol: 0.1 });
  });

  test.each(['float32', 'int32', 'uint8', 'bool'] as const)('of %s', async (dtype) => {
    const { x } = kit.seededTensors({ x: [100] }, { dtype });
    expect(x).toHaveDtype(dtype);
    const data = new Set(await x.data());
    expect(data.size).toBe({ float32: 100, int32: 20, uint8: 10, bool: 2 }[dtype]);
  });

  test('leave out what has no shape, and take gradients', () => {
    const made = kit.seededTensors({ x: [2], bias: undefined }, { requiresGrad: true });
    expect([made.x.requiresGrad, Object.keys(made)]).toEqual([true, ['x']]);
    expect(() => kit.seededTensors([[2, -1]])).toThrow('[2, -1]');
    expect(() => kit.seededTensors([[2]], { sed: 1 } as object)).toThrow("seededTensors: has no option 'sed'");
  });
});
