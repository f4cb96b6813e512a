// TensorFlow.js on its WebAssembly backend. It takes a transposition as a flag, and has no gradient of a convolution.

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Prepared } from '../case.ts';
import type { Attention, Product, Step } from '../job.ts';
import { attentionOperands, classes, firstOf, labels, neighborMask, numbersOf, productOperands } from '../job.ts';
import { sumOfSquares } from '../job.ts';
import { serve } from '../serve.ts';

function product(job: Product): Prepared {
  const [a, b] = productOperands(job).map(({ values, shape }) => tf.tensor(values, shape));
  const multiply = () => tf.matMul(a, b, job.transposeA, job.transposeB);
  return { run: () => multiply().dispose(), check: () => firstOf(multiply().dataSync()) };
}

/** The MLP. The union package is needed: the core alone registers no gradients in Node. */
function step({ image, parameters, lr }: Step): Prepared {
  const x = tf.tensor(numbersOf(image), image.shape);
  const target = tf.oneHot(tf.tensor1d(labels(), 'int32'), classes);
  const [w1, b1, w2, b2] = parameters.map((values) => tf.variable(tf.tensor(numbersOf(values), values.shape)));
  const loss = () => {
    const hidden = tf.relu(tf.add(tf.matMul(x, w1), b1));
    return tf.mean(tf.losses.softmaxCrossEntropy(target, tf.add(tf.matMul(hidden, w2), b2)));
  };
  const optimizer = tf.train.sgd(lr);
  const run = (): number => {
    const value = optimizer.minimize(loss, true);
    const [number] = value.dataSync();
    value.dispose();
    return number;
  };
  return { run, check: () => Array.from({ length: 5 }, run) };
}

/** Over all pairs of tokens, with a mask. */
function attention(job: Attention): Prepared {
  const { shape, values } = attentionOperands(job);
  const inputs = values.map((each) => tf.tensor3d(each, shape));
  const tokens = job.side ** 2;
  const mask = tf.tensor2d(neighborMask(job), [tokens, tokens]);
  const loss = (q: unknown, k: unknown, v: unknown) => {
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(job.dim));
    return tf.sum(tf.square(tf.matMul(tf.softmax(tf.add(scores, mask)), v)));
  };
  const step = tf.valueAndGrads(loss);
  const evaluate = (): number[] => {
    const { value, grads } = step(inputs);
    const found = [value.dataSync()[0], ...grads.map((x: typeof tf) => sumOfSquares(x.dataSync()))];
    tf.dispose([value, grads]);
    return found;
  };
  const run = (): void => {
    const { value, grads } = step(inputs);
    grads[0].dataSync();
    tf.dispose([value, grads]);
  };
  return { run, check: evaluate };
}

setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
await tf.setBackend('wasm');
await tf.ready();
await serve(`tfjs-wasm ${tf.version_core}`, ({ job }) => {
  if (job?.kind === 'product') return product(job);
  if (job?.kind === 'attention') return attention(job);
  if (job?.model === 'mlp') return step(job);
  return 'its WebAssembly backend has no gradient of a convolution';
});
