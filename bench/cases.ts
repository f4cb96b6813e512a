// The table of what is measured.

import type { Tensor } from '../index.ts';
import type { Case } from './case.ts';
import { noGrad, scope } from '../index.ts';
import { attention, cnn, made, mlp } from './models.ts';

/** Runs `f` once and frees what it made. */
const once = (f: () => Tensor) => (): void => f().dispose();

const matmuls = [256, 512, 1024].map((n): Case => ({
  name: `matmul ${n}`,
  unit: 'GFLOP/s',
  amount: 2 * n ** 3,
  threads: [1, 2],
  mark: 30,
  speedUpMark: 1.6,
  setup: () => {
    const [a, b] = [made([n, n], 1), made([n, n], 2)];
    return once(() => a.matmul(b));
  },
}));

/** Forward and backward of the attention, by one of its two ways. */
function attentionStep(name: string, way: 'forward' | 'dense', mark?: number): Case {
  const setup = (): (() => void) => {
    const made = attention();
    return () => {
      scope(() => made[way]().backward());
      for (const x of made.inputs) x.grad = null;
    };
  };
  return { name, unit: 'ms', threads: [1, 2], ...(mark ? { mark } : {}), setup };
}

const steps: readonly Case[] = [
  { name: 'CNN step, batch 64', unit: 'ms', threads: [1, 2], mark: 120, setup: () => once(cnn().step) },
  { name: 'MLP step, batch 64', unit: 'ms', threads: [1, 2], setup: () => once(mlp().step) },
  {
    name: 'na2d forward, 28×28, window 7×7',
    unit: 'ms',
    threads: [1, 2],
    setup: () => {
      const { forward } = attention();
      return () => scope(() => void noGrad(forward));
    },
  },
  attentionStep('na2d forward and backward', 'forward', 15),
  attentionStep('the same as masked dense attention', 'dense'),
];

const calls = 1000;
/** `calls` eager adds of 8×8, each freed at once. */
function eagerAdds(requiresGrad: boolean): () => void {
  const [x, y] = [made([8, 8], 1, { requiresGrad }), made([8, 8], 2)];
  return () => {
    for (let i = 0; i < calls; i++) x.add(y).dispose();
  };
}

const large = 4_000_000;
const overheads: readonly Case[] = [
  { name: 'add 8×8, no tape', unit: 'µs', amount: calls, mark: 3, setup: () => eagerAdds(false) },
  { name: 'add 8×8, on the tape', unit: 'µs', amount: calls, mark: 6, setup: () => eagerAdds(true) },
  {
    name: 'add of 4 M, bytes read and written',
    unit: 'GB/s',
    amount: 12 * large,
    threads: [1, 2],
    setup: () => {
      const [x, y] = [made([large], 1), made([large], 2)];
      return once(() => x.add(y));
    },
  },
];

export const cases: readonly Case[] = [...matmuls, ...steps, ...overheads];
