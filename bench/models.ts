// The networks that are timed, and whose first losses are known: weights and data come from a formula.

import type { Tensor, TensorOptions } from '../index.ts';
import { na2d, scope, tensor } from '../index.ts';
import * as nn from '../nn/index.ts';
import { sizeOf } from '../tensor/shape.ts';
import { lcg } from './numbers.ts';

const batch = 64;
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

function training(model: nn.Sequential, image: Tensor, where: Where): Training {
  const label = tensor(
    Int32Array.from({ length: batch }, (_, i) => (i * 7) % 10),
    where,
  ).keep();
  const optimizer = new nn.optim.SGD(model.parameters(), { lr: 0.05 });
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

/** Writes made-up numbers of these scales into the parameters, in their order. Matrices are made [in, out], as x·W reads them. */
function fill(model: nn.Module, scales: readonly number[], where: Where): void {
  if (where.device) model.to(where.device);
  const state = [...model.namedParameters()].map(([key, { shape }], i) => {
    const x = made(shape.length === 2 ? [...shape].toReversed() : shape, 21 + i, {
      scale: scales[i]!,
      ...where,
    });
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
  fill(model, [1 / 3, 0.1, 1 / Math.sqrt(288), 0.05, 1 / 56, 0.01], where);
  return training(model, made([batch, 1, 28, 28], 11, where), where);
}

/** 784 → 256 → 10. */
export function mlp(where: Where = {}): Training {
  const model = new nn.Sequential(new nn.Linear(784, 256), new nn.ReLU(), new nn.Linear(256, 10));
  fill(model, [1 / 28, 0.03, 1 / 16, 0.01], where);
  return training(model, made([batch, 784], 11, where), where);
}

const side = 28;
const window = 7;

/** 0 where query and key are neighbours, −10⁹ elsewhere: [784, 784]. */
function mask(where: Where): Tensor {
  const first = (i: number): number => Math.min(Math.max(i - (window >> 1), 0), side - window);
  const isNear = (i: number, j: number): boolean => j >= first(i) && j < first(i) + window;
  const tokens = side * side;
  const values = Float32Array.from({ length: tokens * tokens }, (_, at) => {
    const [query, key] = [Math.floor(at / tokens), at % tokens];
    const [row, column] = [Math.floor(query / side), Math.floor(key / side)];
    return isNear(row, column) && isNear(query % side, key % side) ? 0 : -1e9;
  });
  return tensor(values, { shape: [tokens, tokens], ...where }).keep();
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
  const headsFirst = [4, 4, side, side, 16];
  const inputs = [31, 32, 33].map((seed) => {
    using x = made(headsFirst, seed, where);
    const tokens = scope(() => x.permute(0, 2, 3, 1, 4).contiguous());
    return tensor(tokens.dataNow()!, { shape: [...tokens.shape], requiresGrad: true, ...where }).keep();
  });
  const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
  let bias: Tensor | undefined;
  const dense = (): Tensor => {
    bias ??= mask(where);
    const [q, k, v] = inputs.map((x) => x.permute(0, 3, 1, 2, 4).reshape([16, side * side, 16]));
    const weights = q!.matmul(k!.transpose()).mul(0.25).add(bias).softmax();
    return weights.matmul(v!).square().sum();
  };
  return { inputs, forward: () => na2d(query, key, value, { kernelSize: window }).square().sum(), dense };
}
