// Single operations by family, on any device: what `bench -- ops` and `bench -- gpu` time.

import type { Tensor } from '../index.ts';
import * as vicinal from '../index.ts';

/** An operation and the bytes that it reads and writes for each element of x. */
export type Entry = readonly [name: string, bytes: number, run: () => unknown];

/** What the operations work on: x [rows, columns], rows a multiple of 256. */
export interface Ground {
  readonly rows: number;
  readonly columns: number;
  /** A tensor of numbers between −scale and scale, or nearly; it stays. */
  readonly draw: (shape: readonly number[], scale: number) => Tensor;
  /** Bytes of a stored bool. */
  readonly boolBytes: number;
}

/** Methods without arguments. */
function methods(x: Tensor, bytes: number, names: readonly string[]): Entry[] {
  const callable = x as unknown as Record<string, () => unknown>;
  return names.map((name) => [name, bytes, () => callable[name]!()]);
}

function reductions(x: Tensor): Entry[] {
  const callable = x as unknown as Record<string, (options: object) => unknown>;
  const names = ['sum', 'mean', 'max', 'min', 'prod', 'argmax', 'logsumexp', 'variance', 'norm'];
  return names.flatMap((name) => [
    [`${name} along rows`, 4, () => callable[name]!({ axis: -1 })],
    [`${name} along columns`, 4, () => callable[name]!({ axis: 0 })],
  ]);
}

function norms({ rows, columns, draw }: Ground, x: Tensor): Entry[] {
  const { groupNorm, instanceNorm, layerNorm, rmsNorm } = vicinal;
  const [weight, bias] = [draw([columns], 1), draw([columns], 1)];
  const images = draw([rows / 256, 64, 64, columns / 16], 1);
  return [
    ['softmax', 8, () => x.softmax()],
    ['softmax along columns', 8, () => x.softmax({ axis: 0 })],
    ['logSoftmax', 8, () => x.logSoftmax()],
    ['layerNorm', 8, () => layerNorm(x, weight, bias)],
    ['rmsNorm', 8, () => rmsNorm(x, weight)],
    ['groupNorm', 8, () => groupNorm(images, 8)],
    ['instanceNorm', 8, () => instanceNorm(images)],
  ];
}

function layouts({ rows }: Ground, x: Tensor): Entry[] {
  const { concat, indexSelect } = vicinal;
  const order = vicinal
    .tensor(
      Int32Array.from({ length: rows }, (_, i) => (i * 1021) % rows),
      { device: x.device },
    )
    .keep();
  const cut = (rows >> 1) - 48;
  return [
    ['transpose', 8, () => x.transpose().contiguous()],
    ['flip', 8, () => x.flip({ axis: [-1] }).contiguous()],
    ['roll', 8, () => x.roll(100, -1)],
    ['concat', 8, () => concat([x.slice({ axis: 0, end: cut }), x.slice({ axis: 0, start: cut })])],
    ['indexSelect', 8, () => indexSelect(x, 0, order)],
  ];
}

/** The operations of each family on one ground. */
export function families(ground: Ground): Readonly<Record<string, readonly Entry[]>> {
  const { rows, columns, draw, boolBytes } = ground;
  const [x, y, few] = [draw([rows, columns], 3), draw([rows, columns], 1), draw([columns], 1)];
  const positive = vicinal.noGrad(() => vicinal.scope(() => x.abs().add(0.1)).keep());
  const { atan2, mod, where } = vicinal;
  return {
    'of one operand': [
      ...methods(x, 8, ['neg', 'abs', 'square', 'relu', 'exp', 'tanh', 'sigmoid', 'silu', 'gelu', 'sin', 'cos', 'erf']),
      ...methods(x, 8, ['expm1', 'softplus', 'mish', 'elu', 'hardswish', 'leakyRelu', 'floor', 'round', 'reciprocal']),
      ...methods(positive, 8, ['sqrt', 'rsqrt', 'log', 'log1p']),
      ['clamp', 8, () => x.clamp({ min: -1, max: 1 })],
      ['pow 3.5', 8, () => positive.pow(3.5)],
    ],
    'of two': [
      ['add', 12, () => x.add(y)],
      ['div', 12, () => x.div(positive)],
      ['maximum', 12, () => x.maximum(y)],
      ['lt', 8 + boolBytes, () => x.lt(y)],
      ['mod', 12, () => mod(x, positive)],
      ['atan2', 12, () => atan2(x, y)],
      ['add of a row', 8, () => x.add(few)],
      ['where', 16 + 2 * boolBytes, () => where(x.lt(y), x, y)],
    ],
    reductions: [
      ...reductions(x),
      ['cumsum along rows', 8, () => x.cumsum({ axis: -1 })],
      ['cumsum along columns', 8, () => x.cumsum({ axis: 0 })],
      ['topk 10', 4, () => x.topk({ k: 10 })],
      ['sort', 8, () => x.sort()],
    ],
    norms: norms(ground, x),
    layout: layouts(ground, x),
  };
}
