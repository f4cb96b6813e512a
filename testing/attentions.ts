import fc from 'fast-check';

/** Which tokens there are and who attends to whom: the arguments of `naMask`, `naFlops` and `simulateTiles`. */
export interface Neighborhood {
  /** Tokens along each axis. */
  readonly tokens: number[];
  readonly problem: {
    readonly kernelSize: number[];
    readonly stride: number[];
    readonly dilation: number[];
    readonly isCausal: boolean[];
  };
}

export interface NeighborhoodBounds {
  /** Fewest and most token axes. Default 1 and 3. */
  minAxes?: 1 | 2 | 3;
  maxAxes?: 1 | 2 | 3;
  /** The longest axis of problems with one, two and three of them. Default [24, 9, 5]. */
  longest?: readonly [number, number, number];
  /** Every window is its whole axis, and nothing is causal: plain attention. Default false. */
  wholeWindows?: boolean;
}

/**
 * Neighborhoods of one to three axes: every kernel size that fits, even and odd, with every stride and dilation that goes
 * with it, each axis causal or not.
 *
 * @example
 * fc.assert(
 *   fc.property(neighborhoods({ longest: [9, 5, 3] }), ({ tokens, problem }) => {
 *     const sees = naMask(tokens, problem); // [T, T]
 *     sees.dispose();
 *   }),
 * );
 */
export function neighborhoods(bounds: NeighborhoodBounds = {}): fc.Arbitrary<Neighborhood> {
  const { minAxes = 1, maxAxes = 3, longest = [24, 9, 5], wholeWindows = false } = bounds;
  // Each number is taken modulo what is legal, so that every draw is a problem and shrinks to the smallest.
  const axis = fc.record({
    length: fc.nat(),
    window: fc.nat(),
    dilation: fc.nat(),
    stride: fc.nat(),
    isCausal: fc.boolean(),
  });
  return fc.array(axis, { minLength: minAxes, maxLength: maxAxes }).map((drawn) => {
    const tokens = drawn.map(({ length }) => 1 + (length % longest[drawn.length - 1]!));
    const dilation = drawn.map((one, i) => (wholeWindows ? 1 : 1 + (one.dilation % tokens[i]!)));
    const kernelSize = drawn.map(({ window }, i) =>
      wholeWindows ? tokens[i]! : 1 + (window % Math.floor(tokens[i]! / dilation[i]!)),
    );
    const stride = drawn.map((one, i) => 1 + (one.stride % kernelSize[i]!));
    const isCausal = drawn.map((one) => !wholeWindows && one.isCausal);
    return { tokens, problem: { kernelSize, stride, dilation, isCausal } };
  });
}

/** Shapes and options of a neighborhood attention. Letters as in `neighborhoodAttention`. */
export interface AttentionProblem {
  /** For `seededTensors`. Optional ones are undefined where there are none. */
  readonly shapes: {
    /** [B, *X, N, D]. */
    readonly query: number[];
    /** [B, *X, Nkv, D]. */
    readonly key: number[];
    /** [B, *X, Nkv, Dv]. */
    readonly value: number[];
    /** [N, 2K − 1, ...]. */
    readonly rpb?: number[];
    /** [B, n, Nkv, D], n from 0. */
    readonly additionalKeys?: number[];
    /** [B, n, Nkv, Dv]. */
    readonly additionalValues?: number[];
  };
  readonly options: Neighborhood['problem'] & { readonly scale?: number };
}

export interface AttentionBounds extends NeighborhoodBounds {
  /** Largest D and Dv. Default 9. */
  maxDim?: number;
  /** Whether there is a bias, additional tokens. Default: both ways are drawn. */
  hasRpb?: boolean;
  hasAdditional?: boolean;
}

/**
 * Neighborhood attentions, all legal: {@link neighborhoods} with batches, heads whose keys are shared or not, values of
 * another dim than the queries, a scale, a bias and additional tokens.
 *
 * @example
 * await fc.assert(
 *   fc.asyncProperty(attentions({ maxAxes: 1 }), seeds(), async ({ shapes, options }, seed) => {
 *     const { query, key, value, ...more } = seededTensors(shapes, { seed });
 *     const attend = (implementation) => na1d(query, key, value, { ...options, ...more, implementation });
 *     await expect(attend('fused')).toBeCloseToTensor(attend('dense'), { atol: 1e-4 });
 *   }),
 *   { numRuns: 5 },
 * );
 */
export function attentions(bounds: AttentionBounds = {}): fc.Arbitrary<AttentionProblem> {
  const { maxDim = 9, hasRpb, hasAdditional } = bounds;
  const drawn = fc.record({
    neighborhood: neighborhoods(bounds),
    batch: fc.integer({ min: 1, max: 2 }),
    headsKv: fc.integer({ min: 1, max: 2 }),
    shared: fc.integer({ min: 1, max: 3 }),
    dim: fc.integer({ min: 1, max: maxDim }),
    dimValue: fc.integer({ min: 1, max: maxDim }),
    isBiased: hasRpb === undefined ? fc.boolean() : fc.constant(hasRpb),
    additional: fc.constantFrom(...(hasAdditional ? [] : [undefined]), ...(hasAdditional === false ? [] : [0, 1, 3])),
    scale: fc.constantFrom(undefined, undefined, 0, -0.5, 1.3),
  });
  return drawn.map(({ neighborhood: { tokens, problem }, batch, headsKv, shared, dim, dimValue, ...rest }) => {
    const [heads, lead] = [headsKv * shared, [batch, ...tokens]];
    const { isBiased, additional, scale } = rest;
    return {
      shapes: {
        query: [...lead, heads, dim],
        key: [...lead, headsKv, dim],
        value: [...lead, headsKv, dimValue],
        ...(isBiased && { rpb: [heads, ...problem.kernelSize.map((k) => 2 * k - 1)] }),
        ...(additional !== undefined && {
          additionalKeys: [batch, additional, headsKv, dim],
          additionalValues: [batch, additional, headsKv, dimValue],
        }),
      },
      options: { ...problem, ...(scale !== undefined && { scale }) },
    };
  });
}
