import fc from 'fast-check';

/** One axis along which windows slide; at least one fits. */
export interface SlidingAxis {
  readonly length: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  /** How many windows fit. */
  readonly count: number;
}

export interface SlidingBounds {
  /** The longest axis, default 12, and the largest of its numbers: 4, 3, 2 and 3. */
  maxLength?: number;
  maxKernelSize?: number;
  maxStride?: number;
  maxPadding?: number;
  maxDilation?: number;
}

/** An axis with a window on it that fits at least once: for convolutions, pools and `unfold`. */
export function slidingAxis(bounds: SlidingBounds = {}): fc.Arbitrary<SlidingAxis> {
  const { maxLength = 12, maxKernelSize = 4, maxStride = 3, maxPadding = 2, maxDilation = 3 } = bounds;
  const drawn = fc.record({
    length: fc.integer({ min: 1, max: maxLength }),
    kernelSize: fc.nat(),
    stride: fc.integer({ min: 1, max: maxStride }),
    padding: fc.integer({ min: 0, max: maxPadding }),
    dilation: fc.integer({ min: 1, max: maxDilation }),
  });
  return drawn.map((axis) => {
    const { length, stride, padding, dilation } = axis;
    const room = length + 2 * padding - 1;
    const kernelSize = 1 + (axis.kernelSize % Math.min(maxKernelSize, Math.floor(room / dilation) + 1));
    return { ...axis, kernelSize, count: Math.floor((room - dilation * (kernelSize - 1)) / stride) + 1 };
  });
}

/** Shapes and options of a convolution. */
export interface ConvolutionProblem {
  /** For `seededTensors`: x `[B, C, *X]`, weight `[O, C / groups, *K]`, bias `[O]` or none, and of the output `[B, O, *X']`. */
  readonly shapes: {
    readonly x: number[];
    readonly weight: number[];
    readonly bias?: number[];
    readonly output: number[];
  };
  readonly options: {
    readonly stride: number[];
    readonly padding: number[];
    readonly dilation: number[];
    readonly groups: number;
  };
}

export interface ConvolutionBounds extends SlidingBounds {
  /** Axes that the windows slide along. Default 2. */
  axes?: 1 | 2 | 3;
  /** Most channels of a group, in and out. Default 4. */
  maxChannels?: number;
}

/**
 * Convolutions, all legal: any stride, padding, dilation and groups, with a bias or without.
 *
 * @example
 * fc.assert(
 *   fc.property(convolutions(), seeds(), ({ shapes, options }, seed) => {
 *     const { x, weight, bias } = seededTensors(shapes, { seed });
 *     expect(conv2d(x, weight, bias, options)).toHaveShape(shapes.output);
 *   }),
 * );
 */
export function convolutions(bounds: ConvolutionBounds = {}): fc.Arbitrary<ConvolutionProblem> {
  const { axes = 2, maxChannels = 4 } = bounds;
  const channels = fc.integer({ min: 1, max: maxChannels });
  const drawn = fc.record({
    space: fc.array(slidingAxis(bounds), { minLength: axes, maxLength: axes }),
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    channelsIn: channels,
    channelsOut: channels,
    hasBias: fc.boolean(),
  });
  return drawn.map(({ space, batch, groups, channelsIn, channelsOut, hasBias }) => {
    const all = (name: keyof SlidingAxis): number[] => space.map((one) => one[name]);
    return {
      shapes: {
        x: [batch, groups * channelsIn, ...all('length')],
        weight: [groups * channelsOut, channelsIn, ...all('kernelSize')],
        ...(hasBias && { bias: [groups * channelsOut] }),
        output: [batch, groups * channelsOut, ...all('count')],
      },
      options: { stride: all('stride'), padding: all('padding'), dilation: all('dilation'), groups },
    };
  });
}
