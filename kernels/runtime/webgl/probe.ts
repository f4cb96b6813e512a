// Whether the GPU behind WebGL is worth it: a software driver is slower than the cpu device.

import type { Device } from '../../../tensor/runtime.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import { grad } from '../../../autograd/backward.ts';
import { scope } from '../../../tensor/scope.ts';
import { conv2d } from '../../conv/conv2d.ts';
import { full } from '../../create/filled.ts';
import { relu } from '../../elementwise/activation.ts';
import { crossEntropyRows } from '../../loss/crossEntropy.ts';
import { linear } from '../../matmul/linear.ts';
import { sgdStep } from '../../optimizer/sgdStep.ts';
import { mean } from '../../reduce/sum.ts';

const images = 32;
const steps = 3;

/** One training step of a convolution and a linear layer on 32 images of 28 x 28. */
function trainingStep(device: Device, parameters: readonly Tensor[]): Tensor {
  const [weight, bias, head] = parameters as [Tensor, Tensor, Tensor];
  const image = full([images, 1, 28, 28], 0.5, { device });
  const label = full([images], 3, { device, dtype: 'int32' });
  const features = mean(relu(conv2d(image, weight, bias, { stride: 2, padding: 1 })), { axis: [2, 3] });
  const loss = crossEntropyRows(linear(features, head), label);
  const grads = grad(loss, [weight, bias, head]);
  sgdStep([weight, bias, head], grads, [], undefined, { lr: 0.1 });
  return loss;
}

/** Milliseconds of the fastest of a few steps, after one that compiles. */
async function fastestStep(device: Device): Promise<number> {
  const make = (shape: number[]): Tensor => full(shape, 0.01, { device, requiresGrad: true });
  const parameters = [make([16, 1, 3, 3]), make([16]), make([10, 16])];
  let fastest = Infinity;
  try {
    for (let step = 0; step <= steps; step++) {
      const started = performance.now();
      using loss = scope(() => trainingStep(device, parameters));
      await loss.item();
      if (step > 0) fastest = Math.min(fastest, performance.now() - started);
    }
  } finally {
    for (const parameter of parameters) parameter.dispose();
  }
  return fastest;
}

/** Why `auto` should rather take the cpu; null where this device trains faster. */
export async function slowerThan(cpu: Device, webgl: Device): Promise<string | null> {
  const [theirs, own] = [await fastestStep(cpu), await fastestStep(webgl)];
  if (own < theirs) return null;
  return `a small training step takes ${own.toFixed(1)} ms on it, and ${theirs.toFixed(1)} ms on the cpu`;
}
