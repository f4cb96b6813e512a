// jax-js on WebAssembly, each job compiled as a whole by its jit. A use of an array ends it, unless it goes through `.ref`.

import * as jax from '@jax-js/jax';
import type { Prepared } from '../case.ts';
import type { Attention, Product, Step } from '../job.ts';
import {
  attentionOperands,
  batch,
  classes,
  firstOf,
  labels,
  neighborMask,
  numbersOf,
  productOperands,
} from '../job.ts';
import { sumOfSquares } from '../job.ts';
import { serve } from '../serve.ts';

const { numpy: np, nn, lax, jit, tree } = jax;
// oxlint-disable-next-line typescript/no-explicit-any -- the library's arrays, whose types are not installed here
type Arrays = any;

const arrayOf = (values: ArrayLike<number>, shape: readonly number[]): Arrays => np.array(values, { shape });

function product(job: Product): Prepared {
  const [a, b] = productOperands(job).map(({ values, shape }) => arrayOf(values, shape));
  const turned = (x: Arrays, isTransposed: boolean): Arrays => (isTransposed ? np.swapaxes(x, -1, -2) : x);
  const multiply = jit((x: Arrays, y: Arrays) => np.matmul(turned(x, job.transposeA), turned(y, job.transposeB)));
  const run = async (): Promise<void> => {
    const c = multiply(a.ref, b.ref);
    await c.blockUntilReady();
    c.dispose();
  };
  return { run, check: async () => firstOf(await multiply(a.ref, b.ref).data()) };
}

/** Logits of the networks from their parameters, in the job's order. */
const networks = {
  mlp: ([w1, b1, w2, b2]: Arrays[], x: Arrays): Arrays => {
    return np.dot(nn.relu(np.dot(x, w1).add(b1)), w2).add(b2);
  },
  cnn: ([w1, b1, w2, b2, w3, b3]: Arrays[], x: Arrays): Arrays => {
    const layer = (h: Arrays, w: Arrays, b: Arrays): Arrays => {
      const maps = lax.convGeneralDilated(h, w, [1, 1], 'SAME').add(b.reshape([-1, 1, 1]));
      return lax.reduceWindow(nn.relu(maps), np.max, [2, 2], [2, 2]);
    };
    const features = layer(layer(x, w1, b1), w2, b2).reshape([batch, -1]);
    return np.dot(features, w3).add(b3);
  },
};

/** The whole step is compiled, but for the CNN's, which is faster without. */
function step({ model, image, parameters, lr }: Step): Prepared {
  const x = arrayOf(numbersOf(image), image.shape);
  const target = nn.oneHot(np.array(labels()), classes);
  let current: Arrays = parameters.map((values) => arrayOf(numbersOf(values), values.shape));
  const loss = (weights: Arrays, images: Arrays, wanted: Arrays): Arrays =>
    nn
      .logSoftmax(networks[model](weights, images))
      .mul(wanted)
      .sum()
      .mul(-1 / batch);
  const lossAndGrads = jax.valueAndGrad(loss);
  const learn = (weights: Arrays, images: Arrays, wanted: Arrays): Arrays => {
    const [value, grads] = lossAndGrads(tree.ref(weights), images, wanted);
    return [value, tree.map((w: Arrays, g: Arrays) => w.sub(g.mul(lr)), weights, grads)];
  };
  const compiled = model === 'cnn' ? learn : jit(learn);
  const run = async (): Promise<number> => {
    const [value, learned] = compiled(current, x.ref, target.ref);
    current = learned;
    await jax.blockUntilReady(current);
    return (await value.data())[0];
  };
  const check = async (): Promise<number[]> => {
    const losses: number[] = [];
    for (let i = 0; i < (model === 'cnn' ? 2 : 5); i++) losses.push(await run()); // the CNN's take seconds each
    return losses;
  };
  return { run, check };
}

/** Over all pairs of tokens, with a mask. */
function attention(job: Attention): Prepared {
  const { shape, values } = attentionOperands(job);
  const inputs = values.map((each) => arrayOf(each, shape));
  const tokens = job.side ** 2;
  const mask = arrayOf(neighborMask(job), [tokens, tokens]);
  const loss = (q: Arrays, k: Arrays, v: Arrays, bias: Arrays): Arrays => {
    const scores = np.matmul(q, k.transpose([0, 2, 1])).mul(1 / Math.sqrt(job.dim));
    return np.square(np.matmul(nn.softmax(scores.add(bias)), v)).sum();
  };
  const step = jit(jax.valueAndGrad(loss, { argnums: [0, 1, 2] }));
  const evaluate = (): Arrays => step(...inputs.map((x) => x.ref), mask.ref);
  const run = async (): Promise<void> => {
    const found = evaluate();
    await jax.blockUntilReady(found);
    tree.dispose(found);
  };
  const check = async (): Promise<number[]> => {
    const [value, grads] = evaluate();
    const sums: number[] = [(await value.data())[0]];
    for (const x of grads) sums.push(sumOfSquares(await x.data()));
    return sums;
  };
  return { run, check };
}

await jax.init('wasm');
jax.defaultDevice('wasm');
await serve('jax-js', ({ job }) => {
  if (job?.kind === 'product') return product(job);
  return job?.kind === 'attention' ? attention(job) : step(job!);
});
