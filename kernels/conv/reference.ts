// The plain loops of convolution: what the kernels are judged by.

import type { NdArray } from '../../tensor/runtime.ts';

interface Attrs {
  readonly stride: number | readonly number[];
  readonly padding: number | readonly number[];
  readonly dilation: number | readonly number[];
  readonly groups: number;
}

/** Positions in x [N, C, H, W], weight [O, C / groups, kh, kw] and output [N, O, OH, OW] that meet in one product. */
type Visit = (xAt: number, weightAt: number, outputAt: number) => void;

type Four = readonly [number, number, number, number];

/** Calls `visit` for every product in a convolution. */
export function forEachProduct(
  x: readonly number[],
  weight: readonly number[],
  output: readonly number[],
  attrs: Attrs,
  visit: Visit,
): void {
  const [, depth, height, width] = x as Four;
  const [outputs, channels, kernelHeight, kernelWidth] = weight as Four;
  const [images, , rows, columns] = output as Four;
  const at = (value: number | readonly number[], axis: number): number =>
    typeof value === 'number' ? value : value[axis]!;
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstChannel = Math.floor(o / (outputs / attrs.groups)) * channels;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const outputAt = ((n * outputs + o) * rows + row) * columns + column;
          for (let c = 0; c < channels; c++) {
            for (let i = 0; i < kernelHeight; i++) {
              const y = row * at(attrs.stride, 0) + i * at(attrs.dilation, 0) - at(attrs.padding, 0);
              if (y < 0 || y >= height) continue;
              for (let j = 0; j < kernelWidth; j++) {
                const across = column * at(attrs.stride, 1) + j * at(attrs.dilation, 1) - at(attrs.padding, 1);
                if (across < 0 || across >= width) continue;
                const xAt = ((n * depth + firstChannel + c) * height + y) * width + across;
                visit(xAt, ((o * channels + c) * kernelHeight + i) * kernelWidth + j, outputAt);
              }
            }
          }
        }
      }
    }
  }
}

/** Output positions along one axis. */
export function outputLength(x: readonly number[], weight: readonly number[], attrs: Attrs, axis: 0 | 1): number {
  const at = (value: number | readonly number[]): number => (typeof value === 'number' ? value : value[axis]!);
  const span = at(attrs.dilation) * (weight[axis + 2]! - 1) + 1;
  return Math.floor((x[axis + 2]! + 2 * at(attrs.padding) - span) / at(attrs.stride)) + 1;
}

export function zerosOf(shape: readonly number[]): { shape: readonly number[]; data: Float64Array } {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) } satisfies NdArray;
}
