/** What the sliders of one axis say. */
export interface AxisSettings {
  readonly length: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly isCausal: boolean;
  /** Queries of a tile. */
  readonly queryTile: number;
  /** Keys of a tile. */
  readonly keyTile: number;
}

/** Most tokens along an axis by the number of axes: what can still be told apart on a screen. */
export const longest = [64, 32, 10] as const;

const plain: AxisSettings = {
  length: 16,
  kernelSize: 7,
  stride: 1,
  dilation: 1,
  isCausal: false,
  queryTile: 4,
  keyTile: 4,
};

/** A problem with a name. */
export interface Example {
  readonly name: string;
  readonly axes: readonly AxisSettings[];
}

const square = (changes: Partial<AxisSettings>): AxisSettings[] => [0, 1].map(() => ({ ...plain, ...changes }));

export const examples: readonly Example[] = [
  { name: 'an image, 7 × 7 around each token', axes: square({}) },
  { name: 'dilated: the same 49 keys, twice as far', axes: square({ dilation: 2 }) },
  { name: 'strided: 4 × 4 queries share a window', axes: square({ kernelSize: 8, stride: 4 }) },
  { name: 'blocked: windows that do not overlap', axes: square({ kernelSize: 4, stride: 4 }) },
  { name: 'global: every token sees all', axes: square({ kernelSize: 16 }) },
  {
    name: 'text: a causal sliding window',
    axes: [{ ...plain, length: 48, kernelSize: 12, isCausal: true, queryTile: 8, keyTile: 8 }],
  },
  {
    name: 'sound: causal and dilated',
    axes: [{ ...plain, length: 64, kernelSize: 8, dilation: 4, isCausal: true, queryTile: 8, keyTile: 8 }],
  },
  {
    name: 'video: causal in time, local in space',
    axes: [
      { ...plain, length: 6, kernelSize: 3, isCausal: true, queryTile: 2, keyTile: 2 },
      { ...plain, length: 8, kernelSize: 3 },
      { ...plain, length: 8, kernelSize: 3 },
    ],
  },
];

/** The same problem on another number of axes: those there are, then copies of the last that fit. */
export function withAxes(axes: readonly AxisSettings[], count: number): AxisSettings[] {
  const most = longest[count - 1]!;
  return Array.from({ length: count }, (_, i) => {
    const axis = axes[i] ?? axes.at(-1)!;
    const length = Math.min(axis.length, most);
    const dilation = Math.min(axis.dilation, Math.max(1, Math.floor(length / axis.kernelSize)));
    const kernelSize = Math.min(axis.kernelSize, Math.floor(length / dilation));
    return { ...axis, length, dilation, kernelSize, stride: Math.min(axis.stride, kernelSize) };
  });
}
