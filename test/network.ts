import { scope, tensor, type DeviceName, type Tensor } from '../index.ts';
import * as nn from '../nn/index.ts';
import { Generator } from '../tensor/philox.ts';

/** One of everything that keeps something: saved tensors, running statistics, random masks, optimizer state. */
const makeNetwork = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.LayerNorm(64),
    new nn.Dropout(0.1),
    new nn.Linear(64, 10),
  );

export interface Training {
  readonly device: DeviceName;
  readonly network: nn.Sequential;
  readonly optimizer: nn.optim.AdamW;
  /** Of the pictures. */
  readonly generator: Generator;
}

/** A network of its own on that device, with what trains it. */
export function startTraining(device: DeviceName): Training {
  const network = makeNetwork().to(device);
  const optimizer = new nn.optim.AdamW(network.parameters(), { lr: 1e-3 });
  return { device, network, optimizer, generator: new Generator(0) };
}

/** The next two pictures. */
export function nextBatch({ device, generator }: Training): { image: Tensor; label: Tensor } {
  const image = tensor(generator.normal(2 * 64, 'float32'), { shape: [2, 1, 8, 8], device });
  return { image, label: tensor([1, 7], { dtype: 'int32', device }) };
}

/** Trains on the next two pictures; the loss. */
export function trainingStep(training: Training): Tensor {
  const { network, optimizer } = training;
  return scope(() => {
    const { image, label } = nextBatch(training);
    optimizer.zeroGrad();
    const logits = network.forward(image);
    const loss = nn.crossEntropy(logits, label).add(logits.square().mean().mul(1e-4));
    loss.backward();
    optimizer.step();
    return loss;
  });
}
