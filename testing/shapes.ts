import fc from 'fast-check';

export interface ShapeBounds {
  /** Fewest and most axes. Default 0 and 4. */
  minRank?: number;
  maxRank?: number;
  /** Fewest and most elements along an axis. Default 0 and 4: empty tensors are drawn too. */
  minLength?: number;
  maxLength?: number;
}

/**
 * Shapes, scalars and empty ones among them.
 *
 * @example
 * fc.assert(fc.property(shapes({ minRank: 1, minLength: 1 }), (shape) => ones(shape).size > 0));
 */
export function shapes({ minRank = 0, maxRank = 4, ...lengths }: ShapeBounds = {}): fc.Arbitrary<number[]> {
  return fc.array(length(lengths), { minLength: minRank, maxLength: maxRank });
}

function length({ minLength = 0, maxLength = 4 }: ShapeBounds): fc.Arbitrary<number> {
  return fc.integer({ min: minLength, max: maxLength });
}

/** Shapes that broadcast, and what they broadcast to. */
export interface Broadcast {
  readonly shapes: number[][];
  readonly result: number[];
}

/**
 * Shapes that broadcast against each other: of the result's axes each lacks some of the first, and has length 1 at others.
 *
 * @param bounds - of the result; `count` is the number of shapes, default 2
 * @example
 * fc.assert(
 *   fc.property(broadcastableShapes(), ({ shapes: [a, b], result }) => {
 *     expect(zeros(a).add(zeros(b))).toHaveShape(result);
 *   }),
 * );
 */
export function broadcastableShapes({
  count = 2,
  ...bounds
}: ShapeBounds & { count?: number } = {}): fc.Arbitrary<Broadcast> {
  return shapes(bounds).chain((full) => {
    const one = fc.record({
      first: fc.integer({ min: 0, max: full.length }),
      isOne: fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
    });
    return fc.array(one, { minLength: count, maxLength: count }).map((drawn) => {
      const found = drawn.map(({ first, isOne }) => full.map((n, i) => (isOne[i] ? 1 : n)).slice(first));
      return { shapes: found, result: broadcast(found) };
    });
  });
}

function broadcast(found: readonly number[][]): number[] {
  const rank = Math.max(0, ...found.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = found.map((shape) => shape[i - rank + shape.length] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}
