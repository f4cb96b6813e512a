import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Accumulation } from './accumulate.webgl.ts';
import type { ArgAttrs } from './argmax.ts';
import type { ReduceAttrs } from './axes.ts';
import type { NormAttrs } from './norm.ts';
import type { Pass } from './passes.ts';
import type { VarianceAttrs } from './variance.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { functionsFor } from '../elementwise/functions.webgl.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { accumulate } from './accumulate.webgl.ts';
import { degrees } from './axes.ts';
import { fillAll, inOnePass } from './passes.ts';

/** A reduction of lines: `element` is GLSL of a term from `at`, its place in x, `i`, the line, and `k`, its number there. */
export type Fold = Omit<Accumulation, 'count' | 'setup' | 'term'> & { readonly element: string };

/** Reduces x [outer, n, inner] to `out` [outer, inner]. */
export function fold({ element, ...parts }: Fold, { n, inner }: Pass, out: Tensor): void {
  const line = inner === 1 ? `i * ${n}` : `i / ${inner} * ${n * inner} + i % ${inner}`;
  const setup = `  int line = ${line};`;
  const term = `int at = line + k${inner === 1 ? '' : ` * ${inner}`}; float term = ${element};`;
  accumulate({ ...parts, key: `${parts.key} ${n} ${inner}`, count: n, setup, term }, out);
}

const maximum = { merge: 'maximum_(a, b)', functions: functionsFor('maximum_('), neutral: -Infinity };
const minimum = { merge: 'minimum_(a, b)', functions: functionsFor('minimum_('), neutral: Infinity };

/** The largest element of each line. */
export function maxOf(x: Tensor, pass: Pass, out: Tensor): void {
  fold({ key: 'max', inputs: { x }, element: 'x(at)', ...maximum }, pass, out);
}

/** The sum of each line. */
export function totalOf(x: Tensor, pass: Pass, out: Tensor): void {
  fold({ key: 'sum', inputs: { x }, element: 'x(at)' }, pass, out);
}

type Reduce = Kernel<['x'], ReduceAttrs>;

function reduction(name: string, ofNothing: number, body: (x: Tensor, pass: Pass, y: Tensor) => void): Reduce {
  return ({ x }, { axis }, [y]) => {
    if (x.size === 0) return fillAll(y!, ofNothing);
    inOnePass(x, normalizeAxes(name, axis, x.shape), (packed, pass) => body(packed, pass, y!));
  };
}

export const sumWebgl: Reduce = reduction('sum', 0, totalOf);

export const meanWebgl: Reduce = reduction('mean', NaN, (x, pass, y) =>
  fold({ key: `mean ${pass.n}`, inputs: { x }, element: 'x(at)', finish: `s / ${pass.n}.0` }, pass, y),
);

export const prodWebgl: Reduce = reduction('prod', 1, (x, pass, y) =>
  fold({ key: 'prod', inputs: { x }, element: 'x(at)', merge: 'a * b', neutral: 1 }, pass, y),
);

export const anyWebgl: Kernel<['x:any'], ReduceAttrs> = reduction('any', 0, (x, pass, y) =>
  fold({ key: 'any', inputs: { x }, element: 'float(x(at) != 0.0)', merge: 'max(a, b)' }, pass, y),
);

export const allWebgl: Kernel<['x:any'], ReduceAttrs> = reduction('all', 1, (x, pass, y) =>
  fold({ key: 'all', inputs: { x }, element: 'float(x(at) != 0.0)', merge: 'min(a, b)', neutral: 1 }, pass, y),
);

export function extremeWebgl(extreme: 'max' | 'min'): Reduce {
  const parts = extreme === 'max' ? maximum : minimum;
  return reduction(extreme, NaN, (x, pass, y) =>
    fold({ key: extreme, inputs: { x }, element: 'x(at)', ...parts }, pass, y),
  );
}

/** The extreme, then the first place that has it, or the first NaN. */
export function argWebgl(extreme: 'max' | 'min'): Kernel<['x'], ArgAttrs> {
  const find = extremeWebgl(extreme);
  return ({ x }, { axis }, [y]) => {
    if (y!.size === 0) return;
    withTemporary(x, 'float32', y!.shape, (best) => {
      find({ x }, { axis, keepDims: false }, [best]);
      inOnePass(x, normalizeAxes(`arg${extreme}`, axis, x.shape), (packed, pass) => {
        const element = 'isnan(x(at)) || x(at) == best(i) ? float(k) : 16777216.0';
        const inputs = { x: packed, best };
        fold({ key: 'arg', inputs, element, merge: 'min(a, b)', neutral: 2 ** 24 }, pass, y!);
      });
    });
  };
}

/** ln Σ eˣ as m + ln Σ e^(x − m), m the largest of x unless it is ±∞. */
export const logsumexpWebgl: Reduce = reduction('logsumexp', -Infinity, (x, pass, y) =>
  withTemporary(x, 'float32', y.shape, (most) => {
    maxOf(x, pass, most);
    const finish = 'shift(i) + log_(s)';
    const functions = `${functionsFor('exp_(log_(')}\n${shiftText}`;
    fold({ key: 'logsumexp', inputs: { x, most }, element: 'exp_(x(at) - shift(i))', functions, finish }, pass, y);
  }),
);

/** What is subtracted before exp: the largest element, or 0 where that is infinite. */
const shiftText = 'float shift(int i) { return abs(most(i)) == uintBitsToFloat(0x7f800000u) ? 0.0 : most(i); }';

export const varianceWebgl: Kernel<['x'], VarianceAttrs> = ({ x }, { axis, correction }, [y]) => {
  if (x.size === 0) return fillAll(y!, NaN);
  const axes = normalizeAxes('variance', axis, x.shape);
  const divisor = degrees(x.shape, axes, correction);
  inOnePass(x, axes, (packed, pass) =>
    withTemporary(x, 'float32', y!.shape, (mean) => {
      meanWebgl({ x }, { axis, keepDims: false }, [mean]);
      const element = '(x(at) - mean(i)) * (x(at) - mean(i))';
      const inputs = { x: packed, mean };
      fold({ key: 'variance', inputs, numbers: { divisor }, element, finish: 's / params.divisor' }, pass, y!);
    }),
  );
};

/** (Σ |x|ᵖ)^(1/p); the largest size (for p < 0 the smallest) is drawn out, so that powers neither overflow nor vanish. */
export const normWebgl: Kernel<['x'], NormAttrs> = ({ x }, { axis, p }, [y]) => {
  if (x.size === 0) return fillAll(y!, 0);
  inOnePass(x, normalizeAxes('norm', axis, x.shape), (packed, pass) => {
    const inputs = { x: packed };
    if (p === 0) return fold({ key: 'norm 0', inputs, element: 'float(x(at) != 0.0)' }, pass, y!);
    const size = { inputs, element: 'abs(x(at))' };
    const furthest = p > 0 ? { key: 'norm max', ...size, ...maximum } : { key: 'norm min', ...size, ...minimum };
    if (Math.abs(p) === Infinity) return fold(furthest, pass, y!);
    withTemporary(x, 'float32', y!.shape, (most) => {
      fold(furthest, pass, most);
      const functions = `${functionsFor('pow_(')}
float share(float size, float most) { return size == most ? 1.0 : size / most; }`;
      const element = 'pow_(share(abs(x(at)), most(i)), params.p)';
      const finish = 'most(i) == 0.0 || isinf(most(i)) ? most(i) : most(i) * pow_(s, 1.0 / params.p)';
      fold({ key: 'norm', inputs: { x: packed, most }, numbers: { p }, functions, element, finish }, pass, y!);
    });
  });
};
