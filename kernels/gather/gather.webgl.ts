// Elements by index. The indices are not checked, since that would wait for them: one out of range gives NaN, in integers 0.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { float } from '../runtime/webgl/glsl.ts';
import { launch } from '../runtime/webgl/launch.ts';

const missing = ({ dtype }: Tensor): string => float(dtype === 'float32' ? NaN : 0);

/** How often the axis' elements come, and how many lie side by side. */
function linesOf({ shape }: Tensor, axis: number): { n: number; inner: number } {
  return {
    n: shape.at(axis)!,
    inner: shape.slice(axis < 0 ? axis + shape.length + 1 : axis + 1).reduce((a, b) => a * b, 1),
  };
}

export const embeddingWebgl: Kernel<['weight', 'index:int']> = ({ weight, index }, _attrs, [y]) => {
  const [rows, width] = weight.shape as [number, number];
  const code = (): string => `float element(int i) {
  int row = int(indices(i / ${width}));
  return row < 0 || row >= ${rows} ? ${float(NaN)} : weight(row * ${width} + i % ${width});
}`;
  launch({ key: `embedding ${rows} ${width}`, inputs: { weight, indices: index }, code }, y!);
};

export const gatherWebgl: Kernel<['x', 'index:int'], { axis: number }> = ({ x, index }, { axis }, [y]) => {
  const { n, inner } = linesOf(x, axis);
  const each = linesOf(y!, axis).n * inner;
  const code = (): string => `float element(int i) {
  int chosen = int(indices(i));
  return chosen < 0 || chosen >= ${n} ? ${missing(x)} : x((i / ${each} * ${n} + chosen) * ${inner} + i % ${inner});
}`;
  launch({ key: `gather ${x.dtype} ${n} ${inner} ${each}`, inputs: { x, indices: index }, code }, y!);
};

/** Each element of the result looks through its line for the places that name it. */
export const scatterAddWebgl: Kernel<['x', 'index:int'], { axis: number; size: number }> = (
  inputs,
  { axis, size },
  [y],
) => {
  const { x, index } = inputs;
  const { n, inner } = linesOf(x, axis);
  accumulate(
    {
      key: `scatterAdd ${n} ${inner} ${size}`,
      inputs: { x, indices: index },
      count: n,
      setup: `  int line = i / ${size * inner} * ${n * inner} + i % ${inner};
  int own = i / ${inner} % ${size};`,
      term: `int at = line + k * ${inner}; float term = int(indices(at)) == own ? x(at) : 0.0;`,
    },
    y!,
  );
};

export const oneHotWebgl: Kernel<['index:int'], { classes: number }> = ({ index }, { classes }, [y]) => {
  const code = (): string => `float element(int i) { return float(int(indices(i / ${classes})) == i % ${classes}); }`;
  launch({ key: `oneHot ${classes}`, inputs: { indices: index }, code }, y!);
};
