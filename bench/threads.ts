// Threads at work: what each further thread brings, from work that is barely worth a fork to work that fills the machine.

import type { Tensor } from '../index.ts';
import type { Case } from './case.ts';
import { attention, made } from './models.ts';
import { conv2d, layerNorm, noGrad, scope } from '../index.ts';

function row(name: string, setup: () => () => Tensor): Case {
  return {
    name: `threads: ${name}`,
    unit: 'ms',
    threads: [1, 2, 4],
    setup: () => {
      const compute = setup();
      return { run: () => scope(() => void noGrad(compute)) };
    },
  };
}

export const threadCases: readonly Case[] = [
  ...[100_000, 1_000_000, 4_000_000].map((n) =>
    row(`add of ${n / 1e6} M`, () => {
      const [x, y] = [made([n], 1), made([n], 2)];
      return () => x.add(y);
    }),
  ),
  row('gelu of 1 M', () => {
    const x = made([1_000_000], 1, { scale: 4 });
    return () => x.gelu();
  }),
  row('softmax of 4096×256', () => {
    const x = made([4096, 256], 1);
    return () => x.softmax();
  }),
  row('layerNorm of 16384×64', () => {
    const [x, weight, bias] = [made([16384, 64], 1), made([64], 2), made([64], 3)];
    return () => layerNorm(x, weight, bias);
  }),
  ...[64, 128, 512].map((n) =>
    row(`matmul ${n}`, () => {
      const [a, b] = [made([n, n], 1), made([n, n], 2)];
      return () => a.matmul(b);
    }),
  ),
  row('conv2d 3×3, 64×32×14×14 to 64 channels', () => {
    const [x, weight] = [made([64, 32, 14, 14], 1), made([64, 32, 3, 3], 2)];
    return () => conv2d(x, weight, undefined, { padding: 1 });
  }),
  row('na2d, 28×28, window 7×7', () => attention().forward),
];
