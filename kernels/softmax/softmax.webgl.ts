// Lines along an axis: their largest element and Σ e^(x − largest) first, then every element by itself. A line of −∞ has a sum of 0.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Pass } from '../reduce/passes.ts';
import { functionsFor } from '../elementwise/functions.webgl.ts';
import { fold, maxOf } from '../reduce/reductions.webgl.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { launch } from '../runtime/webgl/launch.ts';

interface LineAttrs {
  axis?: number;
}

function linesOf({ shape, size }: Tensor, axis: number): Pass {
  const n = shape.at(axis)!;
  const inner = shape.slice(axis < 0 ? axis + shape.length + 1 : axis + 1).reduce((a, b) => a * b, 1);
  return { outer: size / (n * inner), n, inner };
}

/** Of element i, the number of its line. */
const lineText = ({ n, inner }: Pass): string =>
  `int line(int i) { return i / ${n * inner} * ${inner} + i % ${inner}; }`;

/** Calls `body` with an unset number for each line. */
function withLines(x: Tensor, { outer, inner }: Pass, body: (lines: Tensor) => void): void {
  withTemporary(x, 'float32', [outer, inner], body);
}

/** What is subtracted before exp: the largest element, or 0 where that is −∞; ∞ makes NaN of its line. */
const shiftText = `${functionsFor('exp_(log_(')}
float shift(int i) { return most(i) == uintBitsToFloat(0xff800000u) ? 0.0 : most(i); }`;

/** Of each line Σ e^(x − most), from its largest element. */
export function exponentialsOf(x: Tensor, lines: Pass, most: Tensor, total: Tensor): void {
  const element = 'exp_(x(at) - shift(i))';
  fold({ key: 'softmax total', inputs: { x, most }, functions: shiftText, element }, lines, total);
}

function forward(name: string, value: string): Kernel<['x'], LineAttrs> {
  return ({ x }, { axis }, [y]) => {
    if (x.size === 0) return;
    const lines = linesOf(x, axis);
    withLines(x, lines, (most) =>
      withLines(x, lines, (total) => {
        maxOf(x, lines, most);
        exponentialsOf(x, lines, most, total);
        const code = (): string => `${shiftText}
${lineText(lines)}
float element(int i) {
  int l = line(i);
  return total(l) == 0.0 ? ${value};
}`;
        launch({ key: `${name} ${lines.n} ${lines.inner}`, inputs: { x, most, total }, code }, y!);
      }),
    );
  };
}

export const softmaxWebgl: Kernel<['x'], LineAttrs> = forward('softmax', '0.0 : exp_(x(i) - shift(l)) / total(l)');
export const logSoftmaxWebgl: Kernel<['x'], LineAttrs> = forward(
  'logSoftmax',
  'x(i) : x(i) - shift(l) - log_(total(l))',
);

/** dx = y ⊙ (g − Σ g ⊙ y). */
export const softmaxBackwardWebgl: Kernel<['y', 'g'], LineAttrs> = ({ y, g }, { axis }, [dx]) => {
  if (y.size === 0) return;
  const lines = linesOf(y, axis);
  withLines(y, lines, (total) => {
    fold({ key: 'softmaxBackward total', inputs: { y, g }, element: 'y(at) * g(at)' }, lines, total);
    const code = (): string => `${lineText(lines)}
float element(int i) { return y(i) * (g(i) - total(line(i))); }`;
    launch({ key: `softmaxBackward ${lines.n} ${lines.inner}`, inputs: { y, g, total }, code }, dx!);
  });
};

/** dx = g − e^y Σ g; 0 where the whole line of y is −∞. */
export const logSoftmaxBackwardWebgl: Kernel<['y', 'g'], LineAttrs> = ({ y, g }, { axis }, [dx]) => {
  if (y.size === 0) return;
  const lines = linesOf(y, axis);
  withLines(y, lines, (most) =>
    withLines(y, lines, (total) => {
      maxOf(y, lines, most);
      fold({ key: 'sum', inputs: { x: g }, element: 'x(at)' }, lines, total);
      const code = (): string => `${functionsFor('exp_(')}
${lineText(lines)}
float element(int i) {
  int l = line(i);
  return most(l) == uintBitsToFloat(0xff800000u) ? 0.0 : g(i) - exp_(y(i)) * total(l);
}`;
      launch({ key: `logSoftmaxBackward ${lines.n} ${lines.inner}`, inputs: { y, g, most, total }, code }, dx!);
    }),
  );
};
