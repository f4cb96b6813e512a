// Training steps and neighborhood attention.

import type { Tensor } from '../index.ts';
import type { Case, Mark, Prepared } from './case.ts';
import type { Training } from './models.ts';
import { DigitNat } from '../examples/digits/model.ts';
import { grad, na2d, noGrad, scope, tensor } from '../index.ts';
import * as nn from '../nn/index.ts';
import { once } from './case.ts';
import { attentionStep, batch, cnnStep, labels, mlpStep, sumOfSquares } from './job.ts';
import { attention, cnn, made, mlp } from './models.ts';

/** The losses of the first steps. */
function trained({ step }: Training): Prepared {
  return { ...once(step), check: () => Array.from({ length: 5 }, () => scope(() => step().dataNow()![0]!)) };
}

const trainings: readonly Case[] = [
  {
    name: 'CNN step, batch 64',
    unit: 'ms',
    threads: [1, 2],
    job: cnnStep,
    setup: () => trained(cnn()),
    marks: [
      { atMost: 1.2, beside: 'PyTorch' },
      { atMost: 1, beside: 'PyTorch', isWide: true },
      { atMost: 1.6, beside: 'PyTorch', isOld: true },
      { atLeast: 100, beside: 'jax-js' },
    ],
  },
  {
    name: 'MLP step, batch 64',
    unit: 'ms',
    threads: [1, 2],
    job: mlpStep,
    setup: () => trained(mlp()),
    marks: [
      { atMost: 1.7, beside: 'PyTorch' },
      { atMost: 1.2, beside: 'PyTorch', isWide: true },
      { atLeast: 8, beside: 'tfjs-wasm' },
      { atLeast: 1.7, beside: 'jax-js' },
    ],
  },
  { name: 'digits example, a step of 64', unit: 'ms', threads: [1, 2], setup: () => once(digits()) },
];

/** The step of examples/digits on made-up images. */
function digits(): () => Tensor {
  const model = new DigitNat();
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr: 1e-4 });
  const image = made([batch, 1, 28, 28], 11, { scale: 255 });
  const label = tensor(labels()).keep();
  return () =>
    scope(() => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(image), label, { labelSmoothing: 0.05 });
      loss.backward();
      optimizer.step();
      return loss;
    });
}

/** Forward and backward of the attention, by one of its two ways: the loss, and the gradients' sums of squares. */
function attentionRun(way: 'forward' | 'dense'): Prepared {
  const { inputs, ...ways } = attention();
  const step = (): void => {
    for (const x of inputs) x.grad = null;
    scope(() => ways[way]().backward());
  };
  const check = (): number[] => {
    step();
    const loss = scope(() => noGrad(ways[way]).dataNow()![0]!);
    return [loss, ...inputs.map((x) => sumOfSquares(x.grad!.dataNow()!))];
  };
  return { run: step, check };
}

const small: readonly Case[] = [
  {
    name: 'na2d step, 28×28, 7×7, 4 images, 4 heads of 16',
    unit: 'ms',
    threads: [1, 2],
    job: attentionStep,
    setup: () => attentionRun('forward'),
    marks: [
      { atMost: 8 },
      { atMost: 11, isOld: true },
      { atLeast: 20, beside: 'PyTorch' },
      { atLeast: 30, beside: 'jax-js' },
    ],
  },
  {
    name: 'the same, forward',
    unit: 'ms',
    threads: [1, 2],
    setup: () => {
      const { forward } = attention();
      return { run: () => scope(() => void noGrad(forward)) };
    },
  },
  { name: 'the same step as masked dense attention', unit: 'ms', setup: () => attentionRun('dense') },
];

/** Fused attention of two heads of `dim` on one image: useful operations, 4 a pair and dim forward and 10 backward. */
function fused(side: number, window: number, dim: number): Case[] {
  const pairs = 2 * side ** 2 * window ** 2;
  const operands = (requiresGrad: boolean): Tensor[] =>
    [1, 2, 3].map((seed) => made([1, side, side, 2, dim], seed, { requiresGrad }));
  const attend = (inputs: Tensor[]): Tensor => {
    const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
    return na2d(query, key, value, { kernelSize: window, implementation: 'fused' });
  };
  const row = (way: string, perPair: number, mark: Mark, setup: () => Prepared): Case => ({
    name: `fused na2d ${way}, ${window}×${window} d ${dim} on ${side}×${side}`,
    unit: 'GFLOP/s',
    amount: perPair * pairs * dim,
    marks: [mark],
    setup,
  });
  const backward = (): Prepared => {
    const inputs = operands(true);
    const output = scope(() => attend(inputs)).keep();
    const gradOutput = made(output.shape, 4);
    return { run: () => scope(() => void grad(output, inputs, { gradOutput, keepTape: true })) };
  };
  return [
    row('forward', 4, { atLeast: 35 }, () => {
      const inputs = operands(false);
      return once(() => attend(inputs));
    }),
    row('backward', 10, { atLeast: 25 }, backward),
  ];
}

export const steps: readonly Case[] = [...trainings, ...small, ...fused(56, 7, 32), ...fused(64, 13, 64)];
