// The networks that are timed, and whose first losses are known: weights and data come from a formula.

import type { Tensor, TensorOptions } from '../index.ts';
import type { Step } from './job.ts';
import { na2d, scope, tensor } from '../index.ts';
import * as nn from '../nn/index.ts';
import { sizeOf } from '../tensor/shape.ts';
import { attentionStep, cnnStep, labels, mlpStep, neighborMask } from './job.ts';
import { lcg } from './numbers.ts';

type Where = Pick<TensorOptions, 'device'>;

/** A tensor of made-up numbers that nobody frees. */
export function made(shape: readonly number[], seed: number, options: TensorOptions & { scale?: number } = {}): Tensor {
  const { scale = 1, ...rest } = options;
  return tensor(lcg(sizeOf(shape), seed, scale), { ...rest, shape: [...shape] }).keep();
}

/** A network in training: `forward` gives the loss, `step` also learns from it. */
export interface Training {
  readonly model: nn.Module;
  readonly forward: () => Tensor;
  /** The loss before the step. */
  readonly step: () => Tensor;
}

function training(model: nn.Sequential, job: Step, where: Where): Training {
  fill(model, job, where);
  const image = made(job.image.shape, job.image.seed, where);
  const label = tensor(labels(), where).keep();
  const optimizer = new nn.optim.SGD(model.parameters(), { lr: job.lr });
  const forward = (): Tensor => nn.crossEntropy(model.forward(image), label);
  const step = (): Tensor =>
    scope(() => {
      optimizer.zeroGrad();
      const loss = forward();
      loss.backward();
      optimizer.step();
      return loss;
    });
  return { model, forward, step };
}

/** Writes the job's numbers into the parameters, in their order. Its matrices are [in, out], as x·W reads them. */
function fill(model: nn.Module, { parameters }: Step, where: Where): void {
  if (where.device) model.to(where.device);
  const state = [...model.namedParameters()].map(([key], i) => {
    const { shape, seed, scale } = parameters[i]!;
    const x = made(shape, seed, { scale, ...where });
    return [key, shape.length === 2 ? x.transpose(0, 1) : x] as const;
  });
  model.loadStateDict(new Map(state));
}

/** Two 3×3 convolutions with pooling and a linear layer on 28×28 images: 1.4 GFLOP a step. */
export function cnn(where: Where = {}): Training {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(3136, 10),
  );
  return training(model, cnnStep, where);
}

/** 784 → 256 → 10. */
export function mlp(where: Where = {}): Training {
  return training(new nn.Sequential(new nn.Linear(784, 256), new nn.ReLU(), new nn.Linear(256, 10)), mlpStep, where);
}

interface Attention {
  readonly inputs: readonly Tensor[];
  /** The sum of squares of the fused attention's output. */
  readonly forward: () => Tensor;
  /** The same number by products over all pairs of tokens and a mask: what one writes where there is no such kernel. */
  readonly dense: () => Tensor;
}

/** 2-D neighborhood attention on 4 images of 28×28 tokens, 4 heads of 16, window 7×7. */
export function attention(where: Where = {}): Attention {
  const { images, heads, side, dim, window, seeds } = attentionStep;
  const inputs = seeds.map((seed) => {
    using x = made([images, heads, side, side, dim], seed, where);
    const tokens = scope(() => x.permute(0, 2, 3, 1, 4).contiguous());
    return tensor(tokens.dataNow()!, { shape: [...tokens.shape], requiresGrad: true, ...where }).keep();
  });
  const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
  const tokens = side * side;
  let bias: Tensor | undefined;
  const dense = (): Tensor => {
    bias ??= tensor(neighborMask(attentionStep), { shape: [tokens, tokens], ...where }).keep();
    const [q, k, v] = inputs.map((x) => x.permute(0, 3, 1, 2, 4).reshape([images * heads, tokens, dim]));
    const weights = q!
      .matmul(k!.transpose())
      .mul(1 / Math.sqrt(dim))
      .add(bias)
      .softmax();
    return weights.matmul(v!).square().sum();
  };
  return { inputs, forward: () => na2d(query, key, value, { kernelSize: window }).square().sum(), dense };
}
